package flashtest

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// wrong is an Image that can be wrong in one way.
type wrong struct {
	*bytes.Reader
	read func(good *bytes.Reader, p []byte, off int64) (int, error)
	next func(off int64) (flash.Extent, error)
}

func (w wrong) ReadAt(p []byte, off int64) (int, error) {
	if w.read != nil {
		return w.read(w.Reader, p, off)
	}
	return w.Reader.ReadAt(p, off)
}

func (w wrong) NextData(off int64) (flash.Extent, error) {
	if w.next != nil {
		return w.next(off)
	}
	return flash.NextData(w.Reader, off)
}

// sample is zero from 8192 to 16384 and data elsewhere.
func sample() []byte {
	b := make([]byte, 20000)
	for i := range b {
		if i < 8192 || i >= 16384 {
			b[i] = byte(i%251) + 1
		}
	}
	return b
}

func TestGoodImages(t *testing.T) {
	for _, n := range []int{0, 1, 512, 20000} {
		TestImage(t, bytes.NewReader(sample()[:n]), sample()[:n])
	}
	TestImage(t, wrong{Reader: bytes.NewReader(sample())}, sample())

	// io.ReaderAt may use the rest of the buffer as scratch.
	scratch := func(r *bytes.Reader, p []byte, off int64) (int, error) {
		n, err := r.ReadAt(p, off)
		clear(p[n:])
		return n, err
	}
	TestImage(t, wrong{Reader: bytes.NewReader(sample()), read: scratch}, sample())
}

// Each image breaks one promise, and the suite must say which.
func TestWrongImages(t *testing.T) {
	type reader = func(*bytes.Reader, []byte, int64) (int, error)
	type finder = func(int64) (flash.Extent, error)
	size := int64(len(sample()))
	for _, c := range []struct {
		name string
		read reader
		next finder
		says string
	}{
		{"wrong byte", func(r *bytes.Reader, p []byte, off int64) (int, error) {
			n, err := r.ReadAt(p, off)
			if off <= 5000 && off+int64(n) > 5000 {
				p[5000-off] ^= 1
			}
			return n, err
		}, nil, "byte 0x1388 differs"},
		{"no EOF across the end", func(r *bytes.Reader, p []byte, off int64) (int, error) {
			n, err := r.ReadAt(p, off)
			if err == io.EOF && n > 0 {
				err = nil
			}
			return n, err
		}, nil, "want io.EOF"},
		{"short read in the middle", func(r *bytes.Reader, p []byte, off int64) (int, error) {
			return r.ReadAt(p[:min(len(p), 4096)], off)
		}, nil, "ReadAt(10000 bytes"},
		{"error on a full read", func(r *bytes.Reader, p []byte, off int64) (int, error) {
			n, _ := r.ReadAt(p, off)
			return n, io.EOF
		}, nil, "full read"},
		{"zeros after the end", func(r *bytes.Reader, p []byte, off int64) (int, error) {
			if off >= r.Size() {
				clear(p)
				return len(p), nil
			}
			return r.ReadAt(p, off)
		}, nil, "beyond the end"},
		{"negative offset taken for 0", func(r *bytes.Reader, p []byte, off int64) (int, error) {
			return r.ReadAt(p, max(off, 0))
		}, nil, "negative offset"},
		{"negative offset is EOF", func(r *bytes.Reader, p []byte, off int64) (int, error) {
			if off < 0 {
				return 0, io.EOF
			}
			return r.ReadAt(p, off)
		}, nil, "negative offset"},
		{"skips data", nil, func(off int64) (flash.Extent, error) {
			start := max(off, 16385)
			return flash.Extent{Offset: min(start, size), Length: max(size-start, 0)}, nil
		}, "skips data at 0x0"},
		{"goes back", nil, func(off int64) (flash.Extent, error) {
			if off >= size {
				return flash.Extent{Offset: size}, nil
			}
			return flash.Extent{Length: size}, nil
		}, "outside of what was asked"},
		{"empty stretch in the middle", nil, func(off int64) (flash.Extent, error) {
			return flash.Extent{Offset: min(off, size)}, nil
		}, "must lie at the end"},
		{"data beyond the end", nil, func(off int64) (flash.Extent, error) {
			return flash.Extent{Offset: off, Length: 4096}, nil
		}, "outside of what was asked"},
		{"empty stretch behind the end", nil, func(off int64) (flash.Extent, error) {
			return flash.Extent{Offset: off, Length: max(size-off, 0)}, nil
		}, "want nothing at the end"},
		{"finder fails", nil, func(off int64) (flash.Extent, error) {
			return flash.Extent{}, io.ErrUnexpectedEOF
		}, "unexpected EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := check(wrong{bytes.NewReader(sample()), c.read, c.next}, sample())
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("check = %v, want it to say %q", err, c.says)
			}
		})
	}
	if err := check(bytes.NewReader(sample()[:100]), sample()); err == nil || !strings.Contains(err.Error(), "Size()") {
		t.Errorf("a short image: %v", err)
	}
}
