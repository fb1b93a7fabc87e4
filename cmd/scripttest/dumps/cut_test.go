package dumps

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
)

// hooked is a file that something happens to once some of it was read.
type hooked struct {
	*source.File
	once *sync.Once
	do   func()
}

func (h hooked) ReadAt(b []byte, off int64) (int, error) {
	n, err := h.File.ReadAt(b, off)
	h.once.Do(h.do)
	return n, err
}

// islands writes a file of 16 MiB with data in its first, its sixth and its last MiB.
func islands(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ROM_1")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1<<20)
	for i := range b {
		b[i] = byte(i*7 | 1)
	}
	for _, off := range []int64{0, 5 << 20, 15 << 20} {
		if _, err := f.WriteAt(b, off); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(f.Close(), os.Chtimes(path, time.Time{}, time.Unix(1e9, 0))); err != nil {
		t.Fatal(err)
	}
	return path
}

// movers are all that brings a dump elsewhere.
var movers = map[string]func(ctx context.Context, dir string, out []flash.Output) error{
	"split": func(ctx context.Context, dir string, out []flash.Output) error {
		f, err := split.Create(ctx, filepath.Join(dir, "parts"), out, nil, split.Options{Workers: 1})
		if err != nil {
			return err
		}
		defer f.Abandon()
		_, err = f.Copy(ctx)
		return err
	},
	"split without hashes": func(ctx context.Context, dir string, out []flash.Output) error {
		f, err := split.Create(ctx, filepath.Join(dir, "parts"), out, nil, split.Options{Workers: 1, NoHash: true})
		if err != nil {
			return err
		}
		defer f.Abandon()
		_, err = f.Copy(ctx)
		return err
	},
	"one file": func(ctx context.Context, dir string, out []flash.Output) error {
		_, err := split.WriteImage(ctx, out[0].Image, filepath.Join(dir, "image"), split.ImageOptions{})
		return err
	},
	"sum": func(ctx context.Context, dir string, out []flash.Output) error {
		_, err := split.Sum(ctx, "image", out[0].Image, nil)
		return err
	},
	"archive": func(ctx context.Context, dir string, out []flash.Output) error {
		w, err := backup.NewWriter(io.Discard, backup.Options{Level: 1})
		if err == nil {
			_, err = w.Copy(ctx, out)
		}
		return err
	},
	"zip": func(ctx context.Context, dir string, out []flash.Output) error {
		w, err := backup.NewZipWriter(io.Discard, backup.Options{})
		if err == nil {
			_, err = w.Copy(ctx, out)
		}
		return err
	},
	"push": func(ctx context.Context, dir string, out []flash.Output) error {
		ref, err := oci.ParseRef("oci:" + filepath.Join(dir, "place") + ":one")
		if err != nil {
			return err
		}
		place, err := oci.Open(ref, oci.Options{Write: true, NoSync: true})
		if err != nil {
			return err
		}
		defer place.Close()
		up, err := place.Create(ctx, "one", []oci.File{{Output: out[0]}}, oci.PushOptions{Level: 1, Now: time.Unix(0, 0)})
		if err == nil {
			_, err = up.Copy(ctx)
		}
		return err
	},
}

// A dump that something else cuts, enlarges or writes to while it is copied is no success,
// wherever it is changed: what is gone is not zeros.
func TestChangedWhileCopied(t *testing.T) {
	changes := map[string]func(path string) error{
		"cut in a hole":    func(p string) error { return os.Truncate(p, 8<<20) },
		"cut in data":      func(p string) error { return os.Truncate(p, 5<<20+100) },
		"cut at its start": func(p string) error { return os.Truncate(p, 0) },
		"cut and enlarged": func(p string) error { return errors.Join(os.Truncate(p, 8<<20), os.Truncate(p, 16<<20)) },
		"grown":            func(p string) error { return os.Truncate(p, 17<<20) },
	}
	for name, move := range movers {
		for how, change := range changes {
			t.Run(name+"/"+how, func(t *testing.T) {
				path := islands(t)
				f, err := source.OpenFile(path)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				img := hooked{f, new(sync.Once), func() {
					if err := change(path); err != nil {
						t.Error(err)
					}
				}}
				err = move(t.Context(), t.TempDir(), []flash.Output{{Name: "image.img", Image: img}})
				var changed *disk.ChangedError
				if !errors.As(err, &changed) && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("it passes for a good copy: %v", err)
				}
			})
		}
		t.Run(name+"/unchanged", func(t *testing.T) {
			f, err := source.OpenFile(islands(t))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if err := move(t.Context(), t.TempDir(), []flash.Output{{Name: "image.img", Image: hooked{f, new(sync.Once), func() {}}}}); err != nil {
				t.Error(err)
			}
		})
	}
}
