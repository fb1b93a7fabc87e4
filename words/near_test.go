package words

import "testing"

func TestDidYouMean(t *testing.T) {
	known := []string{"create", "verify", "restore", "push", "pull", "list", "-o", "--output", "--only"}
	for word, want := range map[string]string{
		"creat": "create", "craete": "create", "vrify": "verify", "res": "restore", "--ouput": "--output", "pul": "pull",
		"frobnicate": "", "x": "", "liszt": "list", "--nonsense": "",
	} {
		got := DidYouMean(word, known)
		if want != "" {
			want = `; did you mean "` + want + `"?`
		}
		if got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
}

func TestSlips(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abcd", "abxd", 1}, {"kitten", "sitting", 3}} {
		if got := slips(c.a, c.b); got != c.want {
			t.Errorf("%s, %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
