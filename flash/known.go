package flash

import (
	"fmt"
	"sort"
)

// Known returns img with its unread ranges marked: reading them is an error, where img returns
// zeros. All bytes read through it come from the phone.
func Known(img Image, unread []Extent) Image {
	if len(unread) == 0 {
		return img
	}
	return known{img, Union(unread), "were not read from the phone"}
}

type known struct {
	Image
	unread []Extent // in order
	why    string
}

// holeError is the error of a read in a hole.
type holeError struct {
	hole Extent
	why  string
}

func (e holeError) Error() string {
	return fmt.Sprintf("flash: 0x%x bytes at 0x%x %s", e.hole.Length, e.hole.Offset, e.why)
}

func (e holeError) Unwrap() error { return ErrHole }

// from returns the holes that end behind off.
func (k known) from(off int64) []Extent {
	return k.unread[sort.Search(len(k.unread), func(i int) bool { return k.unread[i].End() > off }):]
}

// ReadAt implements io.ReaderAt.
func (k known) ReadAt(p []byte, off int64) (int, error) {
	if holes := k.from(off); len(holes) > 0 && holes[0].Overlaps(Extent{off, int64(len(p))}) {
		hole := holes[0]
		n := max(hole.Offset-off, 0)
		if got, err := k.Image.ReadAt(p[:n], off); int64(got) < n {
			return got, err
		}
		return int(n), holeError{hole, k.why}
	}
	return k.Image.ReadAt(p, off)
}

// Check implements Checker.
func (k known) Check() error { return Check(k.Image) }

// NextData implements DataFinder. An unread range counts as data, because it is not known to be
// zero.
func (k known) NextData(off int64) (Extent, error) {
	d, err := NextData(k.Image, off)
	if holes := k.from(off); err == nil && len(holes) > 0 && (holes[0].Offset < d.Offset || d.Length == 0) {
		start := max(holes[0].Offset, off)
		return Extent{start, holes[0].End() - start}, nil
	}
	return d, err
}
