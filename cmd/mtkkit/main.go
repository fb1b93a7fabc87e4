// Command mtkkit saves MediaTek phones: it splits full read-backs of their flash into
// images that flash tools take, and puts them together again.
//
// This package is the only one that knows the screen: it reads the command line, calls
// the libraries, prints what they found and turns it into an exit code.
package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // who asks a second time does not want to wait
	s := stdStreams()
	s.out = interruptible{ctx, s.out}
	code := run(ctx, os.Args, s)
	stop()
	os.Exit(code)
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
