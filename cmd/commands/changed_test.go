package commands

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/words"
)

// A command that opened a dump ends with 1 when the dump was changed meanwhile, though it
// saw nothing of that.
func TestChangedWhileOpen(t *testing.T) {
	dir := t.TempDir()
	if err := imgtest.SmallMT6765().WriteDump(dir); err != nil {
		t.Fatal(err)
	}
	src, err := source.Open(t.Context(), filepath.Join(dir, "ROM_1"), source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	u := newUI(screen.Streams{Out: io.Discard, Err: io.Discard})
	d := &input{Dump: dump.With(dir, src, nil, dump.Options{}), u: u}
	if err := os.Truncate(filepath.Join(dir, "ROM_1"), 1<<20); err != nil {
		t.Fatal(err)
	}
	d.Close()
	if code := u.finish(nil); code != words.ExitFailed {
		t.Errorf("exit %d", code)
	}
}
