package backup

import (
	"context"
	"fmt"
	"io"

	"github.com/mtkkit/mtkkit/flash"
)

// Frames writes the content of an image as zstd frames of 4 MiB each. zstd -d unpacks them, and
// they can be read at any offset like an archive. Done is called for every frame.
func Frames(ctx context.Context, out io.Writer, img flash.Image, level int, done func(n int64)) error {
	enc, err := newEncoder(level)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer enc.Close()
	plain := make([]byte, chunkSize)
	var packed []byte
	for off := int64(0); off < img.Size(); off += chunkSize {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := plain[:min(chunkSize, img.Size()-off)]
		if err := flash.ReadInto(img, b, off); err != nil {
			return err
		}
		packed = enc.EncodeAll(b, packed[:0])
		if n, err := out.Write(packed); err != nil || n < len(packed) {
			return fmt.Errorf("backup: %d of %d bytes written: %w", n, len(packed), err)
		}
		if done != nil {
			done(int64(len(b)))
		}
	}
	return nil
}
