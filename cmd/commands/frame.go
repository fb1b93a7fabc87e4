package commands

import (
	"context"
	"errors"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/words"
)

// does makes the action of a command from do. The action only reads the options; Run calls do
// afterwards. Code below do does not see the command line.
func (u *ui) does(o *displayOptions, do func(ctx context.Context, args []string) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		u.work = func() error {
			u.Speak(o.quiet, o.json, o.progress)
			return named(c, words.RefusedPackage(do(c.Context, c.Args().Slice())))
		}
		return nil
	}
}

// doesOne is does for a command with exactly one argument; what is the noun for it.
func (u *ui) doesOne(o *displayOptions, what string, do func(ctx context.Context, path string) error) cli.ActionFunc {
	return u.does(o, func(ctx context.Context, args []string) error {
		path, err := flags.One(args, what)
		if err != nil {
			return err
		}
		return do(ctx, path)
	})
}

// named puts the name of the command before a usage error, and a reference to its help after it.
func named(c *cli.Context, err error) error {
	var bad flags.UsageError
	if !errors.As(err, &bad) || strings.HasPrefix(bad.Text, "mtkkit") {
		return err
	}
	name := flags.CommandName(c)
	text := name + ": " + bad.Text
	if bad.Help {
		text += " (see " + name + " --help)"
	}
	if hints, ok := words.Hints(err); ok {
		return words.Advise(flags.UsageError{Text: text}, hints...)
	}
	return flags.UsageError{Text: text}
}

// usage and usageHelp make usage errors.
var usage, usageHelp = flags.Usage, flags.UsageHelp

// displayOptions are the options of nearly every command.
type displayOptions struct {
	json     bool
	quiet    bool
	progress screen.Mode
}

func newDisplay() displayOptions { return displayOptions{progress: screen.Auto} }

func (o *displayOptions) options() []flags.Option {
	return append(o.still(), flags.In(flags.GroupDisplay,
		flags.Choice(&o.progress, "progress", "`HOW` to show progress: auto, plain, json or none", screen.Auto, screen.Plain, screen.JSON, screen.None))...)
}

// still returns the options of a command that shows no progress.
func (o *displayOptions) still() []flags.Option {
	return append(flags.In(flags.GroupDisplay, flags.Switch(&o.json, "json", "print one JSON document on standard output")), o.silence()...)
}

// silence returns the option of a command that writes no document.
func (o *displayOptions) silence() []flags.Option {
	return flags.In(flags.GroupDisplay, flags.Switch(&o.quiet, "quiet q", "do not print notes and progress; warnings and errors are still printed"))
}
