package commands

import (
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

func TestRegionsOf(t *testing.T) {
	two := make([]flash.ManifestSource, 2)
	for want, m := range map[string]*flash.Manifest{
		"1 region":                    {Sources: two[:1]},
		"1 region of MT6765":          {Sources: two[:1], Chip: "MT6765"},
		"2 regions of MT6765 demo_k5": {Sources: two, Chip: "MT6765", Project: "demo_k5"},
	} {
		if got := regionsOf(m); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
