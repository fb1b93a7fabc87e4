package disk_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/disk"
)

// opened makes a file of 8 MiB that holds data in its first and its seventh MiB, and opens
// it. It was written long ago, so that whatever is done to it shows.
func opened(t *testing.T) (*os.File, disk.State) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ROM_1")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1<<20)
	for i := range b {
		b[i] = byte(i | 1)
	}
	for _, off := range []int64{0, 6 << 20} {
		if _, err := f.WriteAt(b, off); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(f.Truncate(8<<20), f.Close(), os.Chtimes(path, time.Time{}, time.Unix(1e9, 0))); err != nil {
		t.Fatal(err)
	}
	in, err := disk.OpenPlain(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	s, err := disk.StateOf(in)
	if err != nil || s.Size() != 8<<20 || s.Check(in) != nil {
		t.Fatal(s, err, s.Check(in))
	}
	return in, s
}

func TestChanged(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"cut":              func(p string) error { return os.Truncate(p, 2<<20) },
		"cut to nothing":   func(p string) error { return os.Truncate(p, 0) },
		"cut and enlarged": func(p string) error { return errors.Join(os.Truncate(p, 2<<20), os.Truncate(p, 8<<20)) },
		"grown":            func(p string) error { return os.Truncate(p, 9<<20) },
		"written to": func(p string) error {
			f, err := os.OpenFile(p, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.WriteAt([]byte("x"), 5<<20)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, s := opened(t)
			if err := change(f.Name()); err != nil {
				t.Fatal(err)
			}
			var changed *disk.ChangedError
			if err := s.Check(f); !errors.As(err, &changed) || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("it passes for what it was: %v", err)
			}
			// Behind what is left, nothing may be called a hole.
			if start, end, err := s.NextData(f, 7<<20); err == nil && start != 7<<20 {
				t.Errorf("a hole to 0x%x..0x%x is believed", start, end)
			}
		})
	}
}

func TestHoles(t *testing.T) {
	f, s := opened(t)
	covered := func(off int64) bool { // whether off counts as data
		start, end, err := s.NextData(f, off)
		if err != nil || start < off || end < start || end > s.Size() {
			t.Fatalf("0x%x: 0x%x..0x%x, %v", off, start, end, err)
		}
		return start == off && end > off
	}
	for off, data := range map[int64]bool{0: true, 1<<20 - 1: true, 6 << 20: true} {
		if covered(off) != data {
			t.Errorf("0x%x is a hole", off)
		}
	}
	if runtime.GOOS == "linux" && (covered(3<<20) || covered(7<<20+4096)) { // elsewhere that would only be slower
		t.Error("holes are told as data")
	}
	if start, end, err := s.NextData(f, s.Size()); err != nil || start != s.Size() || end != s.Size() {
		t.Error(start, end, err)
	}
	if s := disk.Sized(8 << 20); os.Chtimes(f.Name(), time.Time{}, time.Now()) != nil || s.Check(f) != nil {
		t.Error("one's own file counts as changed")
	}
}
