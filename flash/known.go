package flash

import "fmt"

// Known returns img with the places marked that were never read from the phone: to read
// there is an error instead of zeros. What is read through it is what the phone has.
func Known(img Image, unread []Extent) Image {
	if len(unread) == 0 {
		return img
	}
	return known{img, unread}
}

type known struct {
	Image
	unread []Extent
}

// ReadAt implements io.ReaderAt.
func (k known) ReadAt(p []byte, off int64) (int, error) {
	for _, hole := range k.unread {
		if !hole.Overlaps(Extent{off, int64(len(p))}) {
			continue
		}
		n := max(hole.Offset-off, 0)
		if got, err := k.Image.ReadAt(p[:n], off); int64(got) < n {
			return got, err
		}
		return int(n), fmt.Errorf("flash: 0x%x bytes at 0x%x were not read from the phone", hole.Length, hole.Offset)
	}
	return k.Image.ReadAt(p, off)
}

// Check implements Checker.
func (k known) Check() error { return Check(k.Image) }

// NextData implements DataFinder. A place that was not read is none that is known to be
// zero.
func (k known) NextData(off int64) (Extent, error) {
	d, err := NextData(k.Image, off)
	for _, hole := range k.unread {
		switch {
		case err != nil || hole.End() <= off:
		case hole.Offset < d.Offset || d.Length == 0:
			start := max(hole.Offset, off)
			return Extent{start, hole.End() - start}, nil
		}
	}
	return d, err
}
