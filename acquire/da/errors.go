package da

import (
	"errors"
	"fmt"

	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/codes"
	"github.com/mtkkit/mtkkit/acquire/port"
)

// Errors that callers branch on, in addition to those of port and brom.
var (
	// ErrNoAgent: the file has no agent for this phone.
	ErrNoAgent = errors.New("the file has no Download Agent for this phone")
	// ErrUnknownChip: which family of agents the chip runs is not known.
	ErrUnknownChip = errors.New("this chip is not known")
	// ErrNeedDRAM: a start from BootROM needs the DRAM settings of the phone's preloader.
	ErrNeedDRAM = errors.New("the phone's memory is not set up, and no settings were given")
	// ErrDRAM: the phone could not set its memory up with the settings given.
	ErrDRAM = errors.New("the phone cannot set up its memory with these settings")
	// ErrMismatch: the agent's two stages do not belong together.
	ErrMismatch = errors.New("the second stage of the agent is not the one the first expects")
	// ErrNoStorage: the agent sees no flash.
	ErrNoStorage = errors.New("the agent sees no flash")
	// ErrNotTaken: the agent said something that is whole and makes sense, but is no answer
	// to the command: it did not take the command. The line is in order.
	ErrNotTaken = errors.New("the agent did not take the command")
	// ErrProtocol: the agent said something it should not: bytes were lost or changed.
	ErrProtocol = errors.New("the agent's answer makes no sense")
	// ErrSum: data arrived with a sum that does not fit, again and again.
	ErrSum = errors.New("the data do not fit their checksum")
	// ErrUnsupported: the phone is of a kind this package cannot read.
	ErrUnsupported = errors.New("not supported")
)

// StatusError is an agent that says no. The session continues: another range may well be
// readable.
type StatusError struct {
	Code uint32 // XFlash and legacy, 0 for XML
	Text string // XML: the agent's own words
}

func (e *StatusError) Error() string {
	if e.Text != "" {
		return fmt.Sprintf("the agent says %q", e.Text)
	}
	if c, ok := e.lookup(); ok {
		return fmt.Sprintf("the agent answers 0x%08x (%s)", e.Code, c.Meaning)
	}
	return fmt.Sprintf("the agent answers 0x%08x", e.Code)
}

// lookup finds what the code means: XFlash's numbers begin with 0xc, a legacy agent's are
// those of the flash tools of its time.
func (e *StatusError) lookup() (codes.Code, bool) {
	for _, t := range []codes.Tool{codes.XFlash, codes.SPFlashTool, codes.FlashTool} {
		if c, ok := codes.Lookup(t, e.Code); ok {
			return c, true
		}
	}
	return codes.Code{}, false
}

// Is makes codes with a meaning of their own answer to the package's sentinels.
func (e *StatusError) Is(target error) bool {
	switch e.Code {
	case codeHashMismatch, 0xc0070002, 0xc0070003:
		return target == ErrMismatch
	case codeEMIVersion, codeRAMException:
		return target == ErrDRAM
	}
	return false
}

// Codes that are acted on.
const (
	codeEMIVersion   = 0xc0040050
	codeRAMException = 0xc0050005
	codeHashMismatch = 0xc0070004
)

// refusal reports whether err is the agent's word, not the line's failure: the session
// continues.
func refusal(err error) bool {
	var s *StatusError
	return errors.As(err, &s)
}

// protocolError describes an answer that makes no sense.
func protocolError(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrProtocol, fmt.Sprintf(format, args...))
}

// Advice returns what a person can do about err; its text is "" where nothing is known. It
// looks through wrapping and knows what brom knows.
func Advice(err error) codes.Advice {
	for _, a := range advice {
		if errors.Is(err, a.err) {
			return a.Advice
		}
	}
	if status, ok := errors.AsType[*StatusError](err); ok {
		if c, ok := status.lookup(); ok {
			return c.Cure
		}
	}
	return brom.Advice(err)
}

var advice = []struct {
	err error
	codes.Advice
}{
	{ErrNoAgent, codes.Agent.Cure},
	{ErrUnknownChip, codes.Advise("a newer mtkkit may know it")},
	{ErrNeedDRAM, codes.NoDRAM.Cure},
	{ErrDRAM, codes.DRAM.Cure},
	{ErrMismatch, codes.AgentPair.Cure},
	{ErrNoStorage, codes.NoFlash.Cure},
	{ErrNotTaken, codes.NotTaken.Cure},
	{ErrSum, codes.Advise("use another cable or socket, without a hub")},
	{ErrProtocol, codes.Advise("unplug the phone, and use another cable or socket, without a hub")},
	{port.ErrGone, codes.Advise("plug the phone in again (power it off first: hold the power key for 10 seconds)")},
	{port.ErrTimeout, codes.Silence.Cure},
}
