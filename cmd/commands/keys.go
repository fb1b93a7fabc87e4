package commands

import (
	"context"
	"sync"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/cmd/screen"
)

// keyOptions are for every command that may meet an encrypted backup.
type keyOptions struct{ key []string }

func (o *keyOptions) options() []flags.Option {
	return flags.In(flags.GroupKeys, flags.List(&o.key, "key i",
		"`FILE` with the private key of an encrypted backup: age's or an ssh key (a passphrase is asked for, or taken from "+screen.PassphraseVariable+")"))
}

// keys returns what opens encrypted backups: the files that the user named, and a passphrase
// that is asked for when one is needed, once.
func (o *keyOptions) keys(ctx context.Context) func() ([]seal.Key, error) {
	return sync.OnceValues(func() ([]seal.Key, error) {
		ids, err := seal.Keys(o.key)
		if err != nil {
			return nil, err
		}
		return append(ids, seal.Asking(screen.Asking(ctx))), nil
	})
}
