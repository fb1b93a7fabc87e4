package source

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/mtkkit/mtkkit/flash"
)

// openInput reads a pipe once, from its beginning.
func (s *Source) openInput(ctx context.Context, in io.Reader, name string) (flash.Image, error) {
	r := newPatient(ctx, in)
	defer r.stop()
	return s.openPipe(ctx, r, name)
}

// openDescriptor opens a pipe that a shell has already opened: <(zstd -dc ROM_1.zst).
func (s *Source) openDescriptor(ctx context.Context, path string) (flash.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	defer f.Close()
	return s.openInput(ctx, f, filepath.Base(path))
}

// patient reads from an input that may give no data for long. It stops waiting when ctx ends.
// The system call that waits cannot be cancelled; it ends with the process.
type patient struct {
	ctx  context.Context
	quit chan struct{}
	full chan gulp
	free chan []byte
	cur  gulp
	rest []byte // of cur, not returned yet
}

// gulp is the result of one read.
type gulp struct {
	b   []byte
	err error
}

// gulpSize is the size of one read, bytes.
const gulpSize = 256 << 10

func newPatient(ctx context.Context, in io.Reader) *patient {
	p := &patient{ctx: ctx, quit: make(chan struct{}), full: make(chan gulp), free: make(chan []byte, 2)}
	for range cap(p.free) {
		p.free <- make([]byte, gulpSize)
	}
	go p.read(in)
	return p
}

func (p *patient) read(in io.Reader) {
	for {
		var b []byte
		select {
		case b = <-p.free:
		case <-p.quit:
			return
		}
		n, err := in.Read(b[:gulpSize])
		select {
		case p.full <- gulp{b[:n], err}:
		case <-p.quit:
			return
		}
		if err != nil {
			return
		}
	}
}

// Read implements io.Reader.
func (p *patient) Read(b []byte) (int, error) {
	for len(p.rest) == 0 {
		if p.cur.err != nil {
			return 0, p.cur.err
		}
		if p.cur.b != nil {
			p.free <- p.cur.b
			p.cur.b = nil
		}
		select {
		case p.cur = <-p.full:
			p.rest = p.cur.b
		case <-p.ctx.Done():
			return 0, p.ctx.Err()
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func (p *patient) stop() { close(p.quit) }
