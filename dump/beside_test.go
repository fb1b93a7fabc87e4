package dump

import (
	"testing"

	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/source"
)

// A file that lies beside the dump is no witness for another: only the dump and the user tell
// the chip that a boot region must be for.
func TestChipOfSibling(t *testing.T) {
	claim := &layout.Claim{Platform: "MT6762"}
	for name, c := range map[string]struct {
		opt  layout.Options
		took bool
		want string
	}{
		"nobody tells":        {layout.Options{}, false, ""},
		"a sibling":           {layout.Options{Claim: claim}, true, ""},
		"the user's scatter":  {layout.Options{Claim: claim}, false, "MT6762"},
		"the user's platform": {layout.Options{Claim: claim, Platform: "MT6765"}, true, "MT6765"},
	} {
		s := &nearby{d: &Dump{Source: &source.Source{}}, opt: c.opt, took: c.took}
		if got := s.chip(&layout.Layout{Chip: layout.Fact{Value: "MT6762"}}); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
