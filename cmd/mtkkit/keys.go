package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/term"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/whatis"
)

// passphraseVariable holds a passphrase for scripts, where nobody can be asked.
const passphraseVariable = "MTKKIT_PASSPHRASE"

// keyOptions are for every command that may meet an encrypted backup.
type keyOptions struct{ key []string }

func (o *keyOptions) options() []flags.Option {
	return flags.In(flags.GroupKeys, flags.List(&o.key, "key i",
		"`FILE` with the private key of an encrypted backup: age's or an ssh key (a passphrase is asked for, or taken from "+passphraseVariable+")"))
}

// keys returns what opens encrypted backups: the files that the user named, and a passphrase
// that is asked for when one is needed, once.
func (o *keyOptions) keys(ctx context.Context) func() ([]seal.Key, error) {
	return sync.OnceValues(func() ([]seal.Key, error) {
		ids, err := seal.Keys(o.key)
		if err != nil {
			return nil, err
		}
		return append(ids, seal.Asking(askOn(ctx))), nil
	})
}

// withKeys says of a file that no key opens which key it wants: there are files for a passphrase
// and files for a private key. Given are the keys that the user named.
func withKeys(err error, given []string) error {
	var n *dump.NotDump
	if !errors.Is(err, seal.ErrKey) || !errors.As(err, &n) {
		return err
	}
	return lockedWords(n.Path, err, given)
}

// lockedWords is withKeys for a file that was to be opened as something else than a dump.
func lockedWords(path string, err error, given []string) error {
	t := dump.KindOf(path)
	if t == nil || t.Kind != whatis.Age || !errors.Is(err, seal.ErrKey) {
		return err
	}
	with := "a private key"
	for _, f := range t.Facts {
		if f.Key == "opens with" {
			with = f.Value
		}
	}
	switch {
	case with == whatis.ByPassphrase:
		return hinted{hidden{err, path + " is encrypted: this passphrase does not open it"}, []string{"try the passphrase again"}}
	case len(given) == 0:
		return hinted{hidden{err, fmt.Sprintf("%s is encrypted: it opens with %s, and no key was given", path, with)},
			[]string{"give your private key with --key FILE"}}
	}
	return hinted{hidden{err, fmt.Sprintf("%s is encrypted: it opens with %s, and none that was given is it", path, with)},
		[]string{"give another private key with --key FILE"}}
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
