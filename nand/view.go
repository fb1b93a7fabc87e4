package nand

import (
	"fmt"
	"io"
	"sync"

	"github.com/mtkkit/mtkkit/flash"
)

// Logical returns the data of all pages without the spare bytes, with the data of a cut last page.
// If there are no spare bytes, or if they seem to be interleaved (Sector), it returns img.
func (g *Geometry) Logical(img flash.Image) flash.Image {
	if g.Spare == 0 || g.Sector != 0 {
		return img
	}
	return newColumns(img, g.Stride(), 0, int64(g.Page))
}

// Spares returns the spare bytes of all pages, which Logical leaves out. It is empty if Logical
// returns img.
func (g *Geometry) Spares(img flash.Image) flash.Image {
	if g.Spare == 0 || g.Sector != 0 {
		return flash.Slice(img, flash.Extent{})
	}
	return newColumns(img, g.Stride(), int64(g.Page), int64(g.Spare))
}

// Join returns the dump from the results of Logical and Spares.
func (g *Geometry) Join(logical, spares flash.Image) flash.Image {
	if g.Spare == 0 || g.Sector != 0 {
		return logical
	}
	return &joined{[2]flash.Image{logical, spares}, [2]int64{int64(g.Page), int64(g.Spare)}}
}

// columns is the same range of every stride of an image, joined.
type columns struct {
	img    flash.Image
	stride int64
	from   int64 // offset in the stride
	width  int64
	size   int64
}

func newColumns(img flash.Image, stride, from, width int64) *columns {
	c := &columns{img: img, stride: stride, from: from, width: width}
	c.size = c.before(img.Size())
	return c
}

// before returns how many bytes of the view are from offsets below raw.
func (c *columns) before(raw int64) int64 {
	return raw/c.stride*c.width + min(max(raw%c.stride-c.from, 0), c.width)
}

// raw returns the offset in the image of byte off of the view.
func (c *columns) raw(off int64) int64 {
	return off/c.width*c.stride + c.from + off%c.width
}

// Size returns the length of the view in bytes.
func (c *columns) Size() int64 { return c.size }

// chunk is how many bytes of a dump are read at once to separate them.
const chunk = 256 << 10

var chunks = sync.Pool{New: func() any { b := make([]byte, chunk); return &b }}

// ReadAt implements io.ReaderAt.
func (c *columns) ReadAt(p []byte, off int64) (int, error) {
	want, err := clip(p, off, c.size)
	done := 0
	for done < len(want) {
		n, readErr := c.read(want[done:], off+int64(done))
		done += n
		if readErr != nil {
			return done, readErr
		}
	}
	return done, err
}

// read reads a part of p: one piece directly, or many through a buffer.
func (c *columns) read(p []byte, off int64) (int, error) {
	if left := c.width - off%c.width; int64(len(p)) <= left || c.stride*2 > chunk {
		return full(c.img, p[:min(int64(len(p)), left)], c.raw(off))
	}
	buf := chunks.Get().(*[]byte)
	defer chunks.Put(buf)
	start := c.raw(off)
	end := min(c.raw(off+int64(len(p))-1)+1, start+chunk)
	n, err := full(c.img, (*buf)[:end-start], start)
	done := 0
	for at := int64(0); at < int64(n); {
		piece := min(c.width-(off+int64(done))%c.width, int64(n)-at)
		done += copy(p[done:], (*buf)[at:at+piece])
		at = c.raw(off+int64(done)) - start
	}
	return done, err
}

// NextData implements flash.DataFinder with the image's own.
func (c *columns) NextData(off int64) (flash.Extent, error) {
	for off < c.size {
		d, err := flash.NextData(c.img, c.raw(off))
		if err != nil {
			return flash.Extent{Offset: c.size}, err
		}
		if d.Length == 0 {
			break
		}
		start, end := max(c.before(d.Offset), off), min(c.before(d.End()), c.size)
		if start < end {
			return flash.Extent{Offset: start, Length: end - start}, nil
		}
		off = end // these data are outside this view
	}
	return flash.Extent{Offset: c.size}, nil
}

// joined has alternating ranges of two images: width[0] bytes of the first, width[1] of the second,
// and so on.
type joined struct {
	of    [2]flash.Image
	width [2]int64
}

// Size returns the length of the whole in bytes.
func (j *joined) Size() int64 { return j.of[0].Size() + j.of[1].Size() }

// ReadAt implements io.ReaderAt.
func (j *joined) ReadAt(p []byte, off int64) (int, error) {
	want, err := clip(p, off, j.Size())
	stride := j.width[0] + j.width[1]
	done := 0
	for done < len(want) {
		page, column := (off+int64(done))/stride, (off+int64(done))%stride
		from := 0
		if column >= j.width[0] {
			from, column = 1, column-j.width[0]
		}
		n := min(j.width[from]-column, int64(len(want)-done))
		m, readErr := full(j.of[from], want[done:done+int(n)], page*j.width[from]+column)
		done += m
		if readErr != nil {
			return done, readErr
		}
	}
	return done, err
}

// clip cuts p to the bytes that an image of that size has at off. The error is the one to return
// after all of them were read.
func clip(p []byte, off, size int64) ([]byte, error) {
	switch {
	case off < 0:
		return nil, fmt.Errorf("nand: read at negative offset %d", off)
	case off >= size:
		return nil, io.EOF
	case int64(len(p)) > size-off:
		return p[:size-off], io.EOF
	}
	return p, nil
}

// full reads all of p. It returns io.ErrUnexpectedEOF if the image is shorter than its size.
func full(img flash.Image, p []byte, off int64) (int, error) {
	n, err := img.ReadAt(p, off)
	if n == len(p) {
		return n, nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
