package recovery

import (
	"io"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/boot"
)

// behind holds the bytes behind an image, sorted by what is done with them if the image
// changes.
type behind struct {
	marks  []flash.Image // to be kept, because they are the same behind every image
	names  []string      // names of the marks
	signed []string      // names of the signatures
	rest   flash.Image   // all bytes except the marks
}

// sortTail sorts the bytes behind an image.
func sortTail(tail flash.Image) behind {
	b := behind{rest: tail}
	for _, t := range boot.ReadTrailers(tail) {
		switch {
		case !t.Constant:
			b.signed = append(b.signed, t.Name)
		case len(b.signed) == 0:
			b.marks = append(b.marks, flash.Slice(tail, t.Extent))
			b.names = append(b.names, t.Name)
			b.rest = flash.Slice(tail, flash.Extent{Offset: t.End(), Length: tail.Size() - t.End()})
		}
	}
	return b
}

// after appends the marks to an image.
func (b behind) after(img flash.Image) flash.Image {
	return flash.Join(append([]flash.Image{img}, b.marks...)...)
}

// what names the bytes that are left out.
func (b behind) what() string {
	if len(b.signed) == 0 {
		return "perhaps a signature"
	}
	return strings.Join(b.signed, ", ")
}

// tailFill reports whether a tail consists of one fill byte, 0x00 or 0xFF.
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

// filled is an image of one repeated byte, because the rest of a partition can be
// large.
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
