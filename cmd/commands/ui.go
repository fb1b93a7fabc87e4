package commands

import (
	"errors"
	"strings"

	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

// ui prints for the user, and holds what is to be printed at the end of a command.
type ui struct {
	*screen.Screen
	bus port.Bus // where phones appear; nil: the computer's serial ports

	virtual *virtualPhones // those of the port "sim"

	work func() error // what the command does, once its options are read; nil for a help text

	unfinished *unfinished // set if the dump that was opened is unfinished
	changed    error       // set if a dump has changed since it was opened
}

func newUI(s screen.Streams) *ui {
	u := &ui{Screen: screen.New(s), virtual: new(virtualPhones)}
	u.Heard = func(p flash.Problem) { u.unfinished.heard(p) }
	u.Tool = tool()
	return u
}

// finish prints why the program stops, and returns the exit code.
func (u *ui) finish(err error) words.Code {
	u.Bars.Clear()
	if err == nil || errors.Is(err, words.ErrProblems) {
		if u.changed != nil {
			return u.finish(words.Changed(u.take()))
		}
		return u.Done(u.unfinished.end(u, err))
	}
	text, hints, code := words.Of(err)
	if bad := (flags.UsageError{}); errors.As(err, &bad) {
		text, code = strings.TrimPrefix(bad.Error(), "mtkkit: "), words.ExitUsage
	}
	return u.Failed(err, text, hints, code)
}

// take returns and clears u.changed, so that it is reported once.
func (u *ui) take() (err error) {
	err, u.changed = u.changed, nil
	return err
}
