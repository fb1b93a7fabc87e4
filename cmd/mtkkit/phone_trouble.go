package main

import (
	"cmp"
	"context"
	"errors"

	"github.com/mtkkit/mtkkit/acquire/adb"
	"github.com/mtkkit/mtkkit/acquire/brom"
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
	port.ErrTimeout, port.ErrGone, port.ErrClosed, port.ErrBusy, port.ErrPermission,
	brom.ErrNoAnswer, brom.ErrSLA, brom.ErrAuth, brom.ErrSignature, brom.ErrChecksum,
	da.ErrNoAgent, da.ErrUnknownChip, da.ErrNeedDRAM, da.ErrDRAM, da.ErrMismatch,
	da.ErrNoStorage, da.ErrProtocol, da.ErrSum, da.ErrUnsupported,
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
	switch {
	case errors.Is(err, errNoPhone):
		return "switch the phone off first, start mtkkit, then plug it in; another cable or socket may help"
	case errors.Is(err, port.ErrPermission):
		return "mtkkit doctor says how this user gets the right; on Linux: mtkkit udev, or the group the port belongs to"
	case errors.Is(err, port.ErrBusy):
		return "end the other program (another run of mtkkit, SP Flash Tool, a terminal, ModemManager): mtkkit ports names it"
	}
	if adb.IsTrouble(err) {
		return adb.Advice(err)
	}
	return cmp.Or(da.Advice(err), "unplug the phone, power it off (hold the power key for 10 seconds) and start again, by another cable or socket if it stays so")
}
