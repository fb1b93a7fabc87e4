package flash_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// fickle returns full reads with io.EOF at the end, as io.ReaderAt allows, or fails.
type fickle struct {
	*bytes.Reader
	err error
}

func (f fickle) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.Reader.ReadAt(p, off)
	return n, errors.Join(err, f.err)
}

func TestReadFull(t *testing.T) {
	b := counting(100)
	img := bytes.NewReader(b)
	for _, c := range []struct {
		off, n, have int
	}{{0, 100, 100}, {40, 10, 10}, {90, 20, 10}, {100, 1, 0}, {100, 0, 0}, {5, 0, 0}} {
		got, err := flash.ReadFull(img, int64(c.off), c.n)
		short := c.have < c.n
		if len(got) != c.have || !bytes.Equal(got, b[c.off:c.off+c.have]) || (err != nil) != short {
			t.Errorf("ReadFull(0x%x, %d) = %d bytes, %v; want %d", c.off, c.n, len(got), err, c.have)
		}
		if short && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("ReadFull(0x%x, %d): %v is not io.ErrUnexpectedEOF", c.off, c.n, err)
		}
	}
	_, err := flash.ReadFull(img, 90, 20)
	if want := "flash: 10 of 20 bytes at 0x5a: unexpected EOF"; err.Error() != want {
		t.Errorf("a short read says %q, want %q", err, want)
	}
	if got, err := flash.ReadFull(fickle{img, io.EOF}, 50, 50); err != nil || !bytes.Equal(got, b[50:]) {
		t.Errorf("a full read that says EOF = %d bytes, %v; want no error", len(got), err)
	}
	if _, err := flash.ReadFull(fickle{img, io.ErrClosedPipe}, 90, 20); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a failed read = %v, want its own error", err)
	}
}

func TestReadInto(t *testing.T) {
	b := counting(100)
	img := bytes.NewReader(b)
	for _, c := range []struct {
		name    string
		img     io.ReaderAt
		off, n  int
		want    error
		message string
	}{
		{"inside", img, 10, 20, nil, ""},
		{"to the end", img, 0, 100, nil, ""},
		{"to the end, which is told", fickle{img, io.EOF}, 50, 50, nil, ""},
		{"full, whatever is told", fickle{img, io.ErrClosedPipe}, 50, 50, nil, ""},
		{"over the end", img, 90, 20, flash.ErrShort, "10 of 20 bytes at 0x5a: unexpected EOF"},
		{"behind the end", img, 100, 1, io.ErrUnexpectedEOF, "0 of 1 bytes at 0x64: unexpected EOF"},
		{"less, and no error", silent{img}, 0, 100, flash.ErrShort, "99 of 100 bytes at 0x0: unexpected EOF"},
		{"broken", fickle{img, io.ErrClosedPipe}, 90, 20, io.ErrClosedPipe, ""},
	} {
		got := make([]byte, c.n)
		err := flash.ReadInto(c.img, got, int64(c.off))
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || c.message != "" && err.Error() != c.message {
			t.Errorf("%s: %v, want %v %s", c.name, err, c.want, c.message)
		}
		if err == nil && !bytes.Equal(got, b[c.off:c.off+c.n]) {
			t.Errorf("%s: other bytes", c.name)
		}
	}
	// The error of another that is an unexpected end is not ours.
	if err := flash.ReadInto(fickle{img, io.ErrUnexpectedEOF}, make([]byte, 20), 90); errors.Is(err, flash.ErrShort) {
		t.Error("an error of the image's own is taken for none")
	}
}

// silent gives a byte less than it is asked for and tells nobody.
type silent struct{ io.ReaderAt }

func (s silent) ReadAt(p []byte, off int64) (int, error) { return s.ReaderAt.ReadAt(p[:len(p)-1], off) }

// Every length around the steps of the comparison, and the odd byte at every offset of it.
func TestIsFill(t *testing.T) {
	for _, c := range []byte{0x00, 0xFF, 0x5A} {
		for n := range 70 {
			b := bytes.Repeat([]byte{c}, n)
			if !flash.IsFill(b, c) || n > 0 && flash.IsFill(b, c+1) || flash.IsZero(b) != (c == 0 || n == 0) {
				t.Errorf("%d bytes of 0x%02x: %v", n, c, flash.IsFill(b, c))
			}
			for i := range b {
				b[i] ^= 0x10
				if flash.IsFill(b, c) || flash.IsZero(b) && c == 0 {
					t.Errorf("%d bytes of 0x%02x, another at %d", n, c, i)
				}
				b[i] ^= 0x10
			}
		}
	}
}

// The odd byte in each of the pieces that are compared.
func TestIsZeroLong(t *testing.T) {
	b := make([]byte, 10000)
	for _, i := range []int{-1, 0, 7, 8, 4095, 4096, 8191, 8192, 9999} {
		if i >= 0 {
			b[i] = 1
		}
		for _, n := range []int{4095, 4096, 4097, 8192, 10000} {
			if want := i < 0 || i >= n; flash.IsZero(b[:n]) != want {
				t.Errorf("%d bytes, the odd one at %d: %v", n, i, !want)
			}
		}
		if i >= 0 {
			b[i] = 0
		}
	}
}

func BenchmarkIsZero(b *testing.B) {
	buf := make([]byte, 256<<10)
	b.SetBytes(int64(len(buf)))
	for b.Loop() {
		if !flash.IsZero(buf) {
			b.Fatal("zeros are none")
		}
	}
}
