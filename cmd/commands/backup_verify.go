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

// backupVerifyOptions are the options of backup verify. dumpOptions are for the dump of --against.
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
		Usage:     "verify every byte of an archive or of a backup in a store, without unpacking it to disk",
		ArgsUsage: "phone.tar.zst | REF",
		Description: "A folder that mtkkit wrote is verified as mtkkit verify does.\n" +
			"If the archive has a sidecar (phone.tar.zst.par), it is verified too, and --repair can repair the archive with it.\n" +
			"With --share and --against, a shared archive is searched for private data of a dump of the same phone:\n" +
			"identifiers, blocks of private partitions, and hashes of these. This is a search, not a proof. Exit code 0:\n" +
			"nothing was found. 3: equal blocks were found. 1: the archive must not be shared. With --owner-key it also\n" +
			"checks whether the archive is of the phone; the result is in the text (with --json in owner: same, other or\n" +
			"unsigned) and does not change the exit code.\n" +
			"With --key, files that --encrypt-private encrypted are opened and read too.\n" + refHelp,
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
			flags.Text(&o.against, "against", "`DUMP` of the same phone; the archive is searched for its private data"),
			flags.Text(&o.scatter, "scatter", "scatter `FILE` of this phone (default: the table that the archive was made with)"),
			noSiblingsOption(&o.noSiblings),
			flags.Switch(&o.share, "share", "check that the archive has no private data; needs --against"),
			flags.Text(&o.ownerKey, "owner-key", "with --share: `FILE` with the owner's key, to check whether the archive is of the phone of DUMP"),
			flags.Text(&o.sidecar, "sidecar", "sidecar `FILE`, which has the parity (default: the archive's name with .par)"),
			plainHTTPOption(&o.plainHTTP)),
		flags.In(flags.GroupOutput,
			flags.Switch(&o.repair, "repair", "repair the archive with its sidecar (FILE.par) and write the result to -o; the archive itself is not changed"),
			flags.Text(&o.output, "output o", "`FILE` for the repaired copy")),
		o.keyOptions.options(), o.displayOptions.options())
}

func (o *backupVerifyOptions) check() error {
	switch {
	case o.share != (o.against != ""):
		return usage("--share and --against DUMP go together")
	case o.ownerKey != "" && !o.share:
		return usage("--owner-key needs --share")
	}
	return nil
}

// verifyAny verifies or repairs what the user names.
func verifyAny(ctx context.Context, u *ui, o *backupVerifyOptions, path string) error {
	ref, place := asPlace(path)
	st, err := os.Stat(path)
	switch {
	case place:
		return verifyPlace(ctx, u, &o.keyOptions, o.plainHTTP, ref)
	case o.repair:
		return repairFile(ctx, u, o, path)
	case o.output != "":
		return usage("-o needs --repair")
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
	a, err := openArchive(ctx, u, &o.keyOptions, path)
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
		return fmt.Errorf("%s: the verification failed", path)
	case archive.Partial:
		return errPartial
	}
	return words.Verdict(doc.Problems)
}

// withLocked returns the problems of a verdict, and one more if encrypted files were not opened.
func (o *backupVerifyOptions) withLocked(path string, r *archive.Verdict) flash.Problems {
	problems, l := flash.Problems(r.Problems), r.Locked
	switch {
	case l.Kept > 0:
		opens := "none of them"
		if l.Opened > 0 {
			opens = fmt.Sprintf("only %d others", l.Opened)
		}
		problems.Add(flash.Warning, path, "%d encrypted files are unchanged since they were packed, but the given key opens %s", l.Kept, opens)
	case l.All > 0 && len(o.key) == 0:
		problems.Add(flash.Note, path, "%d files are encrypted: they are unchanged since they were packed; --key FILE also checks that they can be opened", l.All)
	}
	return problems
}

// errPartial is the result for an archive that is unchanged but does not have all of a dump.
var errPartial = fmt.Errorf("partial: %w", words.ErrProblems)
