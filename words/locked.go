package words

import (
	"errors"
	"fmt"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/whatis"
)

// LockedDump says which kind of key an encrypted dump needs, if err is about one that no key
// opens: a passphrase or a private key. Given are the keys that the user named. It returns any
// other error unchanged.
func LockedDump(err error, given []string) error {
	var n *dump.NotDump
	if !errors.Is(err, seal.ErrKey) || !errors.As(err, &n) {
		return err
	}
	return Locked(n.Path, err, given)
}

// Locked is LockedDump for a file that should be opened as something other than a dump.
func Locked(path string, err error, given []string) error {
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
		return Advise(Reword(err, path+" is encrypted: this passphrase does not open it"), "try the passphrase again")
	case len(given) == 0:
		return Advise(Reword(err, fmt.Sprintf("%s is encrypted: it opens with %s, and no key was given", path, with)), "give your private key with --key FILE")
	}
	return Advise(Reword(err, fmt.Sprintf("%s is encrypted: it opens with %s, and none of the given keys opens it", path, with)), "give another private key with --key FILE")
}
