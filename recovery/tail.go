package recovery

import (
	"bytes"
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/boot"
)

// settleTail decides what follows an image that was changed: fill is fitted so that the
// file stays as long as it was, size bytes. It says what else stood there.
func settleTail(b *boot.Image, size int64) []flash.Problem {
	fill, plain := tailFill(b.Tail)
	if _, err := b.Encode(); err != nil { // sets the new length
		return nil
	}
	had := b.Tail
	b.Tail = nil
	if !plain {
		return []flash.Problem{{Severity: flash.Warning, Place: "after the image", Offset: flash.NoOffset,
			Text: fmt.Sprintf("0x%x bytes (a signature, or an AVB block with its footer) are of the image as it was and are left out", had.Size())}}
	}
	if had.Size() == 0 {
		return nil
	}
	if b.Length > size {
		return []flash.Problem{{Severity: flash.Warning, Place: "size", Offset: flash.NoOffset,
			Text: fmt.Sprintf("0x%x bytes are more than the 0x%x of the original, fill included: it may not fit its partition", b.Length, size)}}
	}
	b.Tail = bytes.NewReader(bytes.Repeat([]byte{fill}, int(size-b.Length)))
	return nil
}

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
