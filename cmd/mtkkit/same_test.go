package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

var errDiffer = errors.New("files differ")

// sameFiles compares two files, which may be of any size as long as they are mostly
// holes: where both have one, nothing is read.
func sameFiles(a, b string) error { return sameFrom(a, b, 0, false) }

// sameFrom compares file a with b from offset at on: with all of the rest, or with as
// much as a has.
func sameFrom(a, b string, at int64, prefix bool) error {
	x, err := openHoled(a)
	if err != nil {
		return err
	}
	defer x.Close()
	y, err := openHoled(b)
	if err != nil {
		return err
	}
	defer y.Close()
	if rest := y.size - at; x.size > rest || x.size < rest && !prefix {
		return fmt.Errorf("%w: %s has %d bytes, %s %d from 0x%x on", errDiffer, a, x.size, b, rest, at)
	}
	p, q := make([]byte, 64<<10), make([]byte, 64<<10)
	for off := int64(0); ; {
		off = min(x.data(off), y.data(at+off)-at) // up to here both are zero
		n := int(min(x.size-off, int64(len(p))))
		if n <= 0 {
			return nil
		}
		if _, err := x.ReadAt(p[:n], off); err != nil {
			return err
		}
		if _, err := y.ReadAt(q[:n], at+off); err != nil {
			return err
		}
		if !bytes.Equal(p[:n], q[:n]) {
			return fmt.Errorf("%w: %s and %s in the 64 KiB at 0x%x", errDiffer, a, b, off)
		}
		off += int64(n)
	}
}

// copyHoled copies a file to a new one, with its holes.
func copyHoled(from, to string) (err error) {
	x, err := openHoled(from)
	if err != nil {
		return err
	}
	defer x.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if err := out.Truncate(x.size); err != nil {
		return err
	}
	b := make([]byte, 64<<10)
	for off := x.data(0); off < x.size; off = x.data(off) {
		n, err := x.ReadAt(b, off)
		if err != nil && err != io.EOF {
			return err
		}
		if _, err := out.WriteAt(b[:n], off); err != nil {
			return err
		}
		off += int64(n)
	}
	return nil
}

// holed is a file that knows its holes. It asks the system itself: the package that
// finds the holes for mtkkit is among what is tested.
type holed struct {
	*os.File
	size int64
}

func openHoled(name string) (holed, error) {
	f, err := os.Open(name)
	if err != nil {
		return holed{}, err
	}
	st, err := f.Stat()
	return holed{f, st.Size()}, err
}

// data returns where data begin at or after off, and the file's size when there are none.
// Where the system does not tell, all is data.
func (f holed) data(off int64) int64 {
	const seekData = 3
	if runtime.GOOS != "linux" || off >= f.size {
		return off
	}
	at, err := f.Seek(off, seekData)
	switch {
	case errors.Is(err, syscall.ENXIO):
		return f.size
	case err != nil:
		return off
	}
	return min(at, f.size)
}

// The comparison sees one byte wherever it lies, in a hole and out of it, and a copy is
// the same.
func TestSameFiles(t *testing.T) {
	const size = 3<<20 + 5
	dir := t.TempDir()
	name := func(s string) string { return filepath.Join(dir, s) }
	put := func(s string, data map[int64]byte, size int64) {
		f, err := os.Create(name(s))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for off, b := range data {
			if _, err := f.WriteAt([]byte{b}, off); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Truncate(size); err != nil {
			t.Fatal(err)
		}
	}
	put("a", map[int64]byte{100: 1, 2<<20 + 7: 2}, size)
	put("zeros", map[int64]byte{100: 1, 1 << 20: 0, 2<<20 + 7: 2}, size)
	put("more", map[int64]byte{1<<20 + 100: 1, 3<<20 + 7: 2, 5 << 20: 3}, 6<<20)
	if err := copyHoled(name("a"), name("copy")); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"copy": sameFiles(name("copy"), name("a")), "zeros": sameFiles(name("a"), name("zeros")),
		"from": sameFrom(name("a"), name("more"), 1<<20, true),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, off := range []int64{0, 99, 101, 1 << 20, 2<<20 + 8, size - 1} {
		put("other", map[int64]byte{100: 1, 2<<20 + 7: 2, off: 9}, size)
		if !errors.Is(sameFiles(name("a"), name("other")), errDiffer) || !errors.Is(sameFiles(name("other"), name("a")), errDiffer) {
			t.Errorf("a byte at 0x%x is not seen", off)
		}
	}
	put("longer", map[int64]byte{100: 1, 2<<20 + 7: 2}, size+1)
	for what, err := range map[string]error{
		"longer": sameFiles(name("longer"), name("a")), "shorter": sameFiles(name("a"), name("longer")),
		"behind the end": sameFrom(name("a"), name("more"), 4<<20, true), "all of the rest": sameFrom(name("a"), name("more"), 1<<20, false),
	} {
		if !errors.Is(err, errDiffer) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
