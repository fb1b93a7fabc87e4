package flash

import "errors"

// HoleFinder is an optional interface of an Image that knows its holes: ranges that were never
// read from the phone, or that the file leaves out. The bytes that a read returns there have no
// meaning.
type HoleFinder interface {
	// Holes returns the holes within e, in order.
	Holes(e Extent) []Extent
}

// ErrHole is wrapped by the error of a read in a hole.
var ErrHole = errors.New("the bytes are not known")

// Holes returns the holes of img; nil if it has none, or does not implement HoleFinder.
func Holes(img Image) []Extent {
	return holesWithin(img, Extent{Length: img.Size()})
}

func holesWithin(img Image, e Extent) []Extent {
	if f, ok := img.(HoleFinder); ok && e.Length > 0 {
		return f.Holes(e)
	}
	return nil
}

// Holes implements HoleFinder with the holes of the parent.
func (s *Section) Holes(e Extent) []Extent {
	e = e.Clip(s.extent.Length)
	return moved(holesWithin(s.parent, Extent{s.extent.Offset + e.Offset, e.Length}), -s.extent.Offset)
}

// Holes implements HoleFinder with the holes of the pieces.
func (s *Stitched) Holes(e Extent) []Extent {
	e = e.Clip(s.size)
	var out []Extent
	for _, p := range s.pieces[s.from(e.Offset):] {
		if p.off >= e.End() {
			break
		}
		in := Extent{max(e.Offset-p.off, 0), 0}
		in.Length = min(e.End()-p.off, p.img.Size()) - in.Offset
		out = append(out, moved(holesWithin(p.img, in), p.off)...)
	}
	return out
}

// Holes implements HoleFinder.
func (k known) Holes(e Extent) []Extent {
	e = e.Clip(k.Size())
	out := holesWithin(k.Image, e)
	for _, hole := range k.from(e.Offset) {
		if hole.Offset >= e.End() {
			break
		}
		start := max(hole.Offset, e.Offset)
		out = append(out, Extent{start, min(hole.End(), e.End()) - start})
	}
	return Union(out)
}

func moved(list []Extent, by int64) []Extent {
	out := make([]Extent, len(list))
	for i, e := range list {
		out[i] = Extent{e.Offset + by, e.Length}
	}
	return out
}

// Strict returns img with an error for each read in a hole, where img itself may return zeros.
// The error contains why.
func Strict(img Image, why string) Image {
	holes := Holes(img)
	if len(holes) == 0 {
		return img
	}
	return known{img, holes, why}
}

// Filled returns img with zeros in its holes, for a copy that is marked as incomplete.
func Filled(img Image) Image {
	holes := Holes(img)
	if len(holes) == 0 {
		return img
	}
	s := NewStitched(img.Size())
	for _, e := range Without([]Extent{{Length: img.Size()}}, holes) {
		s.Add(e.Offset, Slice(img, e))
	}
	return s
}
