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

// PassphraseVariable is the environment variable with a passphrase for scripts.
const PassphraseVariable = "MTKKIT_PASSPHRASE"

// Asking returns a function that asks for a passphrase; it stops waiting when ctx ends. what is the file
// that needs the passphrase; again asks twice, for a new passphrase.
func (s *Screen) Asking(ctx context.Context) func(what string, again bool) (string, error) {
	return func(what string, again bool) (string, error) {
		if s.Listener != nil {
			return s.Listener.Passphrase(ctx, what)
		}
		return askPassphrase(ctx, what, again)
	}
}

// askPassphrase asks on the terminal and never on standard input, which may be a dump.
func askPassphrase(ctx context.Context, what string, again bool) (string, error) {
	if p := os.Getenv(PassphraseVariable); p != "" {
		return p, nil
	}
	tty, err := openTerminal()
	if err != nil {
		return "", words.Advise(fmt.Errorf("%s needs a passphrase, and there is no terminal to ask for it", what),
			"set "+PassphraseVariable+", or use a key: --encrypt age1… to encrypt, --key FILE to decrypt")
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
		if q, err := readSecret(ctx, tty, "repeat the passphrase: "); err != nil || p != q {
			return "", errors.Join(errors.New("the two passphrases differ"), err)
		}
	}
	return p, nil
}

// readSecret reads a line without showing it. If ctx ends while it waits, it restores the terminal.
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

// ErrNoAnswer is returned by Ask if standard input has no line.
var ErrNoAnswer = errors.New("no answer")

// Ask prints a question and returns the next line of standard input without surrounding spaces. It
// returns ErrNoAnswer if there is no line, and the error of ctx if that ends first.
func (s *Screen) Ask(ctx context.Context, question string) (string, error) {
	if s.Listener != nil {
		return "", ErrNoAnswer // its user was asked before the command began
	}
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

// answerOf returns the result of ask, or the error of ctx if that ends first. Reading from a terminal
// cannot be interrupted, so the goroutine is then left waiting.
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

// openTerminal opens the terminal, even if standard input is something else.
func openTerminal() (*os.File, error) {
	for _, name := range []string{"/dev/tty", "CONIN$"} { // CONIN$ is the terminal on Windows
		if f, err := os.OpenFile(name, os.O_RDWR, 0); err == nil {
			if term.IsTerminal(int(f.Fd())) {
				return f, nil
			}
			f.Close()
		}
	}
	return nil, errors.New("no terminal")
}
