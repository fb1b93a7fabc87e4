package flash

import (
	"fmt"
	"io"
	"math"
)

// Image is a sequence of bytes that can be read at any offset: a dump, a slice of one, a member
// of an archive, a region of a connected phone. ReadAt follows io.ReaderAt, and must be safe for
// use by several goroutines. Size is in bytes and does not change. *bytes.Reader and
// *io.SectionReader are Images.
type Image interface {
	io.ReaderAt
	Size() int64
}

// DataFinder is an optional interface of an Image that knows its ranges of data.
type DataFinder interface {
	// NextData returns the first range of data at or after off. All bytes from off to its start
	// read as zero. If only zeros follow, it returns an extent of length 0 at the image's end.
	NextData(off int64) (Extent, error)
}

// NextData calls img's NextData. If img does not implement DataFinder, all of it is data.
func NextData(img Image, off int64) (Extent, error) {
	if f, ok := img.(DataFinder); ok {
		return f.NextData(off)
	}
	if off >= img.Size() {
		return Extent{Offset: img.Size()}, nil
	}
	return Extent{Offset: off, Length: img.Size() - off}, nil
}

// Checker is an optional interface of an Image that can find out whether it has changed since it
// was opened. Files can be cut, written to or removed while they are read.
type Checker interface {
	Check() error
}

// Check returns an error if img has changed since it was opened. Call it after the last read,
// before the bytes are used as correct. An image that does not implement Checker has not
// changed.
func Check(img Image) error {
	if c, ok := img.(Checker); ok {
		return c.Check()
	}
	return nil
}

// Section is a part of another Image. It keeps its parent, so that a mover can find the file
// beneath and let the kernel copy (see Root).
type Section struct {
	parent Image
	extent Extent
}

// Slice returns the range e of img, cut at the end of img. An extent that is completely outside
// gives an empty Image.
func Slice(img Image, e Extent) *Section {
	e = e.Clip(img.Size())
	if s, ok := img.(*Section); ok {
		return &Section{s.parent, Extent{s.extent.Offset + e.Offset, e.Length}}
	}
	return &Section{img, e}
}

// Size returns the length of the section in bytes.
func (s *Section) Size() int64 { return s.extent.Length }

// ReadAt implements io.ReaderAt within the section.
func (s *Section) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("flash: read at negative offset %d", off)
	}
	if off >= s.extent.Length {
		return 0, io.EOF
	}
	if left := s.extent.Length - off; int64(len(p)) > left {
		n, err := s.parent.ReadAt(p[:left], s.extent.Offset+off)
		if err == nil {
			err = io.EOF
		}
		return n, err
	}
	return s.parent.ReadAt(p, s.extent.Offset+off)
}

// NextData implements DataFinder with the data of the parent.
func (s *Section) NextData(off int64) (Extent, error) {
	end := Extent{Offset: s.extent.Length}
	if off >= s.extent.Length {
		return end, nil
	}
	d, err := NextData(s.parent, s.extent.Offset+off)
	if err != nil || d.Length == 0 || d.Offset >= s.extent.End() {
		return end, err
	}
	d.Length = min(d.End(), s.extent.End()) - d.Offset
	d.Offset -= s.extent.Offset
	return d, nil
}

// Check implements Checker with that of the parent.
func (s *Section) Check() error { return Check(s.parent) }

// Root returns the Image at the bottom of img, and the extent of img in it.
func Root(img Image) (Image, Extent) {
	if s, ok := img.(*Section); ok {
		return s.parent, s.extent
	}
	return img, Extent{0, img.Size()}
}

// Extent is a range of bytes.
type Extent struct {
	Offset int64 `json:"offset"`
	Length int64 `json:"length"`
}

// NewExtent checks an offset and a length from a table: both must fit into an int64, and so must
// the end. Use it for all numbers from a file.
func NewExtent(offset, length uint64) (Extent, error) {
	if offset > math.MaxInt64 || length > math.MaxInt64 || offset+length > math.MaxInt64 {
		return Extent{}, fmt.Errorf("flash: extent 0x%x+0x%x is beyond any device", offset, length)
	}
	return Extent{int64(offset), int64(length)}, nil
}

// End returns the offset of the first byte after the extent.
func (e Extent) End() int64 { return e.Offset + e.Length }

// Contains reports whether all of o is within e.
func (e Extent) Contains(o Extent) bool { return o.Offset >= e.Offset && o.End() <= e.End() }

// Overlaps reports whether e and o share at least one byte.
func (e Extent) Overlaps(o Extent) bool {
	return e.Length > 0 && o.Length > 0 && e.Offset < o.End() && o.Offset < e.End()
}

// Clip cuts the extent to [0, size).
func (e Extent) Clip(size int64) Extent {
	start := min(max(e.Offset, 0), size)
	end := e.End()
	if e.Length > 0 && end < e.Offset { // overflow
		end = math.MaxInt64
	}
	return Extent{start, max(min(end, size)-start, 0)}
}

// String prints the extent as 0xSTART..0xEND, the end excluded.
func (e Extent) String() string { return fmt.Sprintf("0x%x..0x%x", e.Offset, e.End()) }
