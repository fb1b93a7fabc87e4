package flash_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

func TestKnown(t *testing.T) {
	b := []byte("0123456789")
	img := flash.Known(bytes.NewReader(b), []flash.Extent{{Offset: 4, Length: 2}, {Offset: 8, Length: 1}})
	for _, tt := range []struct {
		off  int64
		n    int
		want string
		err  string
	}{
		{0, 4, "0123", ""},
		{6, 2, "67", ""},
		{2, 5, "23", "0x2 bytes at 0x4 were not read"},
		{4, 1, "", "at 0x4"},
		{7, 3, "7", "at 0x8"},
		{9, 3, "9", io.EOF.Error()},
	} {
		p := make([]byte, tt.n)
		n, err := img.ReadAt(p, tt.off)
		if string(p[:n]) != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%d bytes at %d: %q, %v; want %q, %q", tt.n, tt.off, p[:n], err, tt.want, tt.err)
		}
	}
	if plain := bytes.NewReader(b); flash.Known(plain, nil) != flash.Image(plain) {
		t.Error("an image without holes is wrapped")
	}
}

// What was not read is no zero: a reader that skips zeros must meet it.
func TestKnownNextData(t *testing.T) {
	img := flash.Known(zeros(100), []flash.Extent{{Offset: 40, Length: 20}})
	for off, want := range map[int64]flash.Extent{0: {Offset: 40, Length: 20}, 50: {Offset: 50, Length: 10}, 60: {Offset: 100}} {
		if got, err := flash.NextData(img, off); got != want || err != nil {
			t.Errorf("from %d: %v, %v; want %v", off, got, err, want)
		}
	}
}

// zeros is an image that knows that it holds nothing else.
type zeros int64

func (z zeros) Size() int64                           { return int64(z) }
func (z zeros) ReadAt(p []byte, _ int64) (int, error) { clear(p); return len(p), nil }
func (z zeros) NextData(int64) (flash.Extent, error)  { return flash.Extent{Offset: int64(z)}, nil }
