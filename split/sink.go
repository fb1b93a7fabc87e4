package split

import "context"

// A pass hashes in one of three ways.
//
// inline hashes on the goroutine that reads and writes: no data are passed on, and the bytes are
// still in the cache. It is the fastest as long as every core has a file of its own. With a nil
// sum it hashes nothing.
type inline struct {
	ctx context.Context
	buf []byte
	sum *sum
}

func (s *inline) buffer() ([]byte, error) { return s.buf, nil }

func (s *inline) block(b []byte) error {
	if s.sum == nil {
		return nil
	}
	return s.sum.write(s.ctx, b)
}

func (s *inline) hole(n int64) error {
	if s.sum != nil {
		s.sum.hole(n)
	}
	return nil
}

// beside hashes on a goroutine of its own. One SHA-256 cannot use two cores, so the largest file
// is read and written on another core.
type beside struct {
	ctx  context.Context
	free chan []byte
	work chan piece
	cur  []byte // the buffer that the pass uses
	done chan error
	sum  *sum
}

// piece is a block to hash, or a number of zeros.
type piece struct {
	buf   []byte // the whole buffer, which is returned
	n     int
	zeros int64
}

// besideBuffers lets each side be a few blocks ahead.
const besideBuffers = 4

func newBeside(ctx context.Context, s *sum) *beside {
	b := &beside{ctx: ctx, sum: s, done: make(chan error, 1),
		free: make(chan []byte, besideBuffers), work: make(chan piece, besideBuffers)}
	for range besideBuffers {
		b.free <- make([]byte, blockSize)
	}
	go b.hash()
	return b
}

func (b *beside) hash() {
	var err error
	for p := range b.work {
		if p.zeros > 0 {
			b.sum.hole(p.zeros)
			continue
		}
		if err == nil {
			err = b.sum.write(b.ctx, p.buf[:p.n])
		}
		b.free <- p.buf // never blocks: there is room for all of them
	}
	b.done <- err
}

func (b *beside) buffer() ([]byte, error) {
	if b.cur == nil {
		select {
		case b.cur = <-b.free:
		case <-b.ctx.Done():
			return nil, b.ctx.Err()
		}
	}
	return b.cur, nil
}

func (b *beside) block(buf []byte) error {
	p := piece{buf: b.cur, n: len(buf)}
	b.cur = nil
	return b.send(p)
}

func (b *beside) hole(n int64) error { return b.send(piece{zeros: n}) }

func (b *beside) send(p piece) error {
	select {
	case b.work <- p:
		return nil
	case <-b.ctx.Done():
		return b.ctx.Err()
	}
}

// close waits for the hashing to end.
func (b *beside) close() error {
	close(b.work)
	return <-b.done
}
