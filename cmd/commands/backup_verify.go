package commands

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

// backupVerifyOptions are the options of backup verify. Those of a dump are for the dump that
// a shared archive is held against.
type backupVerifyOptions struct {
	dumpOptions
	repair    bool
	output    string
	sidecar   string
	share     bool
	against   string
	ownerKey  string
	plainHTTP bool
}

func backupVerifyCommand(u *ui) *cli.Command {
	o := &backupVerifyOptions{dumpOptions: newDumpOptions()}
	return &cli.Command{
		Name:      "verify",
		Usage:     "prove an archive or a backup in a place, every byte of it, without unpacking it to disk",
		ArgsUsage: "phone.tar.zst | REF",
		Description: "A folder that mtkkit wrote is verified as mtkkit verify does.\n" +
			"Where a sidecar stands beside the archive, phone.tar.zst.par, it is proven too, and --repair mends by it.\n" +
			"With --share and --against, a shared archive is searched for what is private in a dump of the same phone:\n" +
			"its identifiers, blocks of its private partitions, and hashes of them. A search, not a proof. It ends with\n" +
			"0 when nothing was found, 3 when equal blocks were, and 1 when the archive must not be shared. Whether it\n" +
			"is of the phone (--owner-key) is in the text, and with --json in owner: same, other or unsigned; that does\n" +
			"not change how it ends.\n" +
			"With --key, what --encrypt-private locked is opened and read too; without, a note says that no key was tried.\n" + refHelp,
		Flags: flags.Of(flags.Fields(&o.key, &o.repair, &o.output, &o.share, &o.against, &o.json), o.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			path, err := flags.One(args, "archive or backup")
			if err != nil {
				return err
			}
			return verifyAny(ctx, u, o, path)
		}),
	}
}

func (o *backupVerifyOptions) options() []flags.Option {
	return slices.Concat(
		flags.In(flags.GroupInput,
			flags.Text(&o.against, "against", "`DUMP` of the same phone, whose secrets are searched for"),
			flags.Text(&o.scatter, "scatter", "scatter `FILE` of this phone (default: the table that the archive was made with)"),
			noSiblingsOption(&o.noSiblings),
			flags.Switch(&o.share, "share", "is anything private in it? Needs --against"),
			flags.Text(&o.ownerKey, "owner-key", "with --share: `FILE` with the owner's key; is the archive of the phone in DUMP?"),
			flags.Text(&o.sidecar, "sidecar", "`FILE` with the parity (default: the file's name with .par)"),
			plainHTTPOption(&o.plainHTTP)),
		flags.In(flags.GroupOutput,
			flags.Switch(&o.repair, "repair", "mend the file by its sidecar (FILE.par) and write it to -o; the file itself stays as it is"),
			flags.Text(&o.output, "output o", "`FILE` that the mended copy is written to")),
		o.keyOptions.options(), o.displayOptions.options())
}

func (o *backupVerifyOptions) check() error {
	switch {
	case o.share != (o.against != ""):
		return usage("--share and --against DUMP go together")
	case o.ownerKey != "" && !o.share:
		return usage("--owner-key goes with --share")
	}
	return nil
}

// verifyAny proves what the user names, or mends it.
func verifyAny(ctx context.Context, u *ui, o *backupVerifyOptions, path string) error {
	ref, place := asPlace(path)
	st, err := os.Stat(path)
	switch {
	case place:
		return verifyPlace(ctx, u, o, ref)
	case o.repair:
		return repairFile(ctx, u, o, path)
	case o.output != "":
		return usage("-o goes with --repair")
	case o.share:
		return verifyShare(ctx, u, o, path)
	case err == nil && st.IsDir():
		return verify(ctx, u, &o.dumpOptions, path)
	}
	err = verifyArchive(ctx, u, o, path)
	if o.hasSidecar(path) && ctx.Err() == nil {
		return verifySidecar(ctx, u, o, path, err)
	}
	return err
}

func verifyArchive(ctx context.Context, u *ui, o *backupVerifyOptions, path string) error {
	a, err := openArchive(ctx, &o.keyOptions, path)
	if err != nil {
		return err
	}
	defer a.Close()
	r, err := a.Verify(ctx, archive.VerifyOptions{TryKeys: len(o.key) > 0, Progress: u.Bars.Event})
	if err != nil {
		return err
	}
	doc := document.Verdict{Path: filepath.Clean(path), Verdict: string(r.State), Problems: o.withLocked(path, r)}
	if err := sayVerdict(u, doc, "", words.ArchiveVerdict(r)); err != nil {
		return err
	}
	switch r.State {
	case archive.Broken:
		return fmt.Errorf("%s: the verification does not hold", path)
	case archive.Partial:
		return errPartial
	}
	return words.Verdict(doc.Problems)
}

// withLocked are the problems of a verdict, and what is to be said of private files that are
// encrypted.
func (o *backupVerifyOptions) withLocked(path string, r *archive.Verdict) flash.Problems {
	problems, l := flash.Problems(r.Problems), r.Locked
	switch {
	case l.Kept > 0:
		opens := "none of them"
		if l.Opened > 0 {
			opens = fmt.Sprintf("%d others only", l.Opened)
		}
		problems.Add(flash.Warning, path, "%d encrypted files are as they were packed, but the key that was given opens %s", l.Kept, opens)
	case l.All > 0 && len(o.key) == 0:
		problems.Add(flash.Note, path, "%d files are encrypted: proven is that they are as they were packed, not that a key opens them (--key FILE)", l.All)
	}
	return problems
}

// errPartial is the exit code of an archive that is unchanged and not all of a dump.
var errPartial = fmt.Errorf("partial: %w", words.ErrProblems)
