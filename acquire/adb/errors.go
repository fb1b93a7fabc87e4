package adb

import (
	"errors"
	"fmt"

	"github.com/mtkkit/mtkkit/acquire/codes"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// Errors that callers can test for. ErrLost wraps port.ErrGone, ErrSilent wraps port.ErrTimeout.
var (
	// ErrLost means that the connection to the phone or the server broke.
	ErrLost = fmt.Errorf("the connection through the adb server broke: %w", port.ErrGone)
	// ErrSilent means that nothing came within the time limit.
	ErrSilent = fmt.Errorf("nothing comes through the adb server: %w", port.ErrTimeout)
	// ErrNoServer means that no adb server accepts connections at its address.
	ErrNoServer = errors.New("no adb server answers")
	// ErrNoDevice means that the server knows no phone, or not the requested one.
	ErrNoDevice = errors.New("the adb server has no such phone")
	// ErrSeveral means that there are several phones and none was named.
	ErrSeveral = errors.New("several phones are connected")
	// ErrUnauthorized means that the phone's user has not allowed this computer yet.
	ErrUnauthorized = errors.New("the phone's user has not allowed this computer yet")
	// ErrOffline means that the server lists the phone but cannot reach it.
	ErrOffline = errors.New("the phone is offline")
	// ErrNoRoot means that the phone grants no root.
	ErrNoRoot = errors.New("the phone grants no root")
	// ErrMangled means that the output of commands on the phone does not arrive unchanged.
	ErrMangled = errors.New("bytes from the phone arrive changed")
	// ErrStorage means that the phone has no flash that this package can read.
	ErrStorage = errors.New("no flash that can be read through adb")
	// ErrProtocol means that the other side does not use adb's protocol.
	ErrProtocol = errors.New("not an adb server")
)

// FailError is a request that the server or the phone refused. Text is the reason that it sent.
type FailError struct {
	Request, Text string
}

func (e *FailError) Error() string { return fmt.Sprintf("%s was refused: %q", e.Request, e.Text) }

// ReadError is a range that the phone cannot read. Other ranges can still be read.
type ReadError struct {
	Node   string
	Offset int64 // of the first byte that did not arrive
	Text   string
}

func (e *ReadError) Error() string {
	s := fmt.Sprintf("the phone cannot read %s at 0x%x", e.Node, e.Offset)
	if e.Text != "" {
		s += fmt.Sprintf(" (%s)", e.Text)
	}
	return s
}

// MangledError is an ErrMangled that was found at the end of a range. The bytes of the range that
// arrived before cannot be trusted, either.
type MangledError struct {
	Node string
	flash.Extent
	Err error
}

func (e *MangledError) Error() string {
	return fmt.Sprintf("adb: %s at 0x%x: %v", e.Node, e.End(), e.Err)
}

func (e *MangledError) Unwrap() error { return e.Err }

// Doubted returns the range that cannot be trusted.
func (e *MangledError) Doubted() flash.Extent { return e.Extent }

// IsTrouble reports whether err is about the phone or the adb server.
func IsTrouble(err error) bool { return Advice(err).Text != "" || errors.As(err, new(*FailError)) }

// Advice returns what the user can do about err, also if err is wrapped. Its text is "" if nothing
// is known.
func Advice(err error) codes.Advice {
	for _, a := range advice {
		if errors.Is(err, a.err) {
			return a.Advice
		}
	}
	if _, ok := errors.AsType[*ReadError](err); ok {
		return codes.Medium.Cure
	}
	return codes.Advice{}
}

var advice = []struct {
	err error
	codes.Advice
}{
	{ErrNoServer, codes.Advise("start it: adb start-server (of Android's platform tools; ADB_SERVER_SOCKET=tcp:HOST:PORT sets another address)")},
	{ErrNoDevice, codes.Advise("switch on USB debugging on the phone and plug it in; adb devices lists the phones of the server")},
	{ErrSeveral, codes.Advise("name one", codes.NeedSerial)},
	{ErrUnauthorized, codes.Advise("unlock the phone's screen and accept this computer's key")},
	{ErrOffline, codes.Advise("unplug the phone and plug it in again, or run adb reconnect")},
	{ErrNoRoot, codes.Advise("allow root for the shell in the phone's root manager (Magisk, SuperSU), and confirm on its screen; without root read the phone through its loader", codes.NeedLoader)},
	{ErrMangled, codes.Advise("read the phone through its loader", codes.NeedLoader)},
	{ErrStorage, codes.Advise("read the phone through its loader", codes.NeedLoader)},
	{ErrProtocol, codes.Advise("another program uses this address; ADB_SERVER_SOCKET=tcp:HOST:PORT sets the address of the adb server")},
	{ErrLost, codes.Advise("plug the phone in again, and check that adb devices lists it")},
	{ErrSilent, codes.Advise("unlock the phone's screen, answer its questions, and check that adb devices lists it")},
}
