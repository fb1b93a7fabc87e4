package source

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// A file that is cut while it is open holds no zeros where it was cut: neither does a copy
// of it, or a part of one.
func TestCutWhileOpen(t *testing.T) {
	const left = 1 << 20
	for name, path := range map[string]func(t *testing.T, dir string) string{
		"a file": func(t *testing.T, dir string) string { return filepath.Join(dir, "ROM_1") },
		"a set": func(t *testing.T, dir string) string {
			rename(t, filepath.Join(dir, "ROM_1"), ".001")
			return filepath.Join(dir, "ROM_1.001")
		},
		"a folder": func(t *testing.T, dir string) string { return dir },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := mt6765.WriteDump(dir); err != nil {
				t.Fatal(err)
			}
			s := open(t, path(t, dir), Options{})
			if err := s.Check(); err != nil {
				t.Fatal(err)
			}
			img := s.User().Image
			for _, f := range s.Files {
				if filepath.Base(f) == "ROM_1" || filepath.Base(f) == "ROM_1.001" {
					if err := os.Truncate(f, left); err != nil {
						t.Fatal(err)
					}
				}
			}
			var changed *disk.ChangedError
			d, err := flash.NextData(img, img.Size()-4096)
			if err == nil && d.Length == 0 {
				t.Error("what was cut away is a hole")
			}
			if _, err := flash.ReadFull(img, img.Size()-4096, 4096); !errors.As(err, &changed) {
				t.Error("what was cut away is read:", err)
			}
			if err := flash.Check(img); !errors.As(err, &changed) {
				t.Error(err)
			}
			if err := s.Check(); !errors.As(err, &changed) {
				t.Error(err)
			}
		})
	}
}

// A compressed file that is cut is not one that was always cut.
func TestChangedStream(t *testing.T) {
	path := write(t, "ROM_1.gz", packers["gz"](t, sample()))
	if err := os.Chtimes(path, time.Time{}, time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	s := open(t, path, Options{})
	if err := os.Truncate(path, 10); err != nil {
		t.Fatal(err)
	}
	var changed *disk.ChangedError
	if err := s.Check(); !errors.As(err, &changed) {
		t.Error(err)
	}
}
