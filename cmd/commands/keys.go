package commands

import (
	"context"
	"sync"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/cmd/screen"
)

// keyOptions are the options of every command that can read encrypted backups.
type keyOptions struct{ key []string }

func (o *keyOptions) options() []flags.Option {
	return flags.In(flags.GroupKeys, flags.List(&o.key, "key i",
		"`FILE` with the private key of an encrypted backup: an age key or an ssh key (mtkkit asks for a passphrase, or takes it from "+screen.PassphraseVariable+")"))
}

// keys returns the keys for encrypted backups: those in the files that the user named, and a
// passphrase. The passphrase is asked for only when it is needed, and only once.
func (o *keyOptions) keys(ctx context.Context, u *ui) func() ([]seal.Key, error) {
	return sync.OnceValues(func() ([]seal.Key, error) {
		ids, err := seal.Keys(o.key)
		if err != nil {
			return nil, err
		}
		return append(ids, seal.Asking(u.Asking(ctx))), nil
	})
}
