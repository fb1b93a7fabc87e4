package brom

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/acquire/codes"
)

// Errors that callers can test for.
var (
	// ErrNoAnswer means that the port is open, but no loader answers.
	ErrNoAnswer = errors.New("no MediaTek loader answers on this port")
	// ErrSilent means that nothing at all was received. A phone may be there that only charges, or
	// whose loader's time is over. The caller may wait for another phone.
	ErrSilent = fmt.Errorf("%w: nothing was received", ErrNoAnswer)
	// ErrEcho means that the port returns all bytes that are sent, and nothing else.
	ErrEcho = errors.New("this port only echoes the bytes that are sent")
	// ErrIntruder means that bytes of another program came on the line.
	ErrIntruder = errors.New("another program uses this port")
	// ErrWatchdog means that the loader does not answer after the write that stops the watchdog.
	ErrWatchdog = errors.New("the loader does not answer any more after the write to the watchdog's register")
	// ErrSLA means that the phone requires a challenge that only its maker's private key can
	// answer.
	ErrSLA = errors.New("the phone requires a signed answer (SLA), which only its maker's private key can give")
	// ErrAuth means that the phone requires an authentication file, or rejects the given one.
	ErrAuth = errors.New("the phone requires its maker's authentication file")
	// ErrSignature means that the phone refused the Download Agent's signature.
	ErrSignature = errors.New("the phone refuses this Download Agent's signature")
	// ErrChecksum means that the phone received other bytes than were sent.
	ErrChecksum = errors.New("the phone received other bytes than were sent")
)

// Error is a command that failed. Err wraps one of the errors of this package or of port, or is a
// *StatusError or an *EchoError.
type Error struct {
	Command string // "SEND_DA"
	Err     error
}

func (e *Error) Error() string { return "brom: " + e.Command + ": " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// StatusError is a status word that reports an error.
type StatusError struct {
	Status uint16
}

func (e *StatusError) Error() string {
	if c, ok := codes.Lookup(codes.Loader, uint32(e.Status)); ok {
		return fmt.Sprintf("the phone answers 0x%04x (%s)", e.Status, c.Meaning)
	}
	return fmt.Sprintf("the phone answers 0x%04x", e.Status)
}

// Is reports whether the status means one of the package's errors: ErrSLA or ErrSignature.
func (e *StatusError) Is(target error) bool {
	switch e.Status {
	case statusSLA:
		return target == ErrSLA
	case statusDAASignature, statusDAA:
		return target == ErrSignature
	}
	return false
}

// EchoError is a byte or word that the phone did not echo as it was sent: bytes were lost, or
// another program uses the line.
type EchoError struct {
	Sent, Got []byte
}

func (e *EchoError) Error() string {
	return fmt.Sprintf("sent %x, echoed as %x", e.Sent, e.Got)
}

// Status words that have their own handling; package codes has the others. All values up to 0xff
// count as success, as in mtkclient.
const (
	statusNoAuth       = 0x1d0c
	statusSLA          = 0x1d0d
	statusDAASignature = 0x7015
	statusDAA          = 0x7017
	unknownCommand     = 0x1d1a
	statusLastGood     = 0x00ff
)

// Advice returns what the user can do about err, also if err is wrapped. Its text is "" if nothing
// is known.
func Advice(err error) codes.Advice {
	for _, a := range advice {
		if errors.Is(err, a.err) {
			return a.Advice
		}
	}
	var (
		echo   *EchoError
		status *StatusError
	)
	switch {
	case errors.As(err, &echo):
		return codes.Advise("unplug the phone, close other programs that use the port (ModemManager on Linux), use another cable or socket, and start again")
	case errors.As(err, &status):
		return status.advice(err)
	}
	return codes.Advice{}
}

// advice returns what helps if a status ended a command. The remedies of package codes are about
// agents, so they do not help before an agent was sent.
func (e *StatusError) advice(err error) codes.Advice {
	var in *Error
	if errors.As(err, &in) && !strings.HasPrefix(in.Command, "SEND_") && !strings.HasPrefix(in.Command, "JUMP_") {
		return codes.Advise("start from the preloader: " + afresh)
	}
	c, _ := codes.Lookup(codes.Loader, uint32(e.Status))
	if c.Remedy == nil {
		return codes.Advice{}
	}
	return c.Cure
}

// afresh restarts the phone from any loader. With a volume key it would start in BootROM mode
// again.
const afresh = "unplug the phone, hold the power key for 10 seconds (or take the battery out), and plug it in again with no key held"

var advice = []struct {
	err error
	codes.Advice
}{
	{ErrIntruder, codes.Advise("close the other program (ModemManager on Linux), unplug the phone and start again", codes.NeedHolder, codes.NeedRules)},
	{ErrEcho, codes.Advise("another tool has started a session with the phone, or the port is a terminal that echoes: close the other tool, " + afresh)},
	{ErrWatchdog, codes.Advise("start from the preloader, where the watchdog needs no write: " + afresh)},
	{ErrSLA, codes.SLA.Cure},
	{ErrAuth, codes.Auth.Cure},
	{ErrSignature, codes.Signature.Cure},
	{ErrChecksum, codes.Link.Cure},
	{ErrNoAnswer, codes.Handshake.Cure},
}
