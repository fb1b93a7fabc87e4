package seal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"

	"github.com/mtkkit/mtkkit/disk"
)

// Passphrase is the recipient that stands for a passphrase.
const Passphrase = "passphrase"

// maxKeyFile bounds a file of keys, bytes; a large ssh key has some 3 KB.
const maxKeyFile = 1 << 20

// testOnlyWorkFactor makes passphrases cheap to try in tests: 2^N.
var testOnlyWorkFactor int

// Ask asks a person for a passphrase. For says what it opens or locks; again, that it
// is new and should be typed twice.
type Ask func(what string, again bool) (string, error)

// Recipients understands recipients as people give them: age1…, "ssh-ed25519 …",
// "ssh-rsa …", "passphrase", or the name of a file that holds such lines (an ssh .pub
// file too). A passphrase goes with no other recipient: it would weaken them all.
func Recipients(specs []string, ask Ask) ([]Recipient, error) {
	var out []Recipient
	for _, spec := range specs {
		if spec == Passphrase {
			if len(specs) > 1 {
				return nil, errors.New("seal: a passphrase goes with no other recipient")
			}
			p, err := ask("this backup", true)
			if err != nil {
				return nil, err
			}
			r, err := age.NewScryptRecipient(p)
			if err != nil {
				return nil, fmt.Errorf("seal: %w", err)
			}
			if testOnlyWorkFactor > 0 {
				r.SetWorkFactor(testOnlyWorkFactor)
			}
			return []Recipient{r}, nil
		}
		got, err := recipients(spec)
		if err != nil {
			return nil, err
		}
		out = append(out, got...)
	}
	return out, nil
}

// recipients reads one key, or a file of them.
func recipients(spec string) ([]Recipient, error) {
	if r, err := recipient(spec); r != nil || err != nil {
		return one(r, err)
	}
	text, err := readSmall(spec)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("seal: %.60q is no public key (age1…, ssh-ed25519 …, ssh-rsa …), no file of them, and not %q", spec, Passphrase)
	}
	if err != nil {
		return nil, err
	}
	var out []Recipient
	for i, line := range lines(text) {
		r, err := recipient(line)
		if r == nil && err == nil {
			err = errors.New("no public key")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: key %d: %w", spec, i+1, err)
		}
		out = append(out, r)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("seal: %s holds no public key", spec)
	}
	return out, nil
}

func one(r Recipient, err error) ([]Recipient, error) {
	if err != nil {
		return nil, err
	}
	return []Recipient{r}, nil
}

// recipient understands one public key; nil without an error is something else.
func recipient(s string) (Recipient, error) {
	var r Recipient
	var err error
	switch {
	case strings.HasPrefix(s, "age1pq1"):
		r, err = age.ParseHybridRecipient(s)
	case strings.HasPrefix(s, "age1"):
		r, err = age.ParseX25519Recipient(s)
	case strings.HasPrefix(s, "ssh-"):
		r, err = agessh.ParseRecipient(s)
	case strings.HasPrefix(s, "AGE-SECRET-KEY-"):
		return nil, errors.New("seal: this is a private key; keep it to yourself, and give the public one (age1…)")
	default:
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return r, nil
}

// Keys reads the private keys of files: age's own, or an ssh key. An ssh key that
// is locked by a passphrase is refused with a word about it.
func Keys(files []string) ([]Key, error) {
	var out []Key
	for _, name := range files {
		text, err := readSmall(name)
		if err != nil {
			return nil, err
		}
		if bytes.Contains(text, []byte("-----BEGIN")) {
			id, err := agessh.ParseIdentity(text)
			if err != nil {
				return nil, fmt.Errorf("seal: %s: %w (a locked ssh key: unlock a copy with ssh-keygen -p)", name, err)
			}
			out = append(out, id)
			continue
		}
		ids, err := age.ParseIdentities(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("seal: %s: %w", name, err)
		}
		out = append(out, ids...)
	}
	return out, nil
}

// Asking is a key that asks for a passphrase when a file turns out to be locked
// by one, and not before. One that has opened a file is tried on the next before anybody
// is asked again: an archive may hold many. After an answer that opened nothing, or none,
// nobody is asked any more.
func Asking(ask Ask) Key { return &asking{ask: ask} }

type asking struct {
	ask  Ask
	last string // the passphrase that opened a file, "" for none yet
	gave error  // what came of asking when it opened nothing
}

// askError is a passphrase that could not be had.
type askError struct{ error }

func (e *askError) Unwrap() error { return e.error }

// Unwrap implements age.Identity.
func (a *asking) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	if len(stanzas) != 1 || stanzas[0].Type != "scrypt" {
		return nil, age.ErrIncorrectIdentity
	}
	if a.last != "" {
		if key, err := a.try(a.last, stanzas); !errors.Is(err, age.ErrIncorrectIdentity) {
			return key, err
		}
	}
	if a.gave != nil {
		return nil, a.gave
	}
	p, err := a.ask("this backup", false)
	if err != nil {
		a.gave = &askError{err}
		return nil, a.gave
	}
	key, err := a.try(p, stanzas)
	if errors.Is(err, age.ErrIncorrectIdentity) {
		a.gave = err
	}
	return key, err
}

func (a *asking) try(passphrase string, stanzas []*age.Stanza) ([]byte, error) {
	id, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, err
	}
	key, err := id.Unwrap(stanzas)
	if err == nil {
		a.last = passphrase
	}
	return key, err
}

func readSmall(name string) ([]byte, error) {
	f, err := disk.OpenSmall(name)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err == nil && len(b) > maxKeyFile {
		err = errors.New("too large for a file of keys")
	}
	if err != nil {
		return nil, fmt.Errorf("seal: %s: %w", name, err)
	}
	return b, nil
}

// lines returns the lines that say something: neither empty nor comments.
func lines(text []byte) []string {
	var out []string
	s := bufio.NewScanner(bytes.NewReader(text))
	s.Buffer(nil, maxKeyFile+1)
	for s.Scan() {
		if l := strings.TrimSpace(s.Text()); l != "" && l[0] != '#' {
			out = append(out, l)
		}
	}
	return out
}
