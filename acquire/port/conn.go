package port

import (
	"errors"
	"io"
	"time"
)

// What can go wrong with a line. Callers branch on these with errors.Is.
var (
	// ErrTimeout: the phone sent nothing, or too little, in the time it had.
	ErrTimeout = errors.New("the phone did not answer in time")
	// ErrGone: the phone left the line (cable pulled, reset, mode change).
	ErrGone = errors.New("the phone left the line")
	// ErrClosed: this program closed the line.
	ErrClosed = errors.New("the line was closed here")
	// ErrBusy: another program, or another run of this one, has the port open.
	ErrBusy = errors.New("port busy: another program has the port open")
	// ErrPermission: this user may not open the port.
	ErrPermission = errors.New("no permission to open the port")
	// ErrNoPort: what has that name is no serial port.
	ErrNoPort = errors.New("that is no serial port")
)

// Conn is an open line to a phone.
//
// One Write is one transfer on the bus: nothing joins it to another or splits it. Vendors'
// agents read a header of 12 bytes out of a buffer for one USB packet, and a longer payload
// straight from the controller: what shares a packet with its header is lost to them, and
// they wait for ever. What each system does with a write:
//
//	Linux    cdc-acm takes one of its buffers for each call of acm_tty_write and submits it
//	         at once (drivers/usb/class/cdc-acm.c). It asks for writes in one piece
//	         (TTY_NO_WRITE_SPLIT: 64 KiB; drivers/tty/tty_io.c cuts others at 2048), and a
//	         buffer holds 20 USB packets: a longer write is cut between packets, where
//	         the phone sees none. The rest of a write that found no free buffer begins
//	         at such a place, too.
//	Windows  each WriteFile is a request of its own to the port's driver (usbser.sys, or a
//	         maker's), and the library waits for its end: there is never a second to join
//	         it to. FlushFileBuffers waits for requests that have not ended
//	         (IRP_MJ_FLUSH_BUFFERS), of which there are none: it is not called.
//	macOS    a queue lies between: each Write waits until it is empty (systemJoins). How
//	         long writes are cut on their way out of it is not known.
//
// Read returns at least one byte or an error: ErrTimeout when nothing came within the
// read time-out, ErrGone when the phone left, ErrClosed after Close. It never returns
// 0, nil. Write takes all of p or returns an error. Close may be called at any time,
// more than once, and unblocks Read.
type Conn interface {
	io.ReadWriteCloser

	// SetReadTimeout bounds each later Read. Zero or less means not to wait at all.
	SetReadTimeout(time.Duration) error
}
