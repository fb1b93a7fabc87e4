package words

import (
	"cmp"
	"errors"

	"github.com/mtkkit/mtkkit/acquire/adb"
	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/session"
)

// phoneAdvice returns the hint for an error of the phone or its port.
func phoneAdvice(err error) string {
	var other *session.ContestedError
	var unfit *session.UnfitError
	switch {
	case errors.As(err, &unfit) && len(unfit.Fit) > 0:
		return unfitWords(unfit)
	case errors.As(err, &other):
		return holdersWords(other.Others) + ", unplug the phone and start again"
	case errors.Is(err, session.ErrNoPhone):
		return "switch the phone off first, start mtkkit, then plug it in; another cable or socket may help"
	case errors.Is(err, port.ErrPermission):
		return "mtkkit doctor says how this user gets access; on Linux: mtkkit udev, or the group that owns the port"
	case errors.Is(err, port.ErrNoPort):
		return "leave --port out: mtkkit finds the phone; mtkkit ports lists what is there"
	case errors.Is(err, port.ErrBusy):
		return "end the other program (another run of mtkkit, SP Flash Tool, a terminal, ModemManager): mtkkit ports names it"
	case adb.IsTrouble(err):
		return Advised(adb.Advice(err))
	case errors.Is(err, da.ErrProtocol):
		return Advised(da.Advice(err)) + "; another program on the port can cause this, too: mtkkit ports names it"
	}
	advice := ""
	if _, ok := errors.AsType[*brom.Error](err); ok { // it knows more than that an answer did not come
		advice = Advised(brom.Advice(err))
	}
	return cmp.Or(advice, Advised(da.Advice(err)), "unplug the phone, power it off (hold the power key for 10 seconds) and start again, by another cable or socket if it stays so")
}
