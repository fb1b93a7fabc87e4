package port

import (
	"errors"
	"io"
	"time"
)

// Errors of a line. Callers can test for them with errors.Is.
var (
	// ErrTimeout means that the phone sent nothing, or too little, within the time limit.
	ErrTimeout = errors.New("the phone did not answer in time")
	// ErrGone means that the phone disconnected (cable pulled, reset, mode change).
	ErrGone = errors.New("the phone disconnected")
	// ErrClosed means that this program closed the line.
	ErrClosed = errors.New("this program closed the line")
	// ErrBusy means that another program, or another run of this one, has the port open.
	ErrBusy = errors.New("port busy: another program has the port open")
	// ErrPermission means that this user may not open the port.
	ErrPermission = errors.New("no permission to open the port")
	// ErrNoPort means that the named file is not a serial port.
	ErrNoPort = errors.New("this is not a serial port")
)

// Conn is an open line to a phone.
//
// One Write is one transfer on the bus: it is never joined with another and never split. Vendors'
// agents read a header of 12 bytes from a buffer for one USB packet, and a longer payload directly
// from the controller: payload bytes in the same packet as the header are lost, and the agent waits
// forever. This is what each system does with a write:
//
//	Linux    cdc-acm takes one of its buffers for each call of acm_tty_write and submits it
//	         at once (drivers/usb/class/cdc-acm.c). It asks for writes in one piece
//	         (TTY_NO_WRITE_SPLIT: 64 KiB; drivers/tty/tty_io.c cuts others at 2048), and a
//	         buffer holds 20 USB packets: a longer write is split between packets, which
//	         the phone does not notice. If there is no free buffer, the rest of a write
//	         begins between two packets, too.
//	Windows  each WriteFile is a separate request to the port's driver (usbser.sys, or a
//	         maker's), and the library waits for its end: there is never a second one to
//	         join it with. FlushFileBuffers waits for requests that have not ended
//	         (IRP_MJ_FLUSH_BUFFERS); there are none, so it is not called.
//	macOS    writes go through a queue: each Write waits until it is empty (systemJoins).
//	         It is not known how the queue splits long writes.
//
// Read returns at least one byte or an error: ErrTimeout if nothing came within the read time-out,
// ErrGone if the phone disconnected, ErrClosed after Close. It never returns 0, nil. Write writes
// all of p or returns an error. Close may be called at any time and more than once, and it unblocks
// Read.
type Conn interface {
	io.ReadWriteCloser

	// SetReadTimeout sets the time limit of each later Read. Zero or less means no wait.
	SetReadTimeout(time.Duration) error
}
