package commands

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/layout"
)

// Only the first of thousands of missing ranges are listed.
func TestMissingIsBounded(t *testing.T) {
	for n, lines := range map[int]int{0: 0, 65: 65, 66: 65, 5000: 65} {
		var out bytes.Buffer
		printMissing(newUI(screen.Streams{Out: &out}), make([]layout.Range, n))
		if got := strings.Count(out.String(), "\n"); got != lines || n > lines != strings.Contains(out.String(), "more ranges") {
			t.Errorf("%d ranges: %d lines", n, got)
		}
	}
}
