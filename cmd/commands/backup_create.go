package commands

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/backup/parity"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/words"
)

// packOptions are the options of backup create.
type packOptions struct {
	dumpOptions
	wishOptions
	sealOptions
	output          string
	level           int
	identity, plain bool
	acceptGuess     bool
	zip             bool
	volume          int64
	parity          int
	share           bool
	ownerKey        string
	force           bool
}

// smallestVolume is the smallest size that --split-size accepts, bytes.
const smallestVolume = 1 << 20

func backupCreateCommand(u *ui) *cli.Command {
	o := &packOptions{dumpOptions: newDumpOptions(), wishOptions: newWishes(), level: 1}
	return &cli.Command{
		Name:      "create",
		Usage:     "pack a dump or a parts folder into one archive",
		ArgsUsage: "ROM_1 | FOLDER",
		Description: "Writes ROM_1.tar.zst: an image for every partition, the scatter file, the blocks map, manifest.json\n" +
			"and SHA256SUMS. A parts folder is packed as it is; its files are compared with their hashes.",
		Flags: flags.Of(flags.Fields(&o.output, &o.scatter, &o.boot1, &o.share, &o.encrypt, &o.force), o.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			path, err := flags.One(args, "dump or parts folder")
			if err != nil {
				return err
			}
			return create(ctx, u, o, path)
		}),
	}
}

func (o *packOptions) options() []flags.Option {
	return slices.Concat(
		flags.In(flags.GroupOutput, slices.Concat([]flags.Option{
			flags.Text(&o.output, "output o", "`FILE` to write (default: the dump's name with .tar.zst)"),
			flags.Number(&o.level, "level", "zstd compression level, `1-19`: 1 is fast, 3 gives smaller files, 7 and more are slow", 1, 19, ""),
		}, o.wishOptions.options(), []flags.Option{
			flags.Switch(&o.identity, "identity", "pack only the data that identify this phone: IMEI, calibration, serial numbers, keys, locks"),
			flags.Switch(&o.plain, "plain", "with --identity: permit an archive without encryption, which anybody can read"),
			flags.Switch(&o.zip, "zip", "write a zip archive, for Windows: larger, without holes, and it must be unpacked before it can be read"),
			flags.Size(&o.volume, "split-size", "write volumes of at most `SIZE`, such as 4000M for FAT32: FILE.001, FILE.002 …", smallestVolume, "4000M"),
			flags.Number(&o.parity, "parity", "also write a sidecar (FILE.par) of `N` percent of the archive's size, 1 to 50; it can repair damage of up to that size", 1, 50, " percent"),
			flags.Switch(&o.share, "share", "pack only data that all phones of this model have in common: no IMEI, no keys, no data of the owner, and no hash of these"),
			flags.Text(&o.ownerKey, "owner-key", "with --share: with the key in `FILE`, only you can later check which phone the archive is of; the file is made if it does not exist"),
			acceptGuessOption(&o.acceptGuess),
			flags.Switch(&o.force, "force f", "replace an archive that mtkkit wrote earlier"),
		})...),
		o.sealOptions.options(), o.dumpOptions.options())
}

// check refuses options that do not go together.
func (o *packOptions) check() error {
	switch {
	case o.parity > 0 && o.volume > 0:
		return usage("--parity needs a single file; it cannot be used with --split-size")
	case len(o.encryptPrivate) > 0 && (len(o.encrypt) > 0 || o.share):
		return usage("--encrypt-private cannot be used with --encrypt or --share: they leave nothing private in clear")
	case o.ownerKey != "" && !o.share:
		return usage("--owner-key needs --share; all other archives name their phone")
	case o.identity && o.share:
		return usage("--identity and --share cannot be used together: --identity packs what --share leaves out")
	}
	return nil
}

// archive makes the options of the library.
func (o *packOptions) archive(ctx context.Context, u *ui, path string) (opt archive.CreateOptions, err error) {
	opt = archive.CreateOptions{
		Path: path, Output: o.output, Tool: tool(), Wishes: o.wishes(),
		Identity: o.identity, Plain: o.plain, AcceptGuess: o.acceptGuess, Share: o.share, OwnerKey: o.ownerKey,
		Level: o.level, Zip: o.zip, Volume: o.volume, Parity: o.parity, Replace: o.force,
		Inputs: o.inputs(path), Progress: u.Bars.Event, Blocks: report.TextOptions{Exact: words.HintFull, Pictures: words.HintPictures},
	}
	if opt.Encrypt, opt.EncryptPrivate, err = o.recipients(ctx, u); err != nil {
		return opt, err
	}
	if opt.Open, err = o.dump(ctx, u); err != nil {
		return opt, err
	}
	if opt.Output == "" {
		opt.Output = words.OutputBeside(path, opt.Ending())
	}
	return opt, opt.Check()
}

func create(ctx context.Context, u *ui, o *packOptions, path string) error {
	if err := o.check(); err != nil {
		return err
	}
	opt, err := o.archive(ctx, u, path)
	if err != nil {
		return words.Backup(err)
	}
	asItIs, err := opt.AsItIs(ctx)
	if err != nil {
		return words.Backup(err)
	}
	if !asItIs {
		d, err := openInput(ctx, u, &o.dumpOptions, path)
		if err != nil {
			return err
		}
		defer d.Close()
		opt.Dump = d.Dump
	}
	made, err := archive.Create(ctx, opt)
	u.Bars.Clear()
	if none := (*archive.NoIdentityError)(nil); errors.As(err, &none) && !none.Names && opt.Dump != nil {
		return words.Advise(err, words.WantScatter(opt.Dump))
	}
	if made == nil {
		return words.Backup(patternWords(err))
	}
	told := o.tell(u, made)
	if err != nil { // the archive is complete, its sidecar is not
		return words.Backup(err)
	}
	return told
}

// tell prints what was packed.
func (o *packOptions) tell(u *ui, made *archive.Created) error {
	m := made.Record
	if u.JSON {
		if err := u.Document(document.NewManifest(m)); err != nil {
			return err
		}
	}
	u.Problems(m.Problems)
	o.tellNotes(u, made)
	u.Say("%s: %s, from %d files with %s (%s of data)", made.Output, flash.Size(made.Size), made.Images, flash.Size(made.Bytes), flash.Size(made.Data))
	if !m.Complete {
		u.Say("partial: the archive has only what was requested and what is in the dump")
	}
	switch name := words.Quoted(made.Files[0]); {
	case o.zip && len(o.encrypt) > 0:
		u.Say("check:  age -d %s > phone.zip && unzip -t phone.zip", name)
	case len(o.encrypt) > 0 && !slices.Contains(o.encrypt, seal.Passphrase):
		u.Say("check:  mtkkit backup verify %s --key FILE", name)
	default:
		u.Say("check:  mtkkit backup verify %s", name)
	}
	if made.Sidecar > 0 {
		u.Say("%s: %s, can repair %d %% of the archive", made.Output+parity.Suffix, flash.Size(made.Sidecar), o.parity)
	}
	return words.Verdict(m.Problems)
}

// tellNotes prints notes about an archive.
func (o *packOptions) tellNotes(u *ui, made *archive.Created) {
	if s := words.Identity(made.Identity, "do not share them"); s != "" {
		u.Note("%s", s)
	}
	if o.share {
		u.Note("left out, because it belongs to this phone or may belong to it: %s, the gaps between partitions, hashes of the whole dump, and the blocks map", strings.Join(made.LeftOut, " "))
		u.Note("mtkkit backup verify --share --against DUMP searches the archive for private data of the dump")
	}
	if o.ownerKey != "" {
		u.Note("only with the key in %s can verify --share --against check which phone the archive is of: keep that file, and do not share it", o.ownerKey)
	}
	if len(o.encryptPrivate) > 0 {
		u.Note("%d private files are encrypted (NAME%s); mtkkit with --key opens them, or age -d and then zstd -d", made.Locked, archive.LockedEnding)
	}
	if n := len(made.Files); n > 1 {
		u.Note("%d volumes: %s to %s", n, made.Files[0], made.Files[n-1])
	}
}
