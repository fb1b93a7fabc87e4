package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"unicode"

	"golang.org/x/term"

	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/session"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
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

	bus port.Bus // where phones appear, nil for the computer's serial ports
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
	words  []string // the command line
	pieces []string // the files that stand for one dump, when the user named several

	streams
	quiet bool
	json  bool
	color bool
	bars  *progress

	spoken bool  // the JSON document is out
	lost   error // standard output took something no more

	unfinished *unfinished // the dump that was opened, where it was left before its end
	changed    error       // a dump that is not what it was when it was opened
}

// speak sets the voice of a command.
func (u *ui) speak(o *displayOptions) error {
	u.quiet, u.json = o.quiet, o.json
	u.bars = newProgress(u, o.progress)
	return nil
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
	fmt.Fprintf(u.err, "%s %s\n", u.paint(code, label+":"), printable(fmt.Sprintf(format, a...)))
}

// printable keeps a terminal from acting on names that come from a dump.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}

func (u *ui) note(format string, a ...any) {
	if !u.quiet {
		u.line("note", "36", format, a...)
	}
}

func (u *ui) fail(format string, a ...any) {
	u.bars.clear()
	text := printable(fmt.Sprintf(format, a...))
	if !strings.HasPrefix(text, "mtkkit ") { // a command that speaks of itself is named already
		text = u.paint("31;1", "mtkkit:") + " " + text
	}
	fmt.Fprintln(u.err, text)
}

func (u *ui) hint(format string, a ...any) { u.line("hint", "2", format, a...) }

// say prints to standard output, unless that is reserved for a document.
func (u *ui) say(format string, a ...any) {
	if u.json {
		return
	}
	if _, err := fmt.Fprintln(u.out, printable(fmt.Sprintf(format, a...))); err != nil && u.lost == nil {
		u.lost = err
	}
}

// witnessed sees every document that is printed; nil but in tests.
var witnessed func(doc []byte)

// document prints the one JSON document of a command.
func (u *ui) document(v any) error {
	u.spoken = true
	b, err := document.Marshal(v, tool())
	if err == nil && witnessed != nil {
		witnessed(b)
	}
	if err == nil {
		_, err = u.out.Write(b)
	}
	return err
}

// answer prints the document of a command, if one is asked for.
func (u *ui) answer(doc any) error {
	u.bars.clear()
	if !u.json {
		return nil
	}
	return u.document(doc)
}

// end is answer, and the problems of a command: they make the exit code.
func (u *ui) end(doc any, problems []flash.Problem) error {
	u.problems(problems)
	if err := u.answer(doc); err != nil {
		return err
	}
	return verdict(problems)
}

// problems prints a list of problems, each in its own voice.
func (u *ui) problems(ps []flash.Problem) {
	for _, p := range ps {
		u.unfinished.heard(p)
		p.Text = plain(p.Text)
		if p.Place != "" { // the text of an error may begin with what it is about, too
			p.Text = strings.TrimPrefix(p.Text, p.Place+": ")
		}
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
	if err == nil || errors.Is(err, errProblems) {
		if u.changed != nil {
			return u.finish(hinted{u.take(), []string{"what was said and made of it cannot be believed: run the command again when nothing writes to it any more"}})
		}
		err = u.unfinished.end(u, err)
		switch {
		case u.lost != nil:
			u.fail("standard output: %v", u.lost)
			return exitFailed
		case err == nil:
			return exitOK
		}
		return exitProblems
	}
	text, hints, code := u.reason(err)
	u.fail("%s", u.plain(text))
	u.hints(hints...)
	if u.json && !u.spoken {
		said := err.Error()
		if errors.Is(err, fs.ErrNotExist) {
			said = text // the system's words are none of a user's
		}
		if err := u.document(document.Failure{Error: u.plain(said), Hints: hints, Exit: code}); err != nil {
			return exitFailed
		}
	}
	return code
}

// rooms are the packages that put their names before their errors. They tell a developer where
// an error comes from, and a user nothing.
// So do those of the library that unpacks.
var rooms = regexp.MustCompile(`(^|: |\()(?:(?:acquire|backup|brom|capture|codes|da|disk|flash|host|layout|oci|plan|port|report|scatter|seal|source|split|flate|gzip|zip): )+`)

// notThisTail is the word by which programs tell a wrong format, where it ends a message: what
// is before it says what is wrong.
var notThisTail = regexp.MustCompile(`(?m)(?: at offset 0x[0-9a-f]+)?: ` + regexp.QuoteMeta(flash.ErrNotThis.Error()) + `$`)

// corruptInput is how the library that unpacks says that it cannot.
var corruptInput = regexp.MustCompile(`corrupt input before offset [0-9]+`)

// halls are rooms whose names are words of the field, too: only in front of all do they
// stand for the package.
var halls = regexp.MustCompile(`^(?:files|image|leak|lp|slot|whatis): `)

// plain is an error's text without all that.
func plain(text string) string {
	text = notThisTail.ReplaceAllString(text, "")
	text = corruptInput.ReplaceAllString(text, "its compressed data are damaged")
	return rooms.ReplaceAllString(halls.ReplaceAllString(text, ""), "$1")
}

// plain is an error's text in plain words, where a file that the user named may be called as a
// package is.
func (u *ui) plain(text string) string {
	for rest := text; ; {
		word, after, more := strings.Cut(rest, ": ")
		if more && slices.ContainsFunc(u.words, func(w string) bool { return w == word || strings.HasSuffix(w, "="+word) }) && isFile(word) {
			return word + ": " + plain(after)
		}
		if rest = after; !more || rooms.ReplaceAllString(word+": ", "") != "" {
			return plain(text)
		}
	}
}

// take returns what has changed, once.
func (u *ui) take() (err error) {
	err, u.changed = u.changed, nil
	return err
}

// reason sorts an error by what it means for the user.
func (u *ui) reason(err error) (text string, hints []string, code int) {
	var (
		bad  flags.UsageError
		safe refusal
		h    hinted
	)
	var early stopped
	var foreign *layout.ForeignError
	var gone *fs.PathError
	no := flash.AsRefusal(err)
	if errors.As(err, &h) {
		hints = h.hints
	} else if errors.As(err, &early) {
		hints = early.hints
	} else if errors.Is(err, seal.ErrKey) {
		hints = []string{"--key FILE gives the private key; of a passphrase, try it again"}
	}
	if more := advice(err); hints == nil {
		hints = more
	}
	switch {
	case errors.Is(err, context.Canceled):
		return "interrupted", nil, exitInterrupted
	case errors.As(err, &bad):
		return strings.TrimPrefix(bad.Error(), "mtkkit: "), hints, exitUsage
	case errors.As(err, &foreign):
		return "refused: " + foreignWords(foreign, "this dump"), hints, exitRefused
	case errors.Is(err, dump.ErrNothingShared):
		return "refused: " + err.Error(), hints, exitRefused
	case errors.As(err, &safe):
		return "refused: " + safe.Error(), safe.hints, exitRefused
	case no != nil && hints == nil: // a library's, of which no command had more to say
		return "refused: " + err.Error(), []string{refusalHint(no)}, exitRefused
	case errors.As(err, new(*dump.UnreadError)):
		return err.Error(), hints, exitProblems
	case session.IsTrouble(err):
		return err.Error(), append([]string{phoneAdvice(err)}, hints...), exitPhone
	case errors.As(err, &gone) && errors.Is(gone, fs.ErrNotExist):
		return strings.Replace(err.Error(), gone.Error(), flags.Missing(gone.Path), 1), hints, exitFailed
	case hints != nil:
	case errors.As(err, new(*source.NoTagError)):
		hints = []string{hintTags}
	case errors.Is(err, fs.ErrPermission):
		hints = []string{"is the file readable, and the folder writable, for you?"}
	case isFull(err):
		hints = []string{"the disk is full: choose another folder with -o, or for unpacking with --tmp"}
	case errors.Is(err, split.ErrNoFolder):
		hints = []string{"a parts folder is what mtkkit split writes: it holds a manifest.json"}
	}
	return err.Error(), hints, exitFailed
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

// isFull recognises a full disk.
func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) }
