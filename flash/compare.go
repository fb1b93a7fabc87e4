package flash

import (
	"bytes"
	"cmp"
	"context"
	"math"
)

// compareStep is the size of one read, bytes: two blocks fit into the second-level cache of a core.
const compareStep = 256 << 10

// OnlyZeros reports whether all bytes of an image read as zeros. It does not read ranges that
// the image knows to be zeros. It returns a read error, or that of ctx, unless other bytes were
// found before it.
func OnlyZeros(ctx context.Context, img Image) (bool, error) {
	at, err := FirstDifference(ctx, img, NewStitched(img.Size()))
	return at < 0 && err == nil, err
}

// Equal reports whether two images have the same size and the same bytes. It reads like
// FirstDifference.
func Equal(ctx context.Context, a, b Image) (bool, error) {
	if a.Size() != b.Size() {
		return false, nil
	}
	at, err := FirstDifference(ctx, a, b)
	return at < 0 && err == nil, err
}

// FirstDifference returns the offset of the first different byte of two images, within the
// length that both have; -1 if there is none. It does not read ranges that both know to be
// zeros. The first read error, or that of ctx, ends it; it then returns -1 and the error, and
// the bytes before it are equal.
func FirstDifference(ctx context.Context, a, b Image) (int64, error) {
	size := min(a.Size(), b.Size())
	x := make([]byte, min(compareStep, size))
	y := make([]byte, len(x))
	for off := int64(0); off < size; {
		at, err := eitherData(a, b, off)
		if err = cmp.Or(ctx.Err(), err); err != nil || at >= size {
			return -1, err
		}
		off = at
		n := min(int64(len(x)), size-off)
		have, err1 := readInto(a, x[:n], off)
		other, err2 := readInto(b, y[:n], off)
		if have = min(have, other); !bytes.Equal(x[:have], y[:have]) {
			return off + int64(firstOther(x[:have], y)), nil
		}
		if err := cmp.Or(err1, err2); err != nil {
			return -1, err
		}
		off += n
	}
	return -1, nil
}

// eitherData returns the start of the next data of two images, at or after off.
func eitherData(a, b Image, off int64) (int64, error) {
	at := int64(math.MaxInt64)
	for _, img := range []Image{a, b} {
		d, err := NextData(img, off)
		if err != nil {
			return 0, err
		}
		if d.Length > 0 {
			at = min(at, max(d.Offset, off))
		}
	}
	return at, nil
}

// firstOther returns the index of the first different byte. There must be one.
func firstOther(x, y []byte) int {
	i := 0
	for x[i] == y[i] {
		i++
	}
	return i
}
