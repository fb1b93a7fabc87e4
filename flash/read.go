package flash

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// ErrShort is wrapped by the error of a read that returned too few bytes without an error of its
// own. It is an io.ErrUnexpectedEOF.
var ErrShort = fmt.Errorf("%w", io.ErrUnexpectedEOF)

// ReadInto reads all of p at off. With fewer bytes it returns an error that has their number and
// wraps that of ReadAt, or ErrShort if ReadAt returned no error or io.EOF. If all of p was read
// there is no error. The error only has the offset; the caller adds what was read.
func ReadInto(img io.ReaderAt, p []byte, off int64) error {
	_, err := readInto(img, p, off)
	return err
}

func readInto(img io.ReaderAt, p []byte, off int64) (int, error) {
	n, err := img.ReadAt(p, off)
	if n == len(p) {
		return n, nil
	}
	if err == nil || err == io.EOF {
		err = ErrShort
	}
	return n, fmt.Errorf("%d of %d bytes at 0x%x: %w", n, len(p), off, err)
}

// ReadFull reads exactly n bytes at off, like ReadInto. N must be a limit of the caller, never a
// number read from the image. With an error it returns the bytes that were read.
func ReadFull(img Image, off int64, n int) ([]byte, error) {
	b := make([]byte, n)
	m, err := readInto(img, b, off)
	if err != nil {
		err = fmt.Errorf("flash: %w", err)
	}
	return b[:m], err
}

// zeros is short, so that it fits into the first-level cache together with the bytes that are
// compared with it.
var zeros [4 << 10]byte

// IsZero reports whether all bytes of b are zeros. Most data differ in the first bytes, so these
// are checked first.
func IsZero(b []byte) bool {
	if len(b) >= 8 && binary.NativeEndian.Uint64(b) != 0 {
		return false
	}
	for ; len(b) > len(zeros); b = b[len(zeros):] {
		if !bytes.Equal(b[:len(zeros)], zeros[:]) {
			return false
		}
	}
	return bytes.Equal(b, zeros[:len(b)])
}

// IsFill reports whether all bytes of b are c.
func IsFill(b []byte, c byte) bool {
	return len(b) == 0 || b[0] == c && bytes.Equal(b[1:], b[:len(b)-1])
}
