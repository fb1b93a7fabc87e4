package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
)

// asPlace reads an argument as one backup in a place, unless a file has that name.
func asPlace(s string) (oci.Ref, bool) {
	ref, err := oci.ParseRef(s)
	if err != nil || ref.Tag == "" {
		return ref, false
	}
	_, err = os.Lstat(s)
	return ref, oci.IsLayout(s) || err != nil
}

// fileName matches what is an archive's name rather than a backup's in a registry.
var fileName = regexp.MustCompile(`(?i)\.(tar|zst|zip|age|par|gz|xz|7z|img|bin|[0-9]{3})$`)

// placeNotFile says of a place, given where a file is wanted, what takes places.
func placeNotFile(c *cli.Context, path string, err error) error {
	ref, perr := oci.ParseRef(path)
	if _, there := os.Lstat(path); perr != nil || there == nil || !oci.IsLayout(path) && (ref.Tag == "" || fileName.MatchString(path)) {
		return err
	}
	hints := []string{fmt.Sprintf("%s is a place of backups, not an archive: mtkkit backup tags %s lists what is in it", ref.Place(), ref.Place())}
	if ref.Tag != "" {
		hints = []string{fmt.Sprintf("%s is a backup in a place, and this command takes an archive: mtkkit backup pull %s gets it, --dump as the dump", path, path)}
	}
	return hinted{err, hints}
}

// verifyPlace reads all of a backup in a place, and proves it.
func verifyPlace(c *cli.Context, u *ui, ref oci.Ref) error {
	repo, err := openPlace(c, u, ref, false)
	if err != nil {
		return err
	}
	defer repo.Close()
	b, err := repo.Open(c.Context, ref.Tag)
	if errors.Is(err, seal.ErrKey) {
		b, err = repo.OpenSealed(c.Context, ref.Tag)
	}
	if err != nil {
		return placeHelp(err)
	}
	err = b.Verify(c.Context, u.bars.event)
	u.bars.clear()
	if c.Context.Err() != nil {
		return err
	}
	v := verdictDoc{Schema: "mtkkit.verify/1", Path: ref.String(), Verdict: "complete", Problems: b.Manifest.Problems}
	if err != nil {
		v.Verdict = "broken"
		for _, e := range each(err) {
			v.Problems = append(v.Problems, flash.Problem{Severity: flash.Error, Place: ref.Tag, Offset: flash.NoOffset, Text: e.Error()})
		}
		if err := v.say(u, "BROKEN: what is named above is lost, the rest is as it was pushed"); err != nil {
			return err
		}
		return placeHelp(fmt.Errorf("%s: the verification does not hold: %w", ref, each(err)[0]))
	}
	var bytes int64
	for _, o := range b.Outputs {
		bytes += o.Image.Size()
	}
	sentence := fmt.Sprintf("complete and unchanged: %d files, %s", len(b.Outputs), flash.Size(bytes))
	if b.Locked != nil {
		v.Verdict, sentence = "unchanged", fmt.Sprintf("unchanged: %d files, %s, and what is encrypted", len(b.Outputs), flash.Size(bytes))
		if c.IsSet("key") {
			v.Problems = append(v.Problems, flash.Problem{Severity: flash.Warning, Place: ref.Tag, Offset: flash.NoOffset,
				Text: fmt.Sprintf("%d encrypted blobs are as they were pushed, but the key that was given opens none: %v", b.Blobs(), b.Locked)})
		} else {
			u.note("%d blobs are encrypted, and proven to be as they were pushed, not that they open: --key FILE", b.Blobs())
		}
	}
	// A backup that is encrypted as a whole has no record for those without its key.
	partial := len(b.Manifest.Sources) > 0 && !b.Manifest.Complete && !b.Manifest.Whole || b.Locked == nil && !b.Manifest.Complete
	if partial {
		v.Verdict, sentence = "partial", fmt.Sprintf("partial: %d files are as they were pushed, but they are not all of the dump", len(b.Outputs))
		if b.Locked != nil {
			sentence = fmt.Sprintf("partial: %d files, and what is encrypted, are as they were pushed, but they are not all of the dump", len(b.Outputs))
		}
	}
	if err := v.say(u, sentence); err != nil {
		return err
	}
	if partial {
		return errProblems
	}
	return verdict(v.Problems)
}

// each takes a joined error apart.
func each(err error) []error {
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		return j.Unwrap()
	}
	return []error{err}
}
