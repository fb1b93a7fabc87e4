package port

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// slowest is the rate in bytes per second below which a phone that still sends is as
// good as silent: a third of the slowest real line, a UART at 115200 baud.
const slowest = 4 << 10

// bufferSize is how much a Line takes from its Conn at once for short reads. Linux
// hands out at most 4095 bytes of a tty anyway.
const bufferSize = 16 << 10

// Line reads and writes exact numbers of bytes on a Conn. It is for one goroutine at a
// time.
type Line struct {
	conn   Conn
	ctx    context.Context
	detach func() bool
	buf    []byte
	r, w   int // buf[r:w] has arrived and is not yet taken

	since atomic.Int64 // nanoseconds of Unix time: nothing has come since then; 0: nobody waits
}

// NewLine takes over c. When ctx ends, c is closed and calls under way return the
// context's cause.
func NewLine(ctx context.Context, c Conn) *Line {
	l := &Line{conn: c, ctx: ctx, buf: make([]byte, bufferSize)}
	l.detach = context.AfterFunc(ctx, func() { c.Close() })
	return l
}

// Outlive makes the line end with ctx instead of the context it was opened with: a port
// is waited for as long as the user likes, and read on for a moment after that.
func (l *Line) Outlive(ctx context.Context) {
	l.detach()
	l.ctx = ctx
	l.detach = context.AfterFunc(ctx, func() { l.conn.Close() })
}

// Close closes the Conn beneath.
func (l *Line) Close() error {
	l.detach()
	return l.conn.Close()
}

// ReadFull fills p. All of it must come within wait and a second more for every 4 KiB;
// otherwise the error wraps ErrTimeout and says how much had come.
func (l *Line) ReadFull(p []byte, wait time.Duration) error {
	n := copy(p, l.buf[l.r:l.w])
	l.r += n
	if n == len(p) {
		return nil
	}
	end := time.Now().Add(wait + time.Duration(len(p))*time.Second/slowest)
	for n < len(p) {
		m, err := l.fill(p[n:], min(wait, time.Until(end)))
		if err != nil {
			return fmt.Errorf("port: %d of %d bytes read: %w", n, len(p), err)
		}
		n += m
	}
	return nil
}

// fill reads once into p, through the buffer when p is short. The buffer is empty.
func (l *Line) fill(p []byte, wait time.Duration) (int, error) {
	if len(p) >= len(l.buf) {
		return l.read(p, wait)
	}
	m, err := l.read(l.buf, wait)
	l.r, l.w = 0, m
	if err != nil {
		return 0, err
	}
	n := copy(p, l.buf[:m])
	l.r = n
	return n, nil
}

// read is one Read of the Conn, with its promises checked.
func (l *Line) read(p []byte, wait time.Duration) (int, error) {
	if wait <= 0 {
		return 0, ErrTimeout
	}
	if err := l.conn.SetReadTimeout(wait); err != nil {
		return 0, l.cause(err)
	}
	l.since.CompareAndSwap(0, time.Now().UnixNano())
	n, err := l.conn.Read(p)
	switch {
	case n > 0:
		l.since.Store(0)
		return n, nil // an error will come again
	case err == nil:
		return 0, ErrTimeout
	}
	return 0, l.cause(err)
}

// Waiting returns for how long the phone has been waited for in vain, 0 when it was not.
// Any goroutine may ask.
func (l *Line) Waiting() time.Duration {
	since := l.since.Load()
	if since == 0 {
		return 0
	}
	return time.Since(time.Unix(0, since))
}

// cause puts the context's reason in place of the closed line it led to.
func (l *Line) cause(err error) error {
	if l.ctx.Err() != nil && errors.Is(err, ErrClosed) {
		return context.Cause(l.ctx)
	}
	return err
}

// Wait waits until there is something to read, no longer than wait.
func (l *Line) Wait(wait time.Duration) error {
	if l.r < l.w {
		return nil
	}
	m, err := l.read(l.buf, wait)
	l.r, l.w = 0, m
	return err
}

// Byte returns the next byte, waiting for it no longer than wait.
func (l *Line) Byte(wait time.Duration) (byte, error) {
	var b [1]byte
	err := l.ReadFull(b[:], wait)
	return b[0], err
}

// Write sends all of p, as one write of the Conn: one Write is one transfer, nothing joins
// or splits. What a protocol wants apart is written apart, and nothing here is buffered.
func (l *Line) Write(p []byte) error {
	n, err := l.conn.Write(p)
	if err == nil && n < len(p) {
		err = ErrTimeout
	}
	if err != nil {
		return fmt.Errorf("port: %d of %d bytes written: %w", n, len(p), l.cause(err))
	}
	return nil
}

// Drain throws away what arrives until the phone has been silent for quiet. It gives
// up with an error when the phone does not stop talking within limit. The bytes thrown
// away (64 at most) are returned: they tell who is there.
func (l *Line) Drain(quiet, limit time.Duration) ([]byte, error) {
	end := time.Now().Add(limit)
	var seen []byte
	for {
		seen = append(seen, l.buf[l.r:min(l.w, l.r+64)]...)
		seen = seen[:min(len(seen), 64)]
		l.r, l.w = 0, 0
		m, err := l.read(l.buf, quiet)
		switch {
		case errors.Is(err, ErrTimeout):
			return seen, nil
		case err != nil:
			return seen, fmt.Errorf("port: draining: %w", err)
		case time.Now().After(end):
			return seen, fmt.Errorf("port: the other side does not stop talking: %w", ErrTimeout)
		}
		l.w = m
	}
}
