//go:build linux || darwin

package disk_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mtkkit/mtkkit/disk"
)

// A named pipe that nobody writes to holds up who opens it, for ever.
func TestNamedPipe(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "pipe")
	if err := unix.Mkfifo(path, 0o666); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for what, open := range map[string]func() (*os.File, error){
		"OpenPlain": func() (*os.File, error) { return disk.OpenPlain(path) },
		"OpenDump":  func() (*os.File, error) { return disk.OpenDump(path) },
		"OpenIn":    func() (*os.File, error) { return disk.OpenIn(root, "pipe") },
		"OpenOwn":   func() (*os.File, error) { return disk.OpenOwn(path) },
	} {
		var kind *disk.KindError
		if _, err := open(); !errors.As(err, &kind) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := disk.OpenFolder(path); !errors.Is(err, unix.ENOTDIR) {
		t.Errorf("OpenFolder: %v", err)
	}
	link := symlink(t, dir, filepath.Join(t.TempDir(), "link"))
	linked, err := disk.OpenFolder(link)
	if err != nil {
		t.Fatal(err)
	}
	linked.Close()
}
