package adb

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
)

// A command's own output is between two marks, lines that only this command prints:
//
//	WARNING: linker: su has text relocations …     noise: other output of su or of a shell
//	mtkkit-5e0b9c41-7-go
//	… bytes of the flash, or a text …
//	mtkkit-5e0b9c41-7-ok                           after a range; -no if dd failed; -end after a text
//	WARNING: linker: su: unused DT entry …         noise
//
// Output outside the marks is discarded; output between them is kept. The length of a range is
// known, so noise between its marks is detected, and a text without its end mark is an error.

// maxNoise is the most noise that is accepted, bytes. Noise is a few lines; more means that the
// phone prints something else.
const maxNoise = 16 << 10

// Marks are unique for this run and for one command. The flash does not contain them, although its
// logs may contain commands of earlier runs, and the noise of other commands does not contain them.
var (
	run    = rand.Uint32()
	serial atomic.Uint64
)

func newTag() string { return fmt.Sprintf("mtkkit-%08x-%d", run, serial.Add(1)) }

// feed returns what a line feed of the phone arrives as.
func (s *shell) feed() string { return strings.Repeat("\r", s.returns) + "\n" }

// marked runs a command as root and returns its output, without added carriage returns.
func (s *shell) marked(ctx context.Context, command string) (string, error) {
	tag := newTag()
	out, err := s.output(ctx, s.root(fmt.Sprintf("echo %s-go; %s; echo %s-end", tag, command, tag)), s.answer)
	if err != nil {
		return "", err
	}
	_, text, begun := strings.Cut(out, tag+"-go"+s.feed())
	end := strings.LastIndex(text, tag+"-end"+s.feed())
	if !begun || end < 0 {
		return "", fmt.Errorf("adb: %s: %w", s.serial, cutOff(out))
	}
	clean := &returns{n: s.returns}
	b, err := clean.strip(nil, []byte(text[:end]))
	return string(clean.release(b)), err
}

// cutOff returns the error of a command that ended before it printed its marks. Its output may
// contain the reason.
func cutOff(out string) error {
	if said := words(out); said != "" {
		return fmt.Errorf("%w; the last output of the phone is %q", ErrLost, said)
	}
	return ErrLost
}

// linkerWarns is the start of the linker's warnings, which do not concern the command.
const linkerWarns = "WARNING: linker"

// words returns the first line of a program's output that is not a warning of the linker. On some
// phones the linker prints warnings before the output of all programs.
func words(out string) string {
	for line := range strings.Lines(out) {
		if line = firstLine(line); line != "" && !strings.HasPrefix(line, linkerWarns) {
			return line
		}
	}
	return firstLine(out)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(line[:min(len(line), 200)])
}
