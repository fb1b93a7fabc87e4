package flash

import (
	"fmt"
	"io"
	"slices"
	"sort"
)

// Stitched is an Image made from others, each at its offset. Ranges that none of them covers
// read as zeros. Nothing may be added after the first read.
type Stitched struct {
	size   int64
	pieces []piece // in order of offset, without overlap
}

type piece struct {
	off int64
	img Image
}

func (p piece) end() int64 { return p.off + p.img.Size() }

// NewStitched returns an image of size zero bytes. It grows if an image is added beyond them.
func NewStitched(size int64) *Stitched { return &Stitched{size: size} }

// Join returns an image of the images one after the other.
func Join(images ...Image) *Stitched {
	s := &Stitched{}
	for _, img := range images {
		if img.Size() > 0 {
			s.pieces = append(s.pieces, piece{s.size, img})
		}
		s.size += img.Size()
	}
	return s
}

// Pad returns img with n zero bytes in front, for a user area with a missing head: the rest is
// at its proper offsets.
func Pad(img Image, n int64) Image {
	s := &Stitched{size: n}
	s.Add(n, img)
	return s
}

// Add puts img at off. Where there is already an image, that one stays visible. The image grows
// if necessary.
func (s *Stitched) Add(off int64, img Image) {
	end := off + img.Size()
	for i := s.from(off); off < end; i++ {
		free := Extent{Offset: off, Length: end - off}
		if i < len(s.pieces) {
			free.Length = min(end, s.pieces[i].off) - off
		}
		if free.Length > 0 {
			part := Slice(img, Extent{Offset: img.Size() - (end - off), Length: free.Length})
			s.pieces = slices.Insert(s.pieces, i, piece{off, part})
			s.size = max(s.size, free.End())
		}
		off = max(off, s.pieces[i].end())
	}
}

// Size returns the length of the image in bytes.
func (s *Stitched) Size() int64 { return s.size }

// from returns the index of the first piece that ends behind off.
func (s *Stitched) from(off int64) int {
	return sort.Search(len(s.pieces), func(i int) bool { return s.pieces[i].end() > off })
}

// ReadAt implements io.ReaderAt.
func (s *Stitched) ReadAt(b []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("flash: read at negative offset %d", off)
	}
	for i := s.from(off); off < s.size && len(b) > 0; {
		part := b[:min(int64(len(b)), s.size-off)]
		if i == len(s.pieces) {
			clear(part)
		} else if p := s.pieces[i]; off < p.off {
			part = part[:min(int64(len(part)), p.off-off)]
			clear(part)
		} else {
			part = part[:min(int64(len(part)), p.end()-off)]
			if m, err := p.img.ReadAt(part, off-p.off); m < len(part) {
				if err == nil || err == io.EOF {
					err = io.ErrUnexpectedEOF // a piece has become shorter since it was opened
				}
				return n + m, err
			}
			i++
		}
		b, n, off = b[len(part):], n+len(part), off+int64(len(part))
	}
	if len(b) > 0 {
		return n, io.EOF
	}
	return n, nil
}

// NextData implements DataFinder: there are no data between the pieces.
func (s *Stitched) NextData(off int64) (Extent, error) {
	if off >= s.size {
		return Extent{Offset: s.size}, nil
	}
	for _, p := range s.pieces[s.from(off):] {
		d, err := NextData(p.img, max(off-p.off, 0))
		if err != nil {
			return Extent{Offset: s.size}, err
		}
		if d.Length > 0 {
			d.Offset += p.off
			return d, nil
		}
	}
	return Extent{Offset: s.size}, nil
}

// Check implements Checker: none of the pieces may have changed.
func (s *Stitched) Check() error {
	for _, p := range s.pieces {
		if err := Check(p.img); err != nil {
			return err
		}
	}
	return nil
}

// Gaps returns the ranges without an image, in order.
func (s *Stitched) Gaps() []Extent {
	var out []Extent
	at := int64(0)
	for _, p := range s.pieces {
		if p.off > at {
			out = append(out, Extent{Offset: at, Length: p.off - at})
		}
		at = p.end()
	}
	if at < s.size {
		out = append(out, Extent{Offset: at, Length: s.size - at})
	}
	return out
}
