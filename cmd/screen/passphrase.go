package screen

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/mtkkit/mtkkit/words"
)

// PassphraseVariable holds a passphrase for scripts, where nobody can be asked.
const PassphraseVariable = "MTKKIT_PASSPHRASE"

// Asking asks for passphrases until ctx ends.
func Asking(ctx context.Context) func(what string, again bool) (string, error) {
	return func(what string, again bool) (string, error) { return askPassphrase(ctx, what, again) }
}

// askPassphrase asks on the terminal, never on a pipe: standard input may be a dump.
func askPassphrase(ctx context.Context, what string, again bool) (string, error) {
	if p := os.Getenv(PassphraseVariable); p != "" {
		return p, nil
	}
	tty, err := openTerminal()
	if err != nil {
		return "", words.Advise(fmt.Errorf("%s wants a passphrase, and there is no terminal to ask on", what),
			"set "+PassphraseVariable+", or use a key: --encrypt age1… to lock, --key FILE to open")
	}
	defer tty.Close()
	p, err := readSecret(ctx, tty, fmt.Sprintf("passphrase for %s: ", what))
	if err != nil {
		return "", err
	}
	if p == "" {
		return "", errors.New("an empty passphrase protects nothing")
	}
	if again {
		if q, err := readSecret(ctx, tty, "the same again: "); err != nil || p != q {
			return "", errors.Join(errors.New("the two passphrases differ"), err)
		}
	}
	return p, nil
}

// readSecret reads a line that is not shown. Who is told to end while it waits gives the
// terminal back as it was.
func readSecret(ctx context.Context, tty *os.File, prompt string) (string, error) {
	fd := int(tty.Fd())
	was, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("the passphrase could not be read: %w", err)
	}
	fmt.Fprint(os.Stderr, prompt)
	b, err := answerOf(ctx, func() ([]byte, error) { return term.ReadPassword(fd) })
	if ctx.Err() != nil {
		_ = term.Restore(fd, was)
	}
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return "", fmt.Errorf("the passphrase could not be read: %w", err)
	}
	return string(b), nil
}

// ErrNoAnswer is returned by Ask where standard input has no line.
var ErrNoAnswer = errors.New("no answer")

// Ask asks a question, and returns the line that answers it, without the spaces around it.
func (s *Screen) Ask(ctx context.Context, question string) (string, error) {
	if s.lines == nil {
		s.lines = bufio.NewReader(s.In)
	}
	fmt.Fprint(s.Err, words.Printable(question)+" ")
	answer, err := answerOf(ctx, func() (string, error) { return s.lines.ReadString('\n') })
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if answer == "" && err != nil {
		fmt.Fprintln(s.Err)
		return "", ErrNoAnswer
	}
	return strings.TrimSpace(answer), nil
}

// answerOf waits for a person, or until the program is told to end: what a person is
// asked for cannot be taken back, and is left behind then.
func answerOf[T any](ctx context.Context, ask func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	given := make(chan answer, 1)
	go func() {
		v, err := ask()
		given <- answer{v, err}
	}()
	select {
	case a := <-given:
		return a.value, a.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// openTerminal opens the terminal itself, whatever standard input is.
func openTerminal() (*os.File, error) {
	for _, name := range []string{"/dev/tty", "CONIN$"} { // the second is Windows'
		if f, err := os.OpenFile(name, os.O_RDWR, 0); err == nil {
			if term.IsTerminal(int(f.Fd())) {
				return f, nil
			}
			f.Close()
		}
	}
	return nil, errors.New("no terminal")
}
