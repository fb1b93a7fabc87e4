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

// ErrDiffer is returned by SameFiles if the files differ.
var ErrDiffer = errors.New("files differ")

// SameFiles compares two files and returns ErrDiffer if they differ. Where both files have a hole,
// nothing is read, so that large files with many holes are compared fast.
func SameFiles(a, b string) error { return sameFrom(a, b, 0, false) }

// sameFrom compares file a with file b from offset at on: with all of the rest, or with prefix only with
// as many bytes as a has.
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
		off = min(x.data(off), y.data(at+off)-at) // before it, both have only holes
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

// holed is a file whose holes can be found. It asks the system itself and not package disk, because
// that is tested with it.
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

// data returns the offset of the first data at or after off, or the file's size if there are none. If
// the system does not report holes, everything is data.
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
