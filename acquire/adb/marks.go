package adb

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
)

// A command's own output stands between two marks, lines that only this command prints:
//
//	WARNING: linker: su has text relocations …     noise: what su, or a shell, prints unasked
//	mtkkit-5e0b9c41-7-go
//	… bytes of the flash, or a text …
//	mtkkit-5e0b9c41-7-ok                           of a range; -no where dd failed; -end of a text
//	WARNING: linker: su: unused DT entry …         noise
//
// What stands outside is dropped. Within, nothing is: of a range the length is known, so
// noise that gets in between is found out, and a text without its end is none.

// Noise is a few lines. More than that is a phone that says something else.
const maxNoise = 16 << 10

// Marks are of this run and of one command: neither the flash, where logs may hold
// commands of earlier runs, nor another command's noise has them.
var (
	run    = rand.Uint32()
	serial atomic.Uint64
)

func newTag() string { return fmt.Sprintf("mtkkit-%08x-%d", run, serial.Add(1)) }

// feed is what becomes of a line feed on the way.
func (s *shell) feed() string { return strings.Repeat("\r", s.returns) + "\n" }

// marked runs a command as root and returns what it prints, with single line feeds.
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

// cutOff is the error of a command that did not live to print its marks. What it printed
// may say why.
func cutOff(out string) error {
	if said := words(out); said != "" {
		return fmt.Errorf("%w; the phone's last words are %q", ErrLost, said)
	}
	return ErrLost
}

// linkerWarns is how a line of the linker begins that says nothing of the program's work.
const linkerWarns = "WARNING: linker"

// words is the first line of what a program says that is not a warning of the linker,
// which stands in front of all that some programs say.
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
