package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A file keeps its identity through a rename and a write; no other file ever has it.
func TestIdentity(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(path(name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	id := func(name string) string {
		t.Helper()
		s, err := Identity(path(name))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	put("a", "one")
	first := id("a")
	if first == "" {
		t.Skip("this file system cannot tell files apart")
	}
	put("a", "more than one")
	if err := os.Rename(path("a"), path("b")); err != nil {
		t.Fatal(err)
	}
	if got := id("b"); got != first {
		t.Errorf("%q after a write and a rename, before %q", got, first)
	}
	const most = 1 << 20
	for n := 0; id("b") == first; n++ { // the inode is used again, and the clock has ticks of milliseconds
		if n == most {
			t.Fatal("later files have the identity of a removed one")
		}
		if err := os.Remove(path("b")); err != nil {
			t.Fatal(err)
		}
		put("b", "more than one")
	}
	if err := os.Symlink(path("b"), path("link")); err == nil && id("link") == id("b") {
		t.Error("a link has the identity of its target")
	}
	if _, err := Identity(path("none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
