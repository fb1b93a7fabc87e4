package commands

import (
	"context"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/cmd/flags"
)

// sealOptions are the options that say who can read an archive or a backup in a store.
type sealOptions struct{ encrypt, encryptPrivate []string }

func (o *sealOptions) options() []flags.Option {
	return flags.In(flags.GroupKeys,
		flags.List(&o.encrypt, "encrypt r", "encrypt all of it for `RECIPIENT`: age1…, 'ssh-ed25519 …', a file with such keys, or the word passphrase"),
		flags.List(&o.encryptPrivate, "encrypt-private", "encrypt only the private files (nvram.bin.zst.age …) for `RECIPIENT`; anybody can read the others"))
}

// recipients returns the recipients that the options name.
func (o *sealOptions) recipients(ctx context.Context, u *ui) (all, private []seal.Recipient, err error) {
	if all, err = recipients(ctx, u, o.encrypt); err == nil {
		private, err = recipients(ctx, u, o.encryptPrivate)
	}
	return all, private, err
}

func recipients(ctx context.Context, u *ui, specs []string) ([]seal.Recipient, error) {
	if len(specs) == 0 {
		return nil, nil
	}
	return seal.Recipients(specs, u.Asking(ctx))
}
