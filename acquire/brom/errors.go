package brom

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mtkkit/mtkkit/acquire/codes"
)

// What callers branch on.
var (
	// ErrNoAnswer: the port is open, and nobody on it speaks this protocol.
	ErrNoAnswer = errors.New("no MediaTek loader answers on this port")
	// ErrSilent: nor does anybody else. A phone may still be there, charging, or its time is
	// over; it may be waited for.
	ErrSilent = fmt.Errorf("%w: it is silent", ErrNoAnswer)
	// ErrEcho: all that is sent comes back, and nothing else.
	ErrEcho = errors.New("this port sends back what it is sent, and answers nothing")
	// ErrIntruder: another sender than the phone is heard on the line.
	ErrIntruder = errors.New("another program speaks on this port")
	// ErrWatchdog: the write that stops the watchdog was the last the loader heard.
	ErrWatchdog = errors.New("the loader has stopped answering since the write to the watchdog's register")
	// ErrSLA: the phone sets a challenge only its maker's private key can answer.
	ErrSLA = errors.New("the phone asks for a signed answer (SLA), which only its maker's private key can give")
	// ErrAuth: the phone wants an authentication file, or rejects the one it got.
	ErrAuth = errors.New("the phone wants its maker's authentication file")
	// ErrSignature: the phone checked the Download Agent's signature and refused it.
	ErrSignature = errors.New("the phone refuses this Download Agent's signature")
	// ErrChecksum: what the phone received is not what was sent.
	ErrChecksum = errors.New("the phone received other bytes than were sent")
)

// Error is a command that did not work. Err wraps one of the package's or port's
// errors, or is a *StatusError or an *EchoError.
type Error struct {
	Command string // "SEND_DA"
	Err     error
}

func (e *Error) Error() string { return "brom: " + e.Command + ": " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// StatusError is a status word that is not success.
type StatusError struct {
	Status uint16
}

func (e *StatusError) Error() string {
	if c, ok := codes.Lookup(codes.Loader, uint32(e.Status)); ok {
		return fmt.Sprintf("the phone answers 0x%04x (%s)", e.Status, c.Meaning)
	}
	return fmt.Sprintf("the phone answers 0x%04x", e.Status)
}

// Is makes the states of security answer to the package's sentinels.
func (e *StatusError) Is(target error) bool {
	switch e.Status {
	case statusSLA:
		return target == ErrSLA
	case statusDAASignature, statusDAA:
		return target == ErrSignature
	}
	return false
}

// EchoError is a byte or word the phone did not repeat as it was sent: bytes were lost
// or somebody else talks on the line.
type EchoError struct {
	Sent, Got []byte
}

func (e *EchoError) Error() string {
	return fmt.Sprintf("sent %x, echoed as %x", e.Sent, e.Got)
}

// Status words that are acted on; package codes knows more of them. Anything up to 0xff
// counts as success in mtkclient and here.
const (
	statusNoAuth       = 0x1d0c
	statusSLA          = 0x1d0d
	statusDAASignature = 0x7015
	statusDAA          = 0x7017
	unknownCommand     = 0x1d1a
	statusLastGood     = 0x00ff
)

// Advice returns what a person can do about err; its text is "" where nothing is known. It
// looks through wrapping.
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
		return codes.Advise("unplug the phone, take other programs off the port (ModemManager on Linux), use another cable or socket, and start again")
	case errors.As(err, &status):
		return status.advice(err)
	}
	return codes.Advice{}
}

// advice is what helps against a status that ended a command. Before an agent was sent, the
// remedies of package codes, which are about agents, lead nowhere.
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

// afresh brings a phone out of whatever loader it is in. A volume key would lead into the
// BootROM once more.
const afresh = "unplug the phone, hold the power key for 10 seconds (or take the battery out), and plug it in again with no key held"

var advice = []struct {
	err error
	codes.Advice
}{
	{ErrIntruder, codes.Advise("end the other program (ModemManager on Linux), unplug the phone and start again", codes.NeedHolder, codes.NeedRules)},
	{ErrEcho, codes.Advise("another tool has begun with the phone, or the port is a terminal that echoes: end the other tool, " + afresh)},
	{ErrWatchdog, codes.Advise("start from the preloader, whose watchdog needs no write: " + afresh)},
	{ErrSLA, codes.SLA.Cure},
	{ErrAuth, codes.Auth.Cure},
	{ErrSignature, codes.Signature.Cure},
	{ErrChecksum, codes.Link.Cure},
	{ErrNoAnswer, codes.Handshake.Cure},
}
