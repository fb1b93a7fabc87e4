package port

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// slowest is the lowest accepted rate, bytes per second: a third of the slowest real line, a UART
// at 115200 baud.
const slowest = 4 << 10

// bufferSize is how many bytes a Line reads from its Conn at once for short reads. Linux returns at
// most 4095 bytes of a tty.
const bufferSize = 16 << 10

// Line reads and writes exact numbers of bytes on a Conn. It is for one goroutine at a
// time.
type Line struct {
	conn   Conn
	ctx    context.Context
	detach func() bool
	buf    []byte
	r, w   int // buf[r:w] has arrived and was not yet read

	since atomic.Int64 // Unix time in nanoseconds since which a read waits; 0: no read waits
}

// NewLine returns a Line that owns c. When ctx ends, c is closed and running calls return the
// context's cause.
func NewLine(ctx context.Context, c Conn) *Line {
	l := &Line{conn: c, ctx: ctx, buf: make([]byte, bufferSize)}
	l.detach = context.AfterFunc(ctx, func() { c.Close() })
	return l
}

// Outlive makes the line end with ctx instead of the context it was opened with: the wait for a
// port may end earlier than the reading.
func (l *Line) Outlive(ctx context.Context) {
	l.detach()
	l.ctx = ctx
	l.detach = context.AfterFunc(ctx, func() { l.conn.Close() })
}

// Close closes the Conn.
func (l *Line) Close() error {
	l.detach()
	return l.conn.Close()
}

// ReadFull fills p. All bytes must arrive within wait plus one second for every 4 KiB; otherwise
// the error wraps ErrTimeout and tells how many bytes arrived.
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

// fill reads once into p, through the buffer if p is short. The buffer must be empty.
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

// read calls Read of the Conn once, and treats 0, nil as ErrTimeout.
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
		return n, nil // an error will be returned again
	case err == nil:
		return 0, ErrTimeout
	}
	return 0, l.cause(err)
}

// Waiting returns how long a read has been waiting for the phone, 0 if none waits. Any goroutine
// may call it.
func (l *Line) Waiting() time.Duration {
	since := l.since.Load()
	if since == 0 {
		return 0
	}
	return time.Since(time.Unix(0, since))
}

// cause returns the cause of the context if its end closed the line, otherwise err.
func (l *Line) cause(err error) error {
	if l.ctx.Err() != nil && errors.Is(err, ErrClosed) {
		return context.Cause(l.ctx)
	}
	return err
}

// Wait waits until there are bytes to read. After wait the error wraps ErrTimeout.
func (l *Line) Wait(wait time.Duration) error {
	if l.r < l.w {
		return nil
	}
	m, err := l.read(l.buf, wait)
	l.r, l.w = 0, m
	return err
}

// Byte returns the next byte. It waits for it at most wait.
func (l *Line) Byte(wait time.Duration) (byte, error) {
	var b [1]byte
	err := l.ReadFull(b[:], wait)
	return b[0], err
}

// Write sends all of p with one Write of the Conn, which is one transfer. It buffers nothing. A
// protocol that needs separate transfers must call Write separately.
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

// Drain discards bytes until none has arrived for quiet. If bytes still arrive after limit, the
// error wraps ErrTimeout. It returns the first 64 of the discarded bytes, which may show what is at
// the other end.
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
			return seen, fmt.Errorf("port: the other side does not stop sending: %w", ErrTimeout)
		}
		l.w = m
	}
}
