package main

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// harmed cannot be read from a place on.
type harmed struct {
	flash.Image
	from int64
}

func (h harmed) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > h.from {
		return 0, errors.New("damaged")
	}
	return h.Image.ReadAt(p, off)
}

// What a locked file has lost reads as zeros, is told, and no more than that.
func TestUnsealedSalvages(t *testing.T) {
	good := bytes.Repeat([]byte("x"), 1000)
	var lost []flash.Extent
	u := unsealed{harmed{bytes.NewReader(good), 600}, func(e flash.Extent, err error) { lost = append(lost, e) }}
	b := make([]byte, 300)
	for _, c := range []struct {
		off   int64
		first byte
		n     int
		err   error
	}{{0, 'x', 300, nil}, {300, 'x', 300, nil}, {600, 0, 300, nil}, {900, 0, 100, io.EOF}} {
		n, err := u.ReadAt(b, c.off)
		if n != c.n || err != c.err || b[0] != c.first {
			t.Errorf("at %d: %d bytes from %q, %v", c.off, n, b[0], err)
		}
	}
	if len(lost) != 2 || lost[0] != (flash.Extent{Offset: 600, Length: 300}) || lost[1] != (flash.Extent{Offset: 900, Length: 100}) {
		t.Errorf("lost %v", lost)
	}
}
