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

// Screen is how commands speak to the user.
type Screen struct {
	Streams
	Quiet bool
	JSON  bool
	Bars  *Bars
	Typed []string            // the command line: files that it names stay named in errors
	Tool  string              // the program's name and version, for documents
	Heard func(flash.Problem) // is told of every problem that is printed; nil for nobody

	color  bool
	lines  *bufio.Reader // of standard input, once something was asked
	spoken bool          // the JSON document is out
	lost   error         // standard output took something no more
}

// New makes a screen that speaks on s.
func New(s Streams) *Screen { return &Screen{Streams: s, color: s.ErrTTY && colorful()} }

// colorful reports whether the environment wants colors on a terminal.
func colorful() bool { return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" }

// Speak sets the voice of a command: without notes, with one document, and how progress is shown.
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

func (s *Screen) line(label, code, format string, a ...any) {
	s.Bars.Clear()
	fmt.Fprintf(s.Err, "%s %s\n", s.paint(code, label+":"), words.Printable(fmt.Sprintf(format, a...)))
}

// Note says what is normal and worth knowing.
func (s *Screen) Note(format string, a ...any) {
	if !s.Quiet {
		s.line("note", "36", format, a...)
	}
}

// Tell says something as loud as it is.
func (s *Screen) Tell(loud flash.Severity, format string, a ...any) {
	switch loud {
	case flash.Note:
		s.Note(format, a...)
	case flash.Warning:
		s.line("warning", "33;1", format, a...)
	default:
		s.line("error", "31;1", format, a...)
	}
}

// Fail prints the line that says why the program stops.
func (s *Screen) Fail(format string, a ...any) {
	s.Bars.Clear()
	text := words.Printable(fmt.Sprintf(format, a...))
	if !strings.HasPrefix(text, "mtkkit ") { // a command that speaks of itself is named already
		text = s.paint("31;1", "mtkkit:") + " " + text
	}
	fmt.Fprintln(s.Err, text)
}

// Hint says what to do about what was said before.
func (s *Screen) Hint(format string, a ...any) { s.line("hint", "2", format, a...) }

// Hints prints hints, but empty ones.
func (s *Screen) Hints(hints ...string) {
	for _, h := range hints {
		if h != "" {
			s.Hint("%s", h)
		}
	}
}

// Say prints to standard output, unless that is reserved for a document.
func (s *Screen) Say(format string, a ...any) {
	if s.JSON {
		return
	}
	if _, err := fmt.Fprintln(s.Out, words.Printable(fmt.Sprintf(format, a...))); err != nil && s.lost == nil {
		s.lost = err
	}
}

// Problems prints a list of problems, each in its own voice.
func (s *Screen) Problems(ps []flash.Problem) {
	for _, p := range ps {
		if s.Heard != nil {
			s.Heard(p)
		}
		if p = words.Problem(p); p.Severity > flash.Note || !s.JSON {
			s.Tell(p.Severity, "%s", p)
		}
	}
}

// End prints the document of a command, if one is asked for, and its problems: they make the
// exit code.
func (s *Screen) End(doc any, problems []flash.Problem) error {
	s.Problems(problems)
	if err := s.Answer(doc); err != nil {
		return err
	}
	return words.Verdict(problems)
}

// Done is the exit code of a command that did its work, with err as the word for problems.
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
			said = text // the system's words are none of a user's
		}
		if err := s.Document(document.Failure{Error: words.Plain(said, s.Typed...), Hints: hints, Exit: code}); err != nil {
			return words.ExitFailed
		}
	}
	return code
}
