package preloader

import (
	"errors"
	"fmt"
	"io"

	"github.com/mtkkit/mtkkit/flash"
)

// windowSize is how many bytes of an image are in memory at a time.
const windowSize = 256 << 10

// errStop ends windows early without an error.
var errStop = errors.New("stop")

// window is a piece of an image. Its own bytes, [from, to), are in no other window; the bytes
// around them overlap with the neighbours, so that matches are not split and their context is
// visible.
type window struct {
	bytes    []byte
	offset   int64 // of bytes[0] in the image
	from, to int
}

// windows calls fn with e piece by piece. Each own byte of a window has margin bytes of e before
// and after it, as far as e has them.
func windows(img flash.Image, e flash.Extent, margin int, fn func(window) error) error {
	e = e.Clip(img.Size())
	step := int64(windowSize - 2*margin)
	for off := e.Offset; off < e.End(); off += step {
		last := off+windowSize >= e.End()
		b, err := peek(img, off, int(min(windowSize, e.End()-off)))
		if err != nil {
			return err
		}
		w := window{bytes: b, offset: off, from: margin, to: len(b) - margin}
		if off == e.Offset {
			w.from = 0
		}
		if last {
			w.to = len(b)
		}
		switch err := fn(w); {
		case errors.Is(err, errStop):
			return nil
		case err != nil || last:
			return err
		}
	}
	return nil
}

// peek reads up to n bytes at off; fewer, or none, at the end of the image. n must not come from
// the image without a check.
func peek(img flash.Image, off int64, n int) ([]byte, error) {
	if off < 0 || off >= img.Size() {
		return nil, nil
	}
	b, err := flash.ReadFull(img, off, int(min(int64(n), img.Size()-off)))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("preloader: %w", err)
	}
	return b, nil
}
