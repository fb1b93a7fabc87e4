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
	level     int
	force     bool
	plainHTTP bool
}

func backupPushCommand(u *ui) *cli.Command {
	o := &pushOptions{dumpOptions: newDumpOptions(), level: oci.DefaultLevel}
	return &cli.Command{
		Name:      "push",
		Usage:     "keep a dump or a parts folder among the backups of other phones",
		ArgsUsage: "ROM_1|ROM_1.parts REF",
		Description: "Splits the dump as mtkkit split does and stores what no other backup in the same place holds already.\n" +
			refHelp + "\nA push that is interrupted goes on where it was when it is run again.\n" +
			"Who can read the place reads the phone, unless --encrypt or --encrypt-private locks it: what is encrypted shares\n" +
			"nothing with other backups. An encrypted archive is pushed as what is in it; these options lock that again.",
		Flags: flags.Of(flags.Fields(&o.scatter, &o.boot1, &o.encrypt, &o.encryptPrivate, &o.force), o.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			if len(args) != 2 {
				return usage("what, and where to? (mtkkit backup push ROM_1 oci:backups:blu-s5260-2026-11-22)")
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
			flags.Number(&o.level, "level", "zstd compression `LEVEL`, 1 to 19; another one breaks no sharing", 1, 19, ""),
			flags.Switch(&o.force, "force f", "the tag may exist; it then names the new backup"),
			plainHTTPOption(&o.plainHTTP)),
		o.sealOptions.options(), o.dumpOptions.options())
}

func push(ctx context.Context, u *ui, o *pushOptions, path string, ref oci.Ref) (err error) {
	if len(o.encrypt) > 0 && len(o.encryptPrivate) > 0 {
		return usage("--encrypt leaves nothing for --encrypt-private to lock: one of them, please")
	}
	opt := archive.PushOptions{Path: path, To: ref, Level: o.level, Replace: o.force,
		Store: oci.Options{PlainHTTP: o.plainHTTP, TempDir: o.tmp, Keys: o.keys(ctx), Progress: u.Bars.Event}}
	if opt.Encrypt, opt.EncryptPrivate, err = o.recipients(ctx); err != nil {
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

// tell says what was stored and what that cost.
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
		u.Say("encrypted: %d files, %s; they share nothing with other backups, and are sent again by every push", s.Sealed, flash.Size(s.SealedBytes))
		u.Say("check:  mtkkit backup verify %s --key FILE", ref)
	} else {
		u.Say("check:  mtkkit backup verify %s", ref)
	}
	if !m.Complete {
		u.Say("partial: the parts folder does not hold all of the dump, and neither does the backup")
	}
	found := placeProblems(ref, s)
	u.Problems(found)
	return words.Verdict(slices.Concat(flash.Problems(m.Problems), found))
}

// readersWords say who can read what of a backup.
func (o *pushOptions) readersWords(p *archive.Pushed) string {
	const mind = "mind who can read the place"
	switch {
	case len(o.encrypt) > 0:
		return "of the phone only its chip and board, names and sizes can be read without a key"
	case len(o.encryptPrivate) > 0:
		return "what is private is encrypted (IMEI, serial numbers, keys, personal data); all else is read by who can read the place"
	case p.Locked > 0:
		return fmt.Sprintf("%d files of it are encrypted and stay so (NAME%s); all else is read by who can read the place", p.Locked, archive.LockedEnding)
	case p.Folder:
		return "this backup carries the phone's identity (IMEI, serial numbers, keys, personal data): " + mind
	}
	return words.Identity(p.Identity, mind)
}

// placeProblems are what a push has found in the place that was there before it.
func placeProblems(ref oci.Ref, s oci.Stats) (out flash.Problems) {
	if s.Unread > 0 {
		out.Add(flash.Warning, ref.Store(), "%d other tags could not be read, so nothing is shared with them", s.Unread)
	}
	if s.Mended > 0 {
		out.Add(flash.Warning, ref.Store(), "%d blobs were damaged on the disk and have been written anew: the backups that share them are whole again; is the disk failing?", s.Mended)
	}
	if n := len(s.Damaged); n > 0 {
		out.Add(flash.Warning, ref.Store(), "%d blobs of other backups are damaged on the disk (%s …) and were not shared: mtkkit backup verify tells which backups they were of", n, s.Damaged[0])
	}
	return out
}
