package session

import (
	"errors"

	"github.com/mtkkit/mtkkit/acquire/adb"
	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/codes"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/acquire/host"
	"github.com/mtkkit/mtkkit/acquire/port"
)

// ErrNoPhone means that no phone was connected in time.
var ErrNoPhone = errors.New("no phone was found")

// ofPhone are the errors of a phone, its agent or its port.
var ofPhone = []error{
	ErrNoPhone,
	port.ErrTimeout, port.ErrGone, port.ErrClosed, port.ErrBusy, port.ErrPermission, port.ErrNoPort,
	brom.ErrNoAnswer, brom.ErrEcho, brom.ErrIntruder, brom.ErrWatchdog, brom.ErrSLA, brom.ErrAuth, brom.ErrSignature, brom.ErrChecksum,
	da.ErrNoAgent, da.ErrUnknownChip, da.ErrNeedDRAM, da.ErrDRAM, da.ErrMismatch,
	da.ErrNoStorage, da.ErrNotTaken, da.ErrProtocol, da.ErrSum, da.ErrUnsupported,
}

// IsTrouble reports whether err concerns the phone, its agent, its port or the adb server.
func IsTrouble(err error) bool {
	var command *brom.Error
	var status *da.StatusError
	return isAny(err, ofPhone) || errors.As(err, &command) || errors.As(err, &status) || adb.IsTrouble(err)
}

func isAny(err error, list []error) bool {
	for _, e := range list {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// ContestedError is an error of a port that other programs also have open.
type ContestedError struct {
	Err    error
	Others []host.Process // at least one
}

func (e *ContestedError) Error() string { return e.Err.Error() }
func (e *ContestedError) Unwrap() error { return e.Err }

// ofContest are the errors that another program on the same port may cause.
var ofContest = []error{port.ErrTimeout, port.ErrBusy, brom.ErrNoAnswer, brom.ErrEcho, brom.ErrIntruder, brom.ErrChecksum, da.ErrProtocol, da.ErrSum}

// mayBeContested reports whether err means missing or unexpected bytes.
func mayBeContested(err error) bool {
	if isAny(err, ofContest) {
		return true
	}
	if status, ok := errors.AsType[*brom.StatusError](err); ok { // a status word that no known loader sends
		_, meant := codes.Lookup(codes.Loader, uint32(status.Status))
		return !meant
	}
	return errors.As(err, new(*brom.EchoError))
}
