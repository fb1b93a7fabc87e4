package da

import (
	"errors"
	"fmt"

	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/codes"
	"github.com/mtkkit/mtkkit/acquire/port"
)

// Errors that callers can test for, in addition to those of port and brom.
var (
	// ErrNoAgent means that the file has no agent for this phone.
	ErrNoAgent = errors.New("the file has no Download Agent for this phone")
	// ErrUnknownChip means that the protocol of the chip's agents is not known.
	ErrUnknownChip = errors.New("this chip is not known")
	// ErrNeedDRAM means that a start from BootROM needs the DRAM settings of the phone's preloader.
	ErrNeedDRAM = errors.New("the phone's memory is not set up, and no settings were given")
	// ErrDRAM means that the phone could not set up its memory with the given settings.
	ErrDRAM = errors.New("the phone cannot set up its memory with these settings")
	// ErrMismatch means that the two stages of the agent do not match.
	ErrMismatch = errors.New("the second stage of the agent is not the one that the first expects")
	// ErrNoStorage means that the agent finds no flash.
	ErrNoStorage = errors.New("the agent finds no flash")
	// ErrNotTaken means that the agent sent a complete and valid message that does not answer the
	// command. No bytes were lost.
	ErrNotTaken = errors.New("the agent did not accept the command")
	// ErrProtocol means that the agent sent something invalid: bytes were lost or changed.
	ErrProtocol = errors.New("the agent's answer is invalid")
	// ErrSum means that data arrived several times with a wrong checksum.
	ErrSum = errors.New("the data do not match their checksum")
	// ErrUnsupported means that this package cannot read this kind of phone.
	ErrUnsupported = errors.New("not supported")
)

// StatusError is a refusal by the agent. The session continues: another range may be readable.
type StatusError struct {
	Code uint32 // XFlash and legacy, 0 for XML
	Text string // XML: the agent's own words
}

func (e *StatusError) Error() string {
	if e.Text != "" {
		return fmt.Sprintf("the agent reports %q", e.Text)
	}
	if c, ok := e.lookup(); ok {
		return fmt.Sprintf("the agent answers 0x%08x (%s)", e.Code, c.Meaning)
	}
	return fmt.Sprintf("the agent answers 0x%08x", e.Code)
}

// lookup finds the meaning of the code. XFlash codes begin with 0xc; legacy agents use the codes of
// the flash tools of their time.
func (e *StatusError) lookup() (codes.Code, bool) {
	for _, t := range []codes.Tool{codes.XFlash, codes.SPFlashTool, codes.FlashTool} {
		if c, ok := codes.Lookup(t, e.Code); ok {
			return c, true
		}
	}
	return codes.Code{}, false
}

// Is reports whether the code means one of the package's errors: ErrMismatch or ErrDRAM.
func (e *StatusError) Is(target error) bool {
	switch e.Code {
	case codeHashMismatch, 0xc0070002, 0xc0070003:
		return target == ErrMismatch
	case codeEMIVersion, codeRAMException:
		return target == ErrDRAM
	}
	return false
}

// Codes that have their own error.
const (
	codeEMIVersion   = 0xc0040050
	codeRAMException = 0xc0050005
	codeHashMismatch = 0xc0070004
)

// refusal reports whether err comes from the agent and not from the line, so that the session
// continues.
func refusal(err error) bool {
	var s *StatusError
	return errors.As(err, &s)
}

// protocolError returns an ErrProtocol with a description of the invalid answer.
func protocolError(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrProtocol, fmt.Sprintf(format, args...))
}

// Advice returns what the user can do about err, also if err is wrapped. Its text is "" if nothing
// is known. It includes the advice of brom.
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
