package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
)

// What a sparse file leaves out and nobody needs reads as zeros; what is unread is an error.
func TestKnownRows(t *testing.T) {
	img := flash.Strict(flash.Known(bytes.NewReader(make([]byte, 4096)), []flash.Extent{{Offset: 1024, Length: 512}}), "are not said")
	it := plan.Item{Image: img}
	it.Offset, it.Present = 1<<20, 4096
	if _, err := flash.ReadFull(known(&it), 0, 4096); err != nil {
		t.Errorf("nobody needs it: %v", err)
	}
	it.Unread = []flash.Extent{{Offset: 1<<20 + 1024, Length: 512}}
	if _, err := flash.ReadFull(known(&it), 0, 4096); !errors.Is(err, flash.ErrHole) {
		t.Errorf("it is unread: %v", err)
	}
}

// Of thousands of places that are missing, the first are listed.
func TestMissingIsBounded(t *testing.T) {
	for n, lines := range map[int]int{0: 0, 65: 65, 66: 65, 5000: 65} {
		var out bytes.Buffer
		printMissing(&ui{streams: streams{out: &out}}, make([]layout.Range, n))
		if got := strings.Count(out.String(), "\n"); got != lines || n > lines != strings.Contains(out.String(), "more places") {
			t.Errorf("%d places: %d lines", n, got)
		}
	}
}
