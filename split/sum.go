package split

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
)

// zeros is what holes read as.
var zeros [blockSize]byte

// sum is a SHA-256 that is told of zeros by number. It does not hash them before
// something else follows, so that an output that is dropped for being empty costs
// nothing, and so that the zeros an output begins with can be skipped by table.
type sum struct {
	h     hash.Hash
	meter *task
	zeros int64 // not hashed yet
	data  bool  // something other than zeros came
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

// flush hashes the zeros that are due. A large hole takes a while: 0.7 s a GiB.
func (s *sum) flush(ctx context.Context) error {
	if !s.data && s.zeros >= zeroStep {
		n := skipZeros(s.h, s.zeros)
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

// hex ends the sum.
func (s *sum) hex(ctx context.Context) (string, error) {
	if err := s.flush(ctx); err != nil {
		return "", err
	}
	var b [sha256.Size]byte
	return hex.EncodeToString(s.h.Sum(b[:0])), nil
}
