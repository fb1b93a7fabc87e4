package flash

import "errors"

// HoleFinder is an optional part of an Image that knows where its holes are. Their bytes were
// never read from the phone, or the file leaves them out; what is read there in their place
// proves nothing.
type HoleFinder interface {
	// Holes returns the stretches within e of which the bytes are not known, in order.
	Holes(e Extent) []Extent
}

// ErrHole is wrapped by the error of reading what nobody knows.
var ErrHole = errors.New("the bytes are not known")

// Holes asks img which of its bytes are not known; nil when all are, or img does not tell.
func Holes(img Image) []Extent {
	return holesWithin(img, Extent{Length: img.Size()})
}

func holesWithin(img Image, e Extent) []Extent {
	if f, ok := img.(HoleFinder); ok && e.Length > 0 {
		return f.Holes(e)
	}
	return nil
}

// Holes implements HoleFinder by what the parent knows.
func (s *Section) Holes(e Extent) []Extent {
	e = e.Clip(s.extent.Length)
	return moved(holesWithin(s.parent, Extent{s.extent.Offset + e.Offset, e.Length}), -s.extent.Offset)
}

// Holes implements HoleFinder by what the pieces know.
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

// Strict returns img so that reading in its holes is an error, where img itself would give
// zeros there. Why says in the error what of them is known.
func Strict(img Image, why string) Image {
	holes := Holes(img)
	if len(holes) == 0 {
		return img
	}
	return known{img, holes, why}
}

// Filled returns img with zeros in its holes: for a copy that is marked as not whole.
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
