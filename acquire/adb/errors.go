package adb

import (
	"errors"
	"fmt"

	"github.com/mtkkit/mtkkit/acquire/codes"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// What callers branch on. ErrLost and ErrSilent are port.ErrGone and port.ErrTimeout, too.
var (
	// ErrLost: the phone or the server left in the middle.
	ErrLost = fmt.Errorf("the connection through the adb server broke: %w", port.ErrGone)
	// ErrSilent: nothing came in the time there was.
	ErrSilent = fmt.Errorf("nothing comes through the adb server: %w", port.ErrTimeout)
	// ErrNoServer: nothing listens where the adb server should.
	ErrNoServer = errors.New("no adb server answers")
	// ErrNoDevice: the server knows no phone, or not the one asked for.
	ErrNoDevice = errors.New("no such phone at the adb server")
	// ErrSeveral: there are several phones and none was named.
	ErrSeveral = errors.New("several phones are connected")
	// ErrUnauthorized: the phone has not been told to trust this computer.
	ErrUnauthorized = errors.New("the phone does not trust this computer yet")
	// ErrOffline: the server sees the phone and cannot talk to it.
	ErrOffline = errors.New("the phone is offline")
	// ErrNoRoot: the phone grants no root.
	ErrNoRoot = errors.New("the phone grants no root")
	// ErrMangled: what commands on the phone print does not arrive as it was.
	ErrMangled = errors.New("bytes from the phone arrive changed")
	// ErrStorage: the phone has no flash this package can read.
	ErrStorage = errors.New("no flash that can be read through adb")
	// ErrProtocol: the other side does not speak adb's protocol.
	ErrProtocol = errors.New("not an adb server")
)

// FailError is a request the server or the phone refused, in its own words.
type FailError struct {
	Request, Text string
}

func (e *FailError) Error() string { return fmt.Sprintf("%s is refused: %q", e.Request, e.Text) }

// ReadError is a range the phone cannot read. Reading elsewhere continues.
type ReadError struct {
	Node   string
	Offset int64 // the first byte that did not come
	Text   string
}

func (e *ReadError) Error() string {
	s := fmt.Sprintf("the phone cannot read %s at 0x%x", e.Node, e.Offset)
	if e.Text != "" {
		s += fmt.Sprintf(" (%s)", e.Text)
	}
	return s
}

// MangledError is an ErrMangled that came to light at the end of a range: what came of the
// range before cannot be believed either.
type MangledError struct {
	Node string
	flash.Extent
	Err error
}

func (e *MangledError) Error() string {
	return fmt.Sprintf("adb: %s at 0x%x: %v", e.Node, e.End(), e.Err)
}

func (e *MangledError) Unwrap() error { return e.Err }

// Doubted is what cannot be believed.
func (e *MangledError) Doubted() flash.Extent { return e.Extent }

// IsTrouble reports whether err is about the phone or the adb server.
func IsTrouble(err error) bool { return Advice(err).Text != "" || errors.As(err, new(*FailError)) }

// Advice returns what a person can do about err; its text is "" where nothing is known. It
// looks through wrapping.
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
	{ErrNoServer, codes.Advise("start it: adb start-server (of Android's platform tools; ADB_SERVER_SOCKET=tcp:HOST:PORT names another place)")},
	{ErrNoDevice, codes.Advise("switch on USB debugging on the phone and plug it in; adb devices lists what the server sees")},
	{ErrSeveral, codes.Advise("name one", codes.NeedSerial)},
	{ErrUnauthorized, codes.Advise("unlock the phone's screen and accept this computer's key")},
	{ErrOffline, codes.Advise("unplug and plug in again; adb reconnect")},
	{ErrNoRoot, codes.Advise("allow root for the shell in the phone's root manager (Magisk, SuperSU), and confirm on its screen; without root read the phone through its loader", codes.NeedLoader)},
	{ErrMangled, codes.Advise("read the phone through its loader", codes.NeedLoader)},
	{ErrStorage, codes.Advise("read the phone through its loader", codes.NeedLoader)},
	{ErrProtocol, codes.Advise("another program listens there; ADB_SERVER_SOCKET=tcp:HOST:PORT names the adb server's place")},
	{ErrLost, codes.Advise("plug the phone in again, and see that adb devices lists it")},
	{ErrSilent, codes.Advise("unlock the phone's screen, and see that it asks nothing and that adb devices lists it")},
}
