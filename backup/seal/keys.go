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

// Passphrase is the recipient for a passphrase.
const Passphrase = "passphrase"

// maxKeyFile is the size limit of a key file, bytes; a large ssh key has about 3 KB.
const maxKeyFile = 1 << 20

// testOnlyWorkFactor makes passphrases fast in tests: 2^N.
var testOnlyWorkFactor int

// Ask asks a person for a passphrase. What names the thing that it opens or locks. Again means
// that the passphrase is new and must be typed twice.
type Ask func(what string, again bool) (string, error)

// Recipients parses recipients as people write them: age1…, "ssh-ed25519 …", "ssh-rsa …",
// "passphrase", or the name of a file with such lines (an ssh .pub file, too). A passphrase
// cannot be combined with other recipients, because it would weaken them all.
func Recipients(specs []string, ask Ask) ([]Recipient, error) {
	var out []Recipient
	for _, spec := range specs {
		if spec == Passphrase {
			if len(specs) > 1 {
				return nil, errors.New("seal: a passphrase cannot be combined with another recipient")
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

// recipients reads one key, or a file of keys.
func recipients(spec string) ([]Recipient, error) {
	if r, err := recipient(spec); r != nil || err != nil {
		return one(r, err)
	}
	text, err := readSmall(spec)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("seal: %.60q is not a public key (age1…, ssh-ed25519 …, ssh-rsa …), not a file of them, and not %q", spec, Passphrase)
	}
	if err != nil {
		return nil, err
	}
	var out []Recipient
	for i, line := range lines(text) {
		r, err := recipient(line)
		if r == nil && err == nil {
			err = errors.New("not a public key")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: key %d: %w", spec, i+1, err)
		}
		out = append(out, r)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("seal: %s has no public key", spec)
	}
	return out, nil
}

func one(r Recipient, err error) ([]Recipient, error) {
	if err != nil {
		return nil, err
	}
	return []Recipient{r}, nil
}

// recipient parses one public key. It returns nil without an error for anything else.
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

// Keys reads private keys from files: age keys, or an ssh key. An ssh key that is locked by a
// passphrase is an error with a hint.
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

// Asking returns a key that asks for a passphrase when a file needs one, and not before. A
// passphrase that opened a file is tried on the next one first: an archive may contain many.
// After an answer that opened nothing, or no answer, it does not ask again.
func Asking(ask Ask) Key { return &asking{ask: ask} }

type asking struct {
	ask  Ask
	last string // the passphrase that opened a file, "" for none yet
	gave error  // error of an answer that opened nothing
}

// askError reports that no passphrase was given.
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
		err = errors.New("too large for a key file")
	}
	if err != nil {
		return nil, fmt.Errorf("seal: %s: %w", name, err)
	}
	return b, nil
}

// lines returns the lines that are neither empty nor comments.
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
