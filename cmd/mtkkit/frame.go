package main

import (
	"context"
	"errors"
	"strings"

	"github.com/urfave/cli/v2"
)

// does makes what the library runs of what a command does with its options read. Below it nobody
// knows the command line.
func (u *ui) does(o *displayOptions, do func(ctx context.Context, args []string) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		if err := u.speak(o); err != nil {
			return err
		}
		return named(c, do(c.Context, c.Args().Slice()))
	}
}

// doesOne is does for a command that works on one thing; what names it.
func (u *ui) doesOne(o *displayOptions, what string, do func(ctx context.Context, path string) error) cli.ActionFunc {
	return u.does(o, func(ctx context.Context, args []string) error {
		path, err := one(args, what)
		if err != nil {
			return err
		}
		return do(ctx, path)
	})
}

// usageError is a command line that makes no sense.
type usageError struct {
	text string
	help bool // the help of the command tells what would
}

func (e usageError) Error() string { return e.text }

// named puts the command in front of a usage error, and its help behind it.
func named(c *cli.Context, err error) error {
	var bad usageError
	if !errors.As(err, &bad) || strings.HasPrefix(bad.text, "mtkkit") {
		return err
	}
	name := commandName(c)
	text := name + ": " + bad.text
	if bad.help {
		text += " (see " + name + " --help)"
	}
	if h := (hinted{}); errors.As(err, &h) {
		return hinted{usageError{text: text}, h.hints}
	}
	return usageError{text: text}
}

// one takes the arguments of a command that works on one thing.
func one(args []string, what string) (string, error) {
	switch len(args) {
	case 0:
		return "", usageHelp("which %s?", what)
	case 1:
		return args[0], nil
	}
	return "", usage("one %s at a time, not %q", what, args)
}

// none refuses arguments; why says what the command takes.
func none(args []string, why string) error {
	if len(args) > 0 {
		return usageHelp("what is %q? %s", args[0], why)
	}
	return nil
}
