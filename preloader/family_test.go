package preloader

import "testing"

func TestFamilies(t *testing.T) {
	for _, c := range []struct {
		a, b          string
		same, related bool
	}{
		{"MT6765", "mt6765", true, true},
		{"MT6737M", "mt6737t", true, true},
		{"MT6737T", "MT6735", false, true},
		{"MT6762", "MT6765", false, true},
		{"MT6592", "MT6765", false, false},
		{"MT6592", "", false, false},
		{"qcom", "qcom", false, false},
	} {
		if got := SameChip(c.a, c.b); got != c.same {
			t.Errorf("%s and %s: the same %v", c.a, c.b, got)
		}
		if got := Related(c.a, c.b); got != c.related {
			t.Errorf("%s and %s: related %v", c.a, c.b, got)
		}
	}
	if ChipName("mt6765") != "MT6765" || ChipName("qcom") != "" {
		t.Error("names")
	}
}
