package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/mtkkit/mtkkit/backup/seal"
)

// passphraseVariable holds a passphrase for scripts, where nobody can be asked.
const passphraseVariable = "MTKKIT_PASSPHRASE"

// keyFlag is for every command that may meet an encrypted backup.
func keyFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "key", Aliases: []string{"i"},
		Usage: "`FILE` with the private key of an encrypted backup: age's or an ssh key (a passphrase is asked for, or taken from " + passphraseVariable + ")"}
}

// keysOf returns what opens encrypted backups: the files that the user named, and a
// passphrase that is asked for when one is needed, once.
func keysOf(c *cli.Context) func() ([]seal.Key, error) {
	return sync.OnceValues(func() ([]seal.Key, error) {
		ids, err := seal.Keys(c.StringSlice("key"))
		if err != nil {
			return nil, err
		}
		return append(ids, seal.Asking(askOn(c.Context))), nil
	})
}

// askOn asks for passphrases until ctx ends.
func askOn(ctx context.Context) func(what string, again bool) (string, error) {
	return func(what string, again bool) (string, error) { return askPassphrase(ctx, what, again) }
}

// askPassphrase asks on the terminal, never on a pipe: standard input may be a dump.
func askPassphrase(ctx context.Context, what string, again bool) (string, error) {
	if p := os.Getenv(passphraseVariable); p != "" {
		return p, nil
	}
	tty, err := openTerminal()
	if err != nil {
		return "", hinted{fmt.Errorf("%s wants a passphrase, and there is no terminal to ask on", what),
			[]string{"set " + passphraseVariable + ", or use a key: --encrypt age1… to lock, --key FILE to open"}}
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
