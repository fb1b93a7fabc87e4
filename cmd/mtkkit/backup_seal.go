package main

import (
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// sealFlags say who can read an archive or a backup in a place.
func sealFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "encrypt", Aliases: []string{"r"},
			Usage: "only `RECIPIENT` can read it: age1…, 'ssh-ed25519 …', a file with such keys, or the word passphrase"},
		&cli.StringSliceFlag{Name: "encrypt-private",
			Usage: "only `RECIPIENT` can read what is private in it (nvram.bin.zst.age …); all else anybody"},
	}
}

// recipients are those whom an option names: --encrypt, --encrypt-private.
func recipients(c *cli.Context, option string) ([]seal.Recipient, error) {
	specs := c.StringSlice(option)
	if len(specs) == 0 {
		return nil, nil
	}
	to, err := seal.Recipients(specs, askOn(c.Context))
	if err != nil {
		return nil, err
	}
	return to, nil
}

// sealedTarget encrypts on the way to the file.
type sealedTarget struct {
	target
	plain interface {
		Write(b []byte) (int, error)
		Close() error
	}
}

func newSealedTarget(t target, to []seal.Recipient) (target, error) {
	w, err := seal.Writer(t, to)
	if err != nil {
		return nil, err
	}
	return &sealedTarget{t, w}, nil
}

func (s *sealedTarget) Write(b []byte) (int, error) { return s.plain.Write(b) }

// Finish writes the last piece, by which a reader knows that nothing is cut off.
func (s *sealedTarget) Finish() error {
	if err := s.plain.Close(); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	return s.target.Finish()
}

// isSealed recognises an encrypted archive by its beginning; what is in it nobody can
// tell without the key.
func isSealed(path string) bool {
	f, err := disk.OpenPlain(path)
	if err != nil {
		return false
	}
	defer f.Close()
	st, err := f.Stat()
	return err == nil && seal.Sniff(flash.Slice(fileImage{f, st.Size()}, flash.Extent{Length: st.Size()}))
}

// fileImage is a file as an Image.
type fileImage struct {
	*os.File
	size int64
}

func (f fileImage) Size() int64 { return f.size }
