package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/mtkkit/mtkkit/flash"
)

// How mtkkit speaks. What was asked for goes to standard output; everything else to
// standard error, in four ways and no fifth: note (normal, worth knowing; silenced by
// --quiet), warning and error (about the data), and the one line that says why the
// program stops. A hint may follow any of them. Lines begin in lower case and end
// without a period; with --json, standard output is one document and nothing else.

// streams are the program's connections.
type streams struct {
	in       io.Reader
	out, err io.Writer
	outTTY   bool // standard output is a terminal
	errTTY   bool
	width    int // columns of the terminal standard error is on, 0 unknown
}

func stdStreams() streams {
	s := streams{
		in: os.Stdin, out: os.Stdout, err: os.Stderr,
		outTTY: term.IsTerminal(int(os.Stdout.Fd())),
		errTTY: term.IsTerminal(int(os.Stderr.Fd())),
	}
	if w, _, err := term.GetSize(int(os.Stderr.Fd())); err == nil {
		s.width = w
	}
	return s
}

// ui is how commands speak to the user.
type ui struct {
	streams
	quiet bool
	json  bool
	color bool
	bars  *progress
}

func newUI(s streams) *ui {
	return &ui{streams: s, color: s.errTTY && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

func (u *ui) paint(code, s string) string {
	if !u.color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (u *ui) line(label, code, format string, a ...any) {
	u.bars.clear()
	fmt.Fprintf(u.err, "%s %s\n", u.paint(code, label+":"), fmt.Sprintf(format, a...))
}

func (u *ui) note(format string, a ...any) {
	if !u.quiet {
		u.line("note", "36", format, a...)
	}
}

func (u *ui) fail(format string, a ...any) {
	u.bars.clear()
	fmt.Fprintf(u.err, "%s %s\n", u.paint("31;1", "mtkkit:"), fmt.Sprintf(format, a...))
}

func (u *ui) hint(format string, a ...any) { u.line("hint", "2", format, a...) }

// say prints to standard output, unless that is reserved for a document.
func (u *ui) say(format string, a ...any) {
	if !u.json {
		fmt.Fprintf(u.out, format+"\n", a...)
	}
}

// document prints the one JSON document of a command.
func (u *ui) document(v any) error {
	e := json.NewEncoder(u.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// problems prints a list of problems, each in its own voice.
func (u *ui) problems(ps []flash.Problem) {
	for _, p := range ps {
		switch p.Severity {
		case flash.Note:
			if !u.json {
				u.note("%s", p)
			}
		case flash.Warning:
			u.line("warning", "33;1", "%s", p)
		default:
			u.line("error", "31;1", "%s", p)
		}
	}
}

// verdict turns problems into the error that makes the exit code.
func verdict(ps []flash.Problem) error {
	if flash.Worst(ps) > flash.Note {
		return errProblems
	}
	return nil
}

// finish prints why the program stops and says with which exit code.
func (u *ui) finish(err error) int {
	u.bars.clear()
	var (
		bad  usageError
		safe refusal
	)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errProblems):
		return exitProblems
	case errors.Is(err, context.Canceled):
		u.fail("interrupted")
		return exitInterrupted
	case errors.As(err, &bad):
		u.fail("%s", strings.TrimPrefix(bad.Error(), "mtkkit: "))
		return exitUsage
	case errors.As(err, &safe):
		u.fail("refused: %s", safe.Error())
		u.hints(safe.hints...)
		return exitRefused
	}
	u.fail("%v", err)
	var h hinted
	if errors.As(err, &h) {
		u.hints(h.hints...)
	}
	return exitFailed
}

func (u *ui) hints(hs ...string) {
	for _, h := range hs {
		if h != "" {
			u.hint("%s", h)
		}
	}
}

// hinted is an error with what to do about it.
type hinted struct {
	error
	hints []string
}

func (h hinted) Unwrap() error { return h.error }

// refusal is a stop for safety's sake, before anything was written.
type refusal struct {
	error
	hints []string
}

func (r refusal) Unwrap() error { return r.error }
