package commands

import (
	"context"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

// pushOptions are the options of backup push.
type pushOptions struct {
	dumpOptions
	sealOptions
	level       int
	acceptGuess bool
	force       bool
	plainHTTP   bool
}

func backupPushCommand(u *ui) *cli.Command {
	o := &pushOptions{dumpOptions: newDumpOptions(), level: oci.DefaultLevel}
	return &cli.Command{
		Name:      "push",
		Usage:     "add a dump or a parts folder to a store of backups",
		ArgsUsage: "ROM_1|ROM_1.parts REF",
		Description: "Splits the dump as mtkkit split does, and stores only what no other backup in the same store has.\n" +
			refHelp + "\nIf a push is interrupted, run it again: it continues where it stopped.\n" +
			"Everybody who can read the store can read the phone's data, unless --encrypt or --encrypt-private is given.\n" +
			"Encrypted files share nothing with other backups. An encrypted archive is decrypted before it is pushed; give\n" +
			"one of these options to encrypt it again.",
		Flags: flags.Of(flags.Fields(&o.scatter, &o.boot1, &o.encrypt, &o.encryptPrivate, &o.force), o.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			if len(args) != 2 {
				return usage("a dump and a REF are needed (mtkkit backup push ROM_1 oci:backups:blu-s5260-2026-11-22)")
			}
			ref, err := parsePlace(args[1], true)
			if err != nil {
				return err
			}
			return push(ctx, u, o, args[0], ref)
		}),
	}
}

func (o *pushOptions) options() []flags.Option {
	return slices.Concat(
		flags.In(flags.GroupOutput,
			flags.Number(&o.level, "level", "zstd compression `LEVEL`, 1 to 19; backups of different levels still share their data", 1, 19, ""),
			flags.Switch(&o.force, "force f", "if the tag exists, let it name the new backup"),
			acceptGuessOption(&o.acceptGuess),
			plainHTTPOption(&o.plainHTTP)),
		o.sealOptions.options(), o.dumpOptions.options())
}

func push(ctx context.Context, u *ui, o *pushOptions, path string, ref oci.Ref) (err error) {
	if len(o.encrypt) > 0 && len(o.encryptPrivate) > 0 {
		return usage("--encrypt and --encrypt-private cannot be used together: --encrypt encrypts everything")
	}
	opt := archive.PushOptions{Path: path, To: ref, Level: o.level, Replace: o.force, AcceptGuess: o.acceptGuess,
		Store: oci.Options{PlainHTTP: o.plainHTTP, TempDir: o.tmp, Keys: o.keys(ctx, u), Progress: u.Bars.Event}}
	if opt.Encrypt, opt.EncryptPrivate, err = o.recipients(ctx, u); err != nil {
		return err
	}
	if !archive.IsParts(path) {
		d, err := openInput(ctx, u, &o.dumpOptions, path)
		if err != nil {
			return err
		}
		defer d.Close()
		opt.Dump = d.Dump
	}
	p, err := archive.Push(ctx, opt)
	u.Bars.Clear()
	if err != nil {
		return words.Place(words.Backup(err))
	}
	return o.tell(u, ref, p)
}

// tell prints what was stored and how much was sent.
func (o *pushOptions) tell(u *ui, ref oci.Ref, p *archive.Pushed) error {
	m, s := p.Record, p.Stats
	if u.JSON {
		if err := u.Document(document.NewPushed(ref, p)); err != nil {
			return err
		}
	}
	u.Problems(m.Problems)
	if readers := o.readersWords(p); readers != "" {
		u.Note("%s", readers)
	}
	u.Say("%s: %d files, %s; %s sent in %d blobs, %s was there already", ref, s.Files, flash.Size(s.Bytes), flash.Size(s.SentBytes), s.Sent, flash.Size(s.SharedBytes))
	if s.Sealed > 0 {
		u.Say("encrypted: %d files, %s; they share nothing with other backups, and every push sends them again", s.Sealed, flash.Size(s.SealedBytes))
		u.Say("check:  mtkkit backup verify %s --key FILE", ref)
	} else {
		u.Say("check:  mtkkit backup verify %s", ref)
	}
	if !m.Complete {
		u.Say("partial: the parts folder does not have all of the dump, so the backup does not have it either")
	}
	found := placeProblems(ref, s)
	u.Problems(found)
	return words.Verdict(slices.Concat(flash.Problems(m.Problems), found))
}

// readersWords returns who can read what of a backup.
func (o *pushOptions) readersWords(p *archive.Pushed) string {
	const mind = "check who can read the store"
	switch {
	case len(o.encrypt) > 0:
		return "without a key, only chip, board, names and sizes can be read"
	case len(o.encryptPrivate) > 0:
		return "private data are encrypted (IMEI, serial numbers, keys, personal data); everything else can be read by all who can read the store"
	case p.Locked > 0:
		return fmt.Sprintf("%d files are encrypted and stay encrypted (NAME%s); everything else can be read by all who can read the store", p.Locked, archive.LockedEnding)
	case p.Folder:
		return "this backup contains the phone's identity (IMEI, serial numbers, keys, personal data): " + mind
	}
	return words.Identity(p.Identity, mind)
}

// placeProblems returns the problems that a push found in the data of the store.
func placeProblems(ref oci.Ref, s oci.Stats) (out flash.Problems) {
	if s.Unread > 0 {
		out.Add(flash.Warning, ref.Store(), "%d other tags could not be read, so this backup shares no data with them", s.Unread)
	}
	if s.Mended > 0 {
		out.Add(flash.Warning, ref.Store(), "%d blobs were damaged on the disk and were written again: the backups that share them are complete again; the disk may be failing", s.Mended)
	}
	if n := len(s.Damaged); n > 0 {
		out.Add(flash.Warning, ref.Store(), "%d blobs of other backups are damaged on the disk (%s …) and were not shared: mtkkit backup verify shows which backups are affected", n, s.Damaged[0])
	}
	return out
}
