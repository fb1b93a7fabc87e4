package erofs

import (
	"bytes"
	"testing"

	blocklz4 "github.com/pierrec/lz4/v4"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
	"github.com/mtkkit/mtkkit/image/files/filestest"
)

// Whatever the bytes say, every file ends.
func FuzzRead(f *testing.F) {
	for _, name := range vectors(f) {
		b := filestest.Vector(f, name)
		f.Add(b[:min(len(b), 24<<10)])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if fs, err := Read(bytes.NewReader(b)); err == nil {
			filestest.Exercise(t, &files.Tree{System: fs})
		}
	})
}

// What the library expands, ours does too, and stops where it is told.
func FuzzExpandLZ4(f *testing.F) {
	f.Add([]byte("\x12a\x01\x00\x10c"), uint16(8))
	f.Add([]byte("\xF0\x01xxxxxxxxxxxxxxxx"), uint16(16))
	f.Fuzz(func(t *testing.T, in []byte, size uint16) {
		out := make([]byte, size)
		err := expandLZ4(out, in)
		want := make([]byte, 1<<16)
		n, err2 := blocklz4.UncompressBlock(in, want)
		if err2 == nil && n >= int(size) && (err != nil || !bytes.Equal(out, want[:size])) {
			t.Errorf("%q: %q, %v; the library has %q", in, out, err, want[:n])
		}
	})
}

func TestScrambled(t *testing.T) {
	var images [][]byte
	for _, name := range vectors(t) {
		images = append(images, filestest.Vector(t, name))
	}
	filestest.Scramble(t, images, func(img flash.Image) (files.System, error) { return Read(img) })
}
