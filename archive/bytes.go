package archive

import (
	"context"
	"io"

	"github.com/mtkkit/mtkkit/flash"
)

// sameBytes is a writer that finds out whether all written bytes are equal.
type sameBytes struct {
	first []byte
	mixed bool
}

func (s *sameBytes) Write(b []byte) (int, error) {
	if len(s.first) == 0 && len(b) > 0 {
		s.first = []byte{b[0]}
	}
	s.mixed = s.mixed || len(b) > 0 && !flash.IsFill(b, s.first[0])
	return len(b), nil
}

func (s *sameBytes) only() bool { return !s.mixed }

// copyTo writes a whole image to a writer, until ctx ends.
func copyTo(ctx context.Context, w io.Writer, img flash.Image) error {
	_, err := io.Copy(w, ctxReader{ctx, io.NewSectionReader(img, 0, img.Size())})
	return err
}

// ctxReader stops reading when ctx ends.
type ctxReader struct {
	ctx context.Context
	io.Reader
}

func (r ctxReader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(b)
}
