package scripttest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"
)

// ErrDiffer is what a comparison of two files ends with when they are not the same.
var ErrDiffer = errors.New("files differ")

// SameFiles compares two files, which may be of any size as long as they are mostly
// holes: where both have one, nothing is read.
func SameFiles(a, b string) error { return sameFrom(a, b, 0, false) }

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
		return fmt.Errorf("%w: %s has %d bytes, %s %d from 0x%x on", ErrDiffer, a, x.size, b, rest, at)
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
			return fmt.Errorf("%w: %s and %s in the 64 KiB at 0x%x", ErrDiffer, a, b, off)
		}
		off += int64(n)
	}
}

// CopyHoled copies a file to a new one, with its holes.
func CopyHoled(from, to string) (err error) {
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
