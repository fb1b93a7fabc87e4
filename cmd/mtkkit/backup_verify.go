package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/whatis"
)

// archive is an opened archive and its file.
type archive struct {
	*backup.Archive
	file io.Closer
	path string
	keys func() ([]seal.Key, error)
}

func openBackup(c *cli.Context, path string) (*archive, error) {
	keys := keysOf(c)
	img, file, err := source.OpenBytes(c.Context, path, source.Options{Keys: keys})
	if err != nil {
		return nil, lockedWords(path, placeNotFile(c, path, err), c.StringSlice("key"))
	}
	a, err := backup.Open(img)
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	if errors.Is(err, flash.ErrNotThis) {
		err = whatElse(path, "archive of mtkkit", err, map[whatis.Kind]string{
			whatis.PartTable: "a dump is judged by mtkkit verify %s",
			whatis.Zip:       "where mtkkit made it, it is cut, or without its manifest: copy it once more; what it holds says unzip -l %s",
		})
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return &archive{a, file, path, keys}, nil
}

func (a *archive) Close() error {
	a.Archive.Close()
	return a.file.Close()
}

func backupVerifyCommand(u *ui) *cli.Command {
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
		Flags:  slices.Concat(repairFlags(), shareFlags(), placeFlags()),
		Before: checkShareFlags,
		Action: func(c *cli.Context) error { return verifyAny(c, u) },
	}
}

// verifyAny proves what the user names, or mends it.
func verifyAny(c *cli.Context, u *ui) error {
	path, err := oneFile(c, "archive or backup")
	if err != nil {
		return err
	}
	ref, place := asPlace(path)
	switch {
	case c.Bool("repair") || place:
		if err := u.speakOld(c); err != nil {
			return err
		}
		if place {
			return verifyPlace(c, u, ref)
		}
		return repairFile(c, u, path)
	case c.IsSet("output"):
		return usage("%s: -o goes with --repair", commandName(c))
	}
	if st, err := os.Stat(path); err == nil && st.IsDir() && !c.Bool("share") {
		if err := u.speakOld(c); err != nil {
			return err
		}
		return verifyFolder(c, u, path)
	}
	if c.Bool("share") {
		return withArchive(u, 1, func(c *cli.Context, a *archive) error { return verifyShare(c, u, a) })(c)
	}
	err = withArchive(u, 1, func(c *cli.Context, a *archive) error { return verifyBackup(c, u, a) })(c)
	if hasSidecar(c, path) && c.Context.Err() == nil {
		return verifySidecar(c, u, path, err)
	}
	return err
}

func verifyBackup(c *cli.Context, u *ui, a *archive) error {
	r, err := a.Verify(c.Context, backup.VerifyOptions{Progress: u.bars.event})
	if err != nil {
		return err
	}
	v := verdictDoc{Schema: "mtkkit.verify/1", Path: filepath.Clean(a.path), Problems: r.Problems}
	if !r.OK {
		v.Verdict = "broken"
		if err := v.say(u, "BROKEN: what is named above is lost, the rest is as it was written"); err != nil {
			return err
		}
		return fmt.Errorf("%s: the verification does not hold", a.path)
	}
	m, err := a.manifest()
	if err != nil {
		return err
	}
	sentence, lacking := fmt.Sprintf("complete and unchanged: %d files, %s", r.Members, flash.Size(r.Bytes)), m != nil && !m.Complete
	v.Verdict = "complete"
	if lacking {
		v.Verdict, sentence = "partial", fmt.Sprintf("partial: %d files are as they were packed, but they are not all of the dump", r.Members)
	}
	locked, err := proveLocked(c, u, a, m)
	if err != nil {
		return err
	}
	if v.Problems = append(v.Problems, locked.problems...); locked.opened > 0 && locked.opened == locked.all {
		sentence += ", and the key opens all that is encrypted"
	}
	if m != nil {
		v.Problems = append(v.Problems, slices.DeleteFunc(slices.Clone(m.Problems), func(p flash.Problem) bool { return p.Severity == flash.Note })...)
	}
	if err := v.say(u, sentence); err != nil {
		return err
	}
	if lacking {
		return errPartial
	}
	return verdict(v.Problems)
}

// errPartial is the exit code of an archive that is unchanged and not all of a dump.
var errPartial = fmt.Errorf("partial: %w", errProblems)
