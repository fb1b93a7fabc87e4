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
)

// Conn is an open line to a phone.
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
