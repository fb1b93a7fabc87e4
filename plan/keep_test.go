package plan

import (
	"testing"

	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/scatter"
)

// What is not kept is skipped, not forgotten: the record says that it was there.
func TestKeep(t *testing.T) {
	p := makePlan(t, imgtest.MT6592(), Wishes{Keep: func(it *Item) bool { return scatter.Public(it.Name) && it.Image.Size() > 0 }})
	written := 0
	for _, it := range p.Items {
		if it.Write {
			written++
		}
		if it.Write != (it.Present > 0 && scatter.Public(it.Name)) || it.Write == it.Skipped && it.Present > 0 {
			t.Errorf("%s: written %v, skipped %v", it.Name, it.Write, it.Skipped)
		}
	}
	if m := p.Record(""); written == 0 || m.Complete {
		t.Errorf("%d files of a dump that is complete: %v", written, m.Complete)
	}
}
