package port

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.bug.st/serial"
)

// Only this file uses the serial library. The library has two peculiarities: a time-out is (0,
// nil), and a phone that disconnected gives the same error as a port that this program closed.

// baud is a required setting; it has no effect on USB.
const baud = 921600

// writeWait is how long a write may wait for the phone.
const writeWait = 10 * time.Second

// system is the computer's own bus.
type system struct{}

// System returns the bus of this computer's serial ports.
func System() Bus { return system{} }

// List implements Bus.
func (system) List() ([]Info, error) { return list() }

// Open implements Bus. It sets the port to raw mode at once, so that the phone's own bytes are not
// echoed to it.
func (system) Open(name string) (Conn, error) {
	lock, err := lockPort(name)
	if err != nil {
		return nil, openError(err)
	}
	p, err := serial.Open(name, &serial.Mode{BaudRate: baud})
	if err != nil {
		lock.Close()
		return nil, openError(err)
	}
	return newConn(p, lock), nil
}

// openError replaces the library's errors with those of this package.
func openError(err error) error {
	if e, ok := errors.AsType[*serial.PortError](err); ok {
		switch e.Code() {
		case serial.PortBusy:
			return ErrBusy
		case serial.PermissionDenied:
			return ErrPermission
		case serial.PortNotFound:
			return ErrGone
		case serial.InvalidSerialPort:
			return fmt.Errorf("%w: %w", ErrNoPort, err)
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENXIO), errors.Is(err, syscall.EIO), errors.Is(err, syscall.ENODEV):
		return fmt.Errorf("%w: %w", ErrGone, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", ErrPermission, err)
	}
	return err
}

// serialConn makes a serial.Port behave as Conn requires.
type serialConn struct {
	port   serial.Port
	lock   io.Closer
	joins  bool // see systemJoins
	closed atomic.Bool
	once   sync.Once
}

// SetReadTimeout rounds to at least one millisecond, the shortest time-out that all systems have.
func (c *serialConn) SetReadTimeout(d time.Duration) error {
	d = max(d.Round(time.Millisecond), time.Millisecond)
	return c.lost(c.port.SetReadTimeout(d))
}

func (c *serialConn) Read(p []byte) (int, error) {
	n, err := c.port.Read(p)
	switch {
	case n > 0:
		return n, nil
	case err == nil:
		return 0, ErrTimeout
	}
	return 0, c.lost(err)
}

// Write ends with ErrTimeout if the phone accepts nothing for writeWait: then it discards the bytes
// in the system's buffer, which unblocks a hanging write and a wait for the queue.
func (c *serialConn) Write(p []byte) (int, error) {
	var late atomic.Bool
	t := time.AfterFunc(writeWait, func() {
		late.Store(true)
		_ = c.port.ResetOutputBuffer() // the write reports what is wrong
	})
	defer t.Stop()
	n, err := c.put(p)
	if err == nil && c.joins {
		err = c.drain()
	}
	if late.Load() {
		return 0, ErrTimeout
	}
	return n, err
}

// put gives all of p to the system. After an interruption by a signal it writes the rest.
func (c *serialConn) put(p []byte) (n int, err error) {
	for n < len(p) {
		m, err := c.port.Write(p[n:])
		n += m
		switch {
		case err != nil:
			return n, c.lost(err)
		case m == 0:
			return n, ErrGone
		}
	}
	return n, nil
}

// drain waits until the phone has received all written bytes.
func (c *serialConn) drain() error {
	err := c.port.Drain()
	for errors.Is(err, syscall.EINTR) {
		err = c.port.Drain()
	}
	return c.lost(err)
}

// lost returns ErrClosed after Close, otherwise ErrGone: the library's error is the same for both.
func (c *serialConn) lost(err error) error {
	switch {
	case err == nil:
		return nil
	case c.closed.Load():
		return ErrClosed
	}
	return fmt.Errorf("%w: %w", ErrGone, err)
}

// Close implements Conn.
func (c *serialConn) Close() (err error) {
	c.once.Do(func() {
		c.closed.Store(true)
		err = errors.Join(c.port.Close(), c.lock.Close())
	})
	return err
}
