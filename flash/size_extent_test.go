package flash

import "testing"

func TestParseExtent(t *testing.T) {
	if e, err := ParseExtent("0x100000+4K"); err != nil || e != (Extent{0x100000, 4096}) {
		t.Error(e, err)
	}
	for _, s := range []string{"", "1", "1+", "+1", "1+0", "1-2", "0x7fffffffffffffff+1", "a+b"} {
		if e, err := ParseExtent(s); err == nil {
			t.Errorf("%q: %v", s, e)
		}
	}
}
