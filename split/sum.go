package split

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"

	"github.com/mtkkit/mtkkit/flash"
)

// zeros are the bytes of a hole.
var zeros [blockSize]byte

// sum is a SHA-256 that gets zeros as a number. It hashes them only when other data follow, so
// that an output that is omitted because it is all zeros costs nothing, and zeros at the start
// of an output can be skipped by a table.
type sum struct {
	h     hash.Hash
	meter *task
	zeros int64 // not hashed yet
	data  bool  // data other than zeros were added
}

func newSum(t *task) *sum { return &sum{h: sha256.New(), meter: t} }

// write adds a block that is not all zeros.
func (s *sum) write(ctx context.Context, b []byte) error {
	if err := s.flush(ctx); err != nil {
		return err
	}
	s.data = true
	s.h.Write(b)
	s.meter.add(int64(len(b)))
	return nil
}

// hole adds n zeros.
func (s *sum) hole(n int64) { s.zeros += n }

// flush hashes the pending zeros. A large hole takes 0.7 s for each GiB.
func (s *sum) flush(ctx context.Context) error {
	if !s.data {
		n := flash.SkipZeros(s.h, s.zeros)
		s.zeros -= n
		s.meter.add(n)
	}
	for s.zeros > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(s.zeros, blockSize)
		s.h.Write(zeros[:n])
		s.zeros -= n
		s.meter.add(n)
	}
	return nil
}

// hex returns the sum in hex.
func (s *sum) hex(ctx context.Context) (string, error) {
	if err := s.flush(ctx); err != nil {
		return "", err
	}
	var b [sha256.Size]byte
	return hex.EncodeToString(s.h.Sum(b[:0])), nil
}
