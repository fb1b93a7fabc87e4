package flash

import (
	"fmt"
	"io"
	"sort"
)

// Concat returns an Image of images one behind the other. Empty ones cost nothing.
func Concat(images ...Image) Image {
	c := &concat{}
	for _, img := range images {
		if img == nil || img.Size() <= 0 {
			continue
		}
		c.images = append(c.images, img)
		c.size += img.Size()
		c.ends = append(c.ends, c.size)
	}
	return c
}

type concat struct {
	images []Image
	ends   []int64 // where each image ends
	size   int64
}

// Size returns the length of all images together, bytes.
func (c *concat) Size() int64 { return c.size }

// at returns the index of the image that holds offset off, and where that begins.
func (c *concat) at(off int64) (i int, start int64) {
	i = sort.Search(len(c.ends), func(i int) bool { return c.ends[i] > off })
	if i > 0 {
		start = c.ends[i-1]
	}
	return i, start
}

// ReadAt implements io.ReaderAt.
func (c *concat) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("flash: read at negative offset %d", off)
	}
	for n < len(p) {
		i, start := c.at(off)
		if i == len(c.images) {
			return n, io.EOF
		}
		part := p[n:min(int64(len(p)), int64(n)+c.ends[i]-off)]
		m, err := c.images[i].ReadAt(part, off-start)
		n, off = n+m, off+int64(m)
		if m < len(part) {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return n, err
		}
	}
	return n, nil
}

// NextData implements DataFinder by what each image knows.
func (c *concat) NextData(off int64) (Extent, error) {
	for i, start := c.at(off); i < len(c.images); i++ {
		d, err := NextData(c.images[i], max(off-start, 0))
		if err != nil {
			return Extent{Offset: c.size}, err
		}
		if d.Length > 0 {
			d.Offset += start
			return d, nil
		}
		start = c.ends[i]
	}
	return Extent{Offset: c.size}, nil
}
