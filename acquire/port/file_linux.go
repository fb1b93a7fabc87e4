package port

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"go.bug.st/serial"
)

// fileConn reads and writes a port through the locked file. The serial library has set up the
// terminal and could read, too, but it calls select(2) before every read, and Linux needs one read
// for each 4 KiB: that halved the rate.
type fileConn struct {
	file   *os.File // non-blocking, so deadlines work
	port   serial.Port
	wait   time.Duration
	closed atomic.Bool
}

func newConn(p serial.Port, lock io.Closer) Conn {
	if f, ok := lock.(*os.File); ok && f.SetReadDeadline(time.Time{}) == nil {
		return &fileConn{file: f, port: p}
	}
	return &serialConn{port: p, lock: lock, joins: systemJoins}
}

func (c *fileConn) SetReadTimeout(d time.Duration) error {
	c.wait = max(d, 0)
	return nil
}

func (c *fileConn) Read(p []byte) (int, error) {
	if err := c.file.SetReadDeadline(time.Now().Add(c.wait)); err != nil {
		return 0, c.lost(err)
	}
	n, err := c.file.Read(p)
	if n > 0 {
		return n, nil
	}
	return 0, c.lost(err)
}

// Write calls write(2) once, which is one transfer: see Conn. Only if the driver has no free buffer
// does a second call write the rest.
func (c *fileConn) Write(p []byte) (int, error) {
	if err := c.file.SetWriteDeadline(time.Now().Add(writeWait)); err != nil {
		return 0, c.lost(err)
	}
	n, err := c.file.Write(p)
	return n, c.lost(err)
}

// lost returns ErrClosed after Close, ErrTimeout after a time-out, and otherwise ErrGone.
func (c *fileConn) lost(err error) error {
	switch {
	case err == nil:
		return nil
	case c.closed.Load():
		return ErrClosed
	case errors.Is(err, os.ErrDeadlineExceeded):
		return ErrTimeout
	}
	return fmt.Errorf("%w: %w", ErrGone, err)
}

// Close implements Conn.
func (c *fileConn) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	return errors.Join(c.port.Close(), c.file.Close())
}
