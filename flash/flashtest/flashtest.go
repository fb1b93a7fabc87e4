// Package flashtest has the one suite that every flash.Image must pass, like testing/iotest for
// readers:
//
//	flashtest.TestImage(t, img, want)
//
// It checks reading: at all offsets, across the end, at invalid offsets, by several goroutines,
// and the image's ranges of data. It does not check how an image is opened or closed. File opens
// files that other tools made.
package flashtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/mtkkit/mtkkit/flash"
)

// TestImage reports how img differs from a flash.Image with the bytes want. Images of a few
// hundred KiB take milliseconds; several MiB are also possible.
func TestImage(t testing.TB, img flash.Image, want []byte) {
	t.Helper()
	if err := check(img, want); err != nil {
		t.Error(err)
	}
}

// check returns the first error of each kind in img, joined. If the size is wrong, it checks
// nothing else.
func check(img flash.Image, want []byte) error {
	if img.Size() != int64(len(want)) {
		return fmt.Errorf("Size() = %d, want %d", img.Size(), len(want))
	}
	err := errors.Join(checkReads(img, want), checkBadOffsets(img),
		checkConcurrent(img, want), checkNextData(img, want))
	if err != nil || len(want) > 1<<20 {
		return err // iotest reads in very small steps, so it is not for large images
	}
	return iotest.TestReader(io.NewSectionReader(img, 0, img.Size()), want)
}

// checkReads reads windows at the ends, around sector and block borders, and at random offsets.
// A window may extend behind the end of the image.
func checkReads(img flash.Image, want []byte) error {
	size := int64(len(want))
	offsets := []int64{0, 1, 511, 512, 4095, 4096, size / 2, size - 4097, size - 512, size - 1, size}
	lengths := []int{0, 1, 511, 512, 513, 4096, 10000}
	r := rand.New(rand.NewPCG(1, 2))
	for range 64 {
		offsets = append(offsets, r.Int64N(size+1))
	}
	for _, off := range offsets {
		for _, n := range lengths {
			if off < 0 || off > size {
				continue
			}
			if err := checkWindow(img, want, off, n); err != nil {
				return err
			}
		}
	}
	return checkWindow(img, want, 0, len(want))
}

// checkWindow reads n bytes at off and checks the result by the rules of io.ReaderAt.
func checkWindow(img flash.Image, want []byte, off int64, n int) error {
	buf := make([]byte, n)
	got, err := img.ReadAt(buf, off)
	expect := want[off:min(int(off)+n, len(want))]
	where := fmt.Sprintf("ReadAt(%d bytes, 0x%x)", n, off)
	switch {
	case n == 0 && got == 0:
		return nil // an empty read may or may not say EOF
	case got != len(expect):
		return fmt.Errorf("%s = %d, want %d; error %v", where, got, len(expect), err)
	case got < n && !errors.Is(err, io.EOF):
		return fmt.Errorf("%s across the end: error %v, want io.EOF", where, err)
	case got == n && err != nil && (!errors.Is(err, io.EOF) || off+int64(n) < int64(len(want))):
		return fmt.Errorf("%s: full read, error %v", where, err)
	case !bytes.Equal(buf[:got], expect):
		return fmt.Errorf("%s: byte 0x%x differs", where, off+int64(firstDifference(buf[:got], expect)))
	}
	return nil
}

// checkBadOffsets reads outside of the image.
func checkBadOffsets(img flash.Image) error {
	b := make([]byte, 8)
	for _, off := range []int64{img.Size(), img.Size() + 1, img.Size() + 1<<40, math.MaxInt64} {
		if n, err := img.ReadAt(b, off); n != 0 || !errors.Is(err, io.EOF) {
			return fmt.Errorf("ReadAt beyond the end, at 0x%x = %d, %v; want 0, EOF", off, n, err)
		}
	}
	for _, off := range []int64{-1, -4, math.MinInt64} {
		if n, err := img.ReadAt(b, off); n != 0 || err == nil || errors.Is(err, io.EOF) {
			return fmt.Errorf("ReadAt at negative offset %d = %d, %v; want 0 and an error", off, n, err)
		}
	}
	return nil
}

// checkConcurrent reads with eight goroutines at the same time; the race detector finds further
// errors.
func checkConcurrent(img flash.Image, want []byte) error {
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 3))
			for range 50 {
				off := r.Int64N(int64(len(want)) + 1)
				_, err := flash.NextData(img, off)
				err = errors.Join(err, checkWindow(img, want, off, r.IntN(20000)))
				if err != nil {
					errs[i] = fmt.Errorf("with others reading: %w", err)
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// checkNextData calls flash.NextData over the whole image, and also from offsets in between: the
// bytes that it skips must be zero.
func checkNextData(img flash.Image, want []byte) error {
	size := int64(len(want))
	for off := int64(0); off < size; {
		d, err := nextData(img, want, off)
		if err != nil {
			return err
		}
		off = d.End() // the image's end if no data follow
	}
	r := rand.New(rand.NewPCG(4, 5))
	for range 64 {
		if _, err := nextData(img, want, r.Int64N(size+1)); err != nil {
			return err
		}
	}
	for _, off := range []int64{size, size + 1, size + 1<<40} {
		d, err := flash.NextData(img, off)
		if err != nil || d != (flash.Extent{Offset: size}) {
			return fmt.Errorf("NextData(0x%x) = %v, %v; want nothing at the end", off, d, err)
		}
	}
	return nil
}

func nextData(img flash.Image, want []byte, off int64) (flash.Extent, error) {
	size := int64(len(want))
	d, err := flash.NextData(img, off)
	switch {
	case err != nil:
		return d, fmt.Errorf("NextData(0x%x): %w", off, err)
	case d.Length == 0 && d.Offset != size:
		return d, fmt.Errorf("NextData(0x%x) = %v: an empty extent must lie at the end, 0x%x", off, d, size)
	case d.Offset < off || d.Length < 0 || d.End() > size:
		return d, fmt.Errorf("NextData(0x%x) = %v is outside of what was asked", off, d)
	}
	for i, v := range want[off:d.Offset] {
		if v != 0 {
			return d, fmt.Errorf("NextData(0x%x) = %v skips data at 0x%x", off, d, off+int64(i))
		}
	}
	return d, nil
}

func firstDifference(a, b []byte) int {
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return len(a)
}
