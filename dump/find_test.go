package dump

import (
	"bytes"
	"errors"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
)

// What a sparse file leaves out and nobody needs reads as zeros; what is unread is an error.
func TestKnownRows(t *testing.T) {
	img := flash.Strict(flash.Known(bytes.NewReader(make([]byte, 4096)), []flash.Extent{{Offset: 1024, Length: 512}}), "are not said")
	it := plan.Item{Image: img}
	it.Offset, it.Present = 1<<20, 4096
	if _, err := flash.ReadFull(Known(&it), 0, 4096); err != nil {
		t.Errorf("nobody needs it: %v", err)
	}
	it.Unread = []flash.Extent{{Offset: 1<<20 + 1024, Length: 512}}
	if _, err := flash.ReadFull(Known(&it), 0, 4096); !errors.Is(err, flash.ErrHole) {
		t.Errorf("it is unread: %v", err)
	}
}
