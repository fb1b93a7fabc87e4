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

// ErrNoPhone: nobody plugged one in.
var ErrNoPhone = errors.New("no phone came")

// ofPhone are the errors that are the phone's, its agent's or its port's.
var ofPhone = []error{
	ErrNoPhone,
	port.ErrTimeout, port.ErrGone, port.ErrClosed, port.ErrBusy, port.ErrPermission, port.ErrNoPort,
	brom.ErrNoAnswer, brom.ErrEcho, brom.ErrIntruder, brom.ErrWatchdog, brom.ErrSLA, brom.ErrAuth, brom.ErrSignature, brom.ErrChecksum,
	da.ErrNoAgent, da.ErrUnknownChip, da.ErrNeedDRAM, da.ErrDRAM, da.ErrMismatch,
	da.ErrNoStorage, da.ErrNotTaken, da.ErrProtocol, da.ErrSum, da.ErrUnsupported,
}

// IsTrouble reports whether err is about the phone, its agent, its port or the adb server.
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

// ContestedError is an error of a port that other programs have open, too.
type ContestedError struct {
	Err    error
	Others []host.Process // at least one
}

func (e *ContestedError) Error() string { return e.Err.Error() }
func (e *ContestedError) Unwrap() error { return e.Err }

// ofContest are the errors of a port that another program reads or writes, too.
var ofContest = []error{port.ErrTimeout, port.ErrBusy, brom.ErrNoAnswer, brom.ErrEcho, brom.ErrIntruder, brom.ErrChecksum, da.ErrProtocol, da.ErrSum}

// mayBeContested reports whether bytes are missing, or came that nobody asked for.
func mayBeContested(err error) bool {
	if isAny(err, ofContest) {
		return true
	}
	if status, ok := errors.AsType[*brom.StatusError](err); ok { // a word that no loader is known to say
		_, meant := codes.Lookup(codes.Loader, uint32(status.Status))
		return !meant
	}
	return errors.As(err, new(*brom.EchoError))
}
