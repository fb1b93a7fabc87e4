package recovery

import (
	"io"

	"github.com/mtkkit/mtkkit/flash"
)

// tailFill reports whether a tail is all of one fill byte, 0x00 or 0xFF.
func tailFill(tail flash.Image) (fill byte, plain bool) {
	if tail == nil || tail.Size() == 0 {
		return 0, true
	}
	buf := make([]byte, 64<<10)
	for off := int64(0); off < tail.Size(); {
		n, err := tail.ReadAt(buf[:min(int64(len(buf)), tail.Size()-off)], off)
		if n == 0 {
			return 0, err == nil
		}
		if off == 0 {
			fill = buf[0]
		}
		for _, c := range buf[:n] {
			if c != fill {
				return 0, false
			}
		}
		off += int64(n)
	}
	return fill, fill == 0x00 || fill == 0xFF
}

// filled is an image of one byte, over and over: a partition's rest can be large.
type filled struct {
	fill byte
	size int64
}

// Size implements flash.Image.
func (f filled) Size() int64 { return f.size }

// ReadAt implements io.ReaderAt.
func (f filled) ReadAt(b []byte, off int64) (int, error) {
	n := int(min(int64(len(b)), max(f.size-off, 0)))
	for i := range b[:n] {
		b[i] = f.fill
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}
