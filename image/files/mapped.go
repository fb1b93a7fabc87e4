package files

import (
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/mtkkit/mtkkit/flash"
)

// Run is a range of a file that is one range of the image; all values are in bytes.
type Run struct {
	Start  int64 // in the file
	Offset int64 // in the image
	Length int64
}

// maxRuns limits the map of one file in memory (24 bytes for each run): enough for 4
// GiB in which no two blocks of 4 KiB are neighbours.
const maxRuns = 1 << 20

// ErrFragmented is the error for a file with more than maxRuns runs.
var ErrFragmented = errors.New("the file has too many fragments for this reader")

// Mapped is the content of a file: runs of an image, and zeros between them. It is a
// flash.Image, a flash.DataFinder and a flash.HoleFinder.
type Mapped struct {
	img  flash.Image
	size int64
	runs []Run
}

// NewMapped makes a file of runs, which must be in order and must not overlap. size is
// in bytes; bytes behind it do not belong to the file.
func NewMapped(img flash.Image, size int64, runs []Run) *Mapped {
	n := sort.Search(len(runs), func(i int) bool { return runs[i].Start >= size })
	return &Mapped{img, size, runs[:n]}
}

// Append adds r to runs, and joins it with the last run if it continues that run. The
// error is ErrFragmented if there are too many.
func Append(runs []Run, r Run) ([]Run, error) {
	if n := len(runs); n > 0 {
		if last := &runs[n-1]; last.Start+last.Length == r.Start && last.Offset+last.Length == r.Offset {
			last.Length += r.Length
			return runs, nil
		}
		if n == maxRuns {
			return runs, ErrFragmented
		}
	}
	return append(runs, r), nil
}

// Size returns the length of the file in bytes.
func (m *Mapped) Size() int64 { return m.size }

// at returns the index of the first run that ends after off.
func (m *Mapped) at(off int64) int {
	return sort.Search(len(m.runs), func(i int) bool { return m.runs[i].Start+m.runs[i].Length > off })
}

// ReadAt implements io.ReaderAt.
func (m *Mapped) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("files: read at negative offset %d", off)
	}
	if off >= m.size {
		return 0, io.EOF
	}
	if left := m.size - off; int64(len(p)) > left {
		p, err = p[:left], io.EOF
	}
	for i := m.at(off); n < len(p); {
		part, pos := p[n:], off+int64(n)
		if i == len(m.runs) || m.runs[i].Start > pos {
			if i < len(m.runs) {
				part = part[:min(int64(len(part)), m.runs[i].Start-pos)]
			}
			clear(part)
			n += len(part)
			continue
		}
		r := m.runs[i]
		part = part[:min(int64(len(part)), r.Start+r.Length-pos)]
		got, fail := m.img.ReadAt(part, r.Offset+pos-r.Start)
		if n += got; got < len(part) {
			if fail == nil || fail == io.EOF {
				fail = fmt.Errorf("files: the image ends at 0x%x, before the file does: %w", m.img.Size(), io.ErrUnexpectedEOF)
			}
			return n, fail
		}
		i++
	}
	return n, err
}

// Holes implements flash.HoleFinder: bytes of the file that are in a hole of the image.
func (m *Mapped) Holes(e flash.Extent) (out []flash.Extent) {
	e = e.Clip(m.size)
	whole, ok := m.img.(flash.HoleFinder)
	for i := m.at(e.Offset); ok && i < len(m.runs) && m.runs[i].Start < e.End(); i++ {
		r := m.runs[i]
		start, end := max(r.Start, e.Offset), min(r.Start+r.Length, e.End())
		for _, h := range whole.Holes(flash.Extent{Offset: r.Offset + start - r.Start, Length: end - start}) {
			out = append(out, flash.Extent{Offset: h.Offset - r.Offset + r.Start, Length: h.Length})
		}
	}
	return out
}

// NextData implements flash.DataFinder: bytes that are in no run are zero.
func (m *Mapped) NextData(off int64) (flash.Extent, error) {
	i := m.at(off)
	if off >= m.size || i == len(m.runs) {
		return flash.Extent{Offset: m.size}, nil
	}
	start, end := max(off, m.runs[i].Start), min(m.runs[i].Start+m.runs[i].Length, m.size)
	return flash.Extent{Offset: start, Length: end - start}, nil
}
