package screen

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

// Screen prints notes, problems, results and documents for the user.
type Screen struct {
	Streams
	Quiet bool
	JSON  bool
	Bars  *Bars
	Typed []string            // the command line: paths that it contains are not removed from errors
	Tool  string              // the program's name and version, for documents
	Heard func(flash.Problem) // is called with every problem that is printed; may be nil

	color  bool
	lines  *bufio.Reader // of standard input; nil before the first question
	spoken bool          // the JSON document was printed
	lost   error         // first error of a write to standard output
}

// New returns a Screen for these streams.
func New(s Streams) *Screen { return &Screen{Streams: s, color: s.ErrTTY && colorful()} }

// colorful reports whether the environment permits colors on a terminal.
func colorful() bool { return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" }

// Speak sets how a command prints: without notes, with a JSON document, and how it shows progress.
func (s *Screen) Speak(quiet, json bool, progress Mode) {
	s.Quiet, s.JSON = quiet, json
	s.Bars = newBars(s, progress)
}

func (s *Screen) paint(code, text string) string {
	if !s.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s *Screen) line(v words.Voice, code, format string, a ...any) {
	text := words.Printable(fmt.Sprintf(format, a...))
	if s.Listener != nil {
		s.Listener.Line(v, text)
		return
	}
	s.Bars.Clear()
	fmt.Fprintf(s.Err, "%s %s\n", s.paint(code, string(v)+":"), indented(text))
}

// Note prints information, unless Quiet is set.
func (s *Screen) Note(format string, a ...any) {
	if !s.Quiet {
		s.line(words.Note, "36", format, a...)
	}
}

// Tell prints a line as note, warning or error, by its severity.
func (s *Screen) Tell(loud flash.Severity, format string, a ...any) {
	switch loud {
	case flash.Note:
		s.Note(format, a...)
	case flash.Warning:
		s.line(words.Warning, "33;1", format, a...)
	default:
		s.line(words.Error, "31;1", format, a...)
	}
}

// Fail prints the line that says why the program stops.
func (s *Screen) Fail(format string, a ...any) {
	if s.Listener != nil {
		s.Listener.Line(words.Stopped, words.Printable(fmt.Sprintf(format, a...)))
		return
	}
	s.Bars.Clear()
	text := indented(words.Printable(fmt.Sprintf(format, a...)))
	if !strings.HasPrefix(text, "mtkkit ") { // the text already has the name of the command
		text = s.paint("31;1", "mtkkit:") + " " + text
	}
	fmt.Fprintln(s.Err, text)
}

// Hint prints what to do about the line before.
func (s *Screen) Hint(format string, a ...any) { s.line(words.Hint, "2", format, a...) }

// Hints prints the hints that are not empty.
func (s *Screen) Hints(hints ...string) {
	for _, h := range hints {
		if h != "" {
			s.Hint("%s", h)
		}
	}
}

// Say prints a line to standard output, unless JSON is set.
func (s *Screen) Say(format string, a ...any) {
	if s.JSON {
		return
	}
	if _, err := fmt.Fprintln(s.Out, words.Printable(fmt.Sprintf(format, a...))); err != nil && s.lost == nil {
		s.lost = err
	}
}

// Problems prints problems, each as note, warning or error. With JSON it prints no notes.
func (s *Screen) Problems(ps []flash.Problem) {
	for _, p := range ps {
		if s.Heard != nil {
			s.Heard(p)
		}
		if p = words.Problem(p); p.Severity > flash.Note || !s.JSON {
			s.Tell(p.Severity, "%s", words.OneLine(p.String()))
		}
	}
}

// End prints the problems of a command and, if JSON is set, its document. It returns the error that
// sets the exit code.
func (s *Screen) End(doc any, problems []flash.Problem) error {
	s.Problems(problems)
	if err := s.Answer(doc); err != nil {
		return err
	}
	return words.Verdict(problems)
}

// Done returns the exit code of a command that did its work; err is nil or words.ErrProblems.
func (s *Screen) Done(err error) words.Code {
	switch {
	case s.lost != nil:
		s.Fail("standard output: %v", s.lost)
		return words.ExitFailed
	case err == nil:
		return words.ExitOK
	}
	return words.ExitProblems
}

// Failed prints why the program stops because of err, with text, hints and code as words.Of gives
// them, and returns the exit code.
func (s *Screen) Failed(err error, text string, hints []string, code words.Code) words.Code {
	s.Fail("%s", words.Plain(text, s.Typed...))
	s.Hints(hints...)
	if s.JSON && !s.spoken {
		said := err.Error()
		if errors.Is(err, fs.ErrNotExist) {
			said = text // the text of the system does not help a user
		}
		if err := s.Document(document.Failure{Error: words.Plain(said, s.Typed...), Hints: hints, Exit: code}); err != nil {
			return words.ExitFailed
		}
	}
	return code
}
