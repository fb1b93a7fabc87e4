package split

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/mtkkit/mtkkit/flash"
)

// readBack compares a written file with its image, byte by byte.
func readBack(ctx context.Context, f *os.File, img flash.Image) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if st.Size() != img.Size() {
		return fmt.Errorf("0x%x bytes were written, but the file has 0x%x", img.Size(), st.Size())
	}
	x, y := make([]byte, blockSize), make([]byte, blockSize)
	for off := int64(0); off < img.Size(); off += blockSize {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := int(min(blockSize, img.Size()-off))
		_, err := io.ReadFull(io.NewSectionReader(f, off, int64(n)), x[:n])
		_, err2 := io.ReadFull(io.NewSectionReader(img, off, int64(n)), y[:n])
		if err := errors.Join(err, err2); err != nil {
			return fmt.Errorf("reading back: %w", err)
		}
		if !bytes.Equal(x[:n], y[:n]) {
			return fmt.Errorf("near 0x%x the bytes that were read back differ from those that were written", off)
		}
	}
	return nil
}
