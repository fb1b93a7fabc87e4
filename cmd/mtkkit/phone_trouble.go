package main

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/mtkkit/mtkkit/acquire/adb"
	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/codes"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/acquire/port"
)

// reopen opens a phone's next port.
type reopen = func(context.Context) (*port.Line, error)

// errNoPhone: nobody plugged one in.
var errNoPhone = errors.New("no phone came")

// ofPhone are the errors that are the phone's, its agent's or its port's.
var ofPhone = []error{
	errNoPhone,
	port.ErrTimeout, port.ErrGone, port.ErrClosed, port.ErrBusy, port.ErrPermission, port.ErrNoPort,
	brom.ErrNoAnswer, brom.ErrEcho, brom.ErrIntruder, brom.ErrWatchdog, brom.ErrSLA, brom.ErrAuth, brom.ErrSignature, brom.ErrChecksum,
	da.ErrNoAgent, da.ErrUnknownChip, da.ErrNeedDRAM, da.ErrDRAM, da.ErrMismatch,
	da.ErrNoStorage, da.ErrNotTaken, da.ErrProtocol, da.ErrSum, da.ErrUnsupported,
}

// isPhoneTrouble reports whether err is about the phone or its port: exit code 4.
func isPhoneTrouble(err error) bool {
	for _, e := range ofPhone {
		if errors.Is(err, e) {
			return true
		}
	}
	var command *brom.Error
	var status *da.StatusError
	return errors.As(err, &command) || errors.As(err, &status) || adb.IsTrouble(err)
}

// phoneAdvice says what to do about err.
func phoneAdvice(err error) string {
	var other contested
	switch {
	case errors.As(err, &other):
		return other.who + ", unplug the phone and start again"
	case errors.Is(err, errNoPhone):
		return "switch the phone off first, start mtkkit, then plug it in; another cable or socket may help"
	case errors.Is(err, port.ErrPermission):
		return "mtkkit doctor says how this user gets the right; on Linux: mtkkit udev, or the group the port belongs to"
	case errors.Is(err, port.ErrNoPort):
		return "leave --port out: mtkkit finds the phone; mtkkit ports lists what is there"
	case errors.Is(err, port.ErrBusy):
		return "end the other program (another run of mtkkit, SP Flash Tool, a terminal, ModemManager): mtkkit ports names it"
	case adb.IsTrouble(err):
		return advised(adb.Advice(err))
	case errors.Is(err, da.ErrProtocol):
		return advised(da.Advice(err)) + "; another program on the port would do the same: mtkkit ports names it"
	}
	var loader *brom.Error
	advice := ""
	if errors.As(err, &loader) { // it knows more than that an answer did not come
		advice = advised(brom.Advice(err))
	}
	return cmp.Or(advice, advised(da.Advice(err)), "unplug the phone, power it off (hold the power key for 10 seconds) and start again, by another cable or socket if it stays so")
}

// contested is an error of a port that another program has open, too.
type contested struct {
	error
	who string // and what to do
}

func (c contested) Unwrap() error { return c.error }

// accuse names the program that has the port open besides, where err is of the kind that
// such a program makes: it takes bytes that were meant for us, or speaks in between.
func (p *phonePort) accuse(err error, on port.Info) error {
	if !mayBeContested(err) {
		return err
	}
	if who := p.others(on); who != "" {
		return contested{err, who}
	}
	return err
}

// others says who else has the port open and what to do about it; "" for nobody known.
func (p *phonePort) others(on port.Info) string {
	if p.holders == nil || on.Name == "" {
		return ""
	}
	var names []string
	for _, who := range p.holders(on.Name) {
		names = append(names, who.String())
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return names[0] + " has the port open too: end it"
	}
	return strings.Join(names, " and ") + " have the port open too: end them"
}

// mayBeContested reports whether bytes are missing, or came that nobody asked for.
func mayBeContested(err error) bool {
	for _, e := range []error{port.ErrTimeout, port.ErrBusy, brom.ErrNoAnswer, brom.ErrEcho, brom.ErrIntruder, brom.ErrChecksum, da.ErrProtocol, da.ErrSum} {
		if errors.Is(err, e) {
			return true
		}
	}
	var (
		echo   *brom.EchoError
		status *brom.StatusError
	)
	if errors.As(err, &status) { // a word that no loader is known to say
		_, meant := codes.Lookup(codes.Loader, uint32(status.Status))
		return !meant
	}
	return errors.As(err, &echo)
}
