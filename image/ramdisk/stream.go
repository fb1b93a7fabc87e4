package ramdisk

import (
	"bufio"
	"bytes"
	"io"

	"github.com/mtkkit/mtkkit/flash"
)

// counter reads an image from its start and counts the bytes. Decoders that find
// ReadByte read no byte behind the end of their stream.
type counter struct {
	r *bufio.Reader
	n int64
}

func newCounter(img flash.Image) *counter {
	return &counter{r: bufio.NewReaderSize(io.NewSectionReader(img, 0, img.Size()), 64<<10)}
}

// Read implements io.Reader.
func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

// ReadByte implements io.ByteReader.
func (c *counter) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

// window reads an image at any offset, through a buffer. Bytes behind the image's end
// are zeros. A read error is kept, and bytes that could not be read are zeros.
type window struct {
	img flash.Image
	at  int64 // of the buffer
	buf []byte
	err error
}

const windowBytes = 4096

// bytes returns n bytes at off, at most windowBytes. They are valid until the next call.
func (w *window) bytes(off int64, n int) []byte {
	if off >= w.at && off+int64(n) <= w.at+int64(len(w.buf)) {
		return w.buf[off-w.at:][:n]
	}
	if w.buf == nil {
		w.buf = make([]byte, windowBytes)
	}
	w.at = off
	have := max(min(w.img.Size()-off, windowBytes), 0)
	if off < 0 {
		have = 0
	}
	m, err := w.img.ReadAt(w.buf[:have], off)
	if err != nil && err != io.EOF && w.err == nil {
		w.err = err
	}
	clear(w.buf[max(m, 0):])
	return w.buf[:n]
}

// zerosFrom returns the offset of the first byte from off on that is not zero; the
// image's size if there is none.
func zerosFrom(img flash.Image, off int64) (int64, error) {
	buf := make([]byte, 32<<10)
	for off < img.Size() {
		b := buf[:min(int64(len(buf)), img.Size()-off)]
		if err := flash.ReadInto(img, b, off); err != nil {
			return off, err
		}
		rest := bytes.TrimLeft(b, "\x00")
		if off += int64(len(b) - len(rest)); len(rest) > 0 {
			return off, nil
		}
	}
	return img.Size(), nil
}

// from returns the bytes of an image from off on.
func from(img flash.Image, off int64) flash.Image {
	return flash.Slice(img, flash.Extent{Offset: off, Length: max(img.Size()-off, 0)})
}
