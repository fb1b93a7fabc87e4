package screen

import (
	"bytes"
	"context"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// Streams are the program's connections.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	OutTTY   bool // standard output is a terminal
	ErrTTY   bool
	Width    int // columns of the terminal standard error is on, 0 unknown
}

// Standard are the streams of the process. Once ctx ends, a write to standard output waits no
// longer for who reads it.
func Standard(ctx context.Context) Streams {
	s := Streams{
		In: os.Stdin, Out: interruptible{ctx, os.Stdout}, Err: os.Stderr,
		OutTTY: term.IsTerminal(int(os.Stdout.Fd())),
		ErrTTY: term.IsTerminal(int(os.Stderr.Fd())),
	}
	if w, _, err := term.GetSize(int(os.Stderr.Fd())); err == nil {
		s.Width = w
	}
	return s
}

// interruptible is an output whose reader may have stopped reading: who is told to end does
// not wait for it.
type interruptible struct {
	ctx context.Context
	w   io.Writer
}

func (i interruptible) Write(b []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	done, own := make(chan result, 1), bytes.Clone(b) // b is the caller's again when this returns
	go func() {
		n, err := i.w.Write(own)
		done <- result{n, err}
	}()
	select {
	case r := <-done:
		return r.n, r.err
	case <-i.ctx.Done():
	}
	select { // last words are heard, where somebody listens
	case r := <-done:
		return r.n, r.err
	case <-time.After(lastWords):
		return 0, i.ctx.Err()
	}
}

// lastWords is how long who was told to end waits for its reader.
const lastWords = time.Second
