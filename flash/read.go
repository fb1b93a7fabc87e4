package flash

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// ErrShort is wrapped by the error of a reading that gave less than was asked for, without an
// error of its own. It is an io.ErrUnexpectedEOF.
var ErrShort = fmt.Errorf("%w", io.ErrUnexpectedEOF)

// ReadInto reads all of p at off. Anything less is an error that says how much there was and
// wraps that of the reading, or ErrShort when it had none or io.EOF. With all of p read there
// is no error, whatever the reading said. Who calls it says what was read: the error names
// the place only.
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

// ReadFull reads exactly n bytes at off, as ReadInto does; n must be a bound of the caller's
// own, never a number read from the image. With an error it returns what was there.
func ReadFull(img Image, off int64, n int) ([]byte, error) {
	b := make([]byte, n)
	m, err := readInto(img, b, off)
	if err != nil {
		err = fmt.Errorf("flash: %w", err)
	}
	return b[:m], err
}

// zeros is short, so that it stays in the first-level cache beside what is compared with it.
var zeros [4 << 10]byte

// IsZero reports whether b holds zeros only. Most data tell in their first bytes, so these
// are looked at before the rest is compared.
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

// IsFill reports whether b holds c only.
func IsFill(b []byte, c byte) bool {
	return len(b) == 0 || b[0] == c && bytes.Equal(b[1:], b[:len(b)-1])
}
