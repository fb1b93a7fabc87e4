package screen

import (
	"bytes"
	"context"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/mtkkit/mtkkit/words"
)

// Streams are the standard streams of the program.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	OutTTY   bool // standard output is a terminal
	ErrTTY   bool
	Width    int // columns of the terminal of standard error; 0 if unknown

	// Listener hears all messages and all progress instead of Err. Nil for a terminal.
	Listener words.Listener
}

// Standard returns the streams of the process. After ctx ends, a write to standard output waits no
// longer than a second for its reader.
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

// interruptible is an output whose reader may have stopped reading. After ctx ends, a write does not
// wait for the reader.
type interruptible struct {
	ctx context.Context
	w   io.Writer
}

func (i interruptible) Write(b []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	done, own := make(chan result, 1), bytes.Clone(b) // the caller may change b after this returns
	go func() {
		n, err := i.w.Write(own)
		done <- result{n, err}
	}()
	select {
	case r := <-done:
		return r.n, r.err
	case <-i.ctx.Done():
	}
	select { // a reader that still reads gets the last line
	case r := <-done:
		return r.n, r.err
	case <-time.After(lastWords):
		return 0, i.ctx.Err()
	}
}

// lastWords is how long a write waits for its reader after ctx has ended.
const lastWords = time.Second
