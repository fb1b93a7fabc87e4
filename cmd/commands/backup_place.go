package commands

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

// What push, pull, tags and prune have in common: a place where backups are kept.

const refHelp = "REF is oci:FOLDER:TAG, a folder that mtkkit makes and other OCI tools read, or HOST/NAME:TAG in a registry.\n" +
	"Who docker login let in is let in here."

func plainHTTPOption(p *bool) flags.Option {
	return flags.Switch(p, "plain-http", "speak to the registry without TLS: whoever listens reads backup and password")
}

// placeOptions are the options of a command that works on a place, or a backup in it.
type placeOptions struct {
	displayOptions
	keyOptions
	plainHTTP bool
}

func (o *placeOptions) options() []flags.Option {
	return append(flags.In(flags.GroupInput, plainHTTPOption(&o.plainHTTP)), o.displayOptions.options()...)
}

// reach says how the place is reached.
func (o *placeOptions) reach(ctx context.Context, u *ui) oci.Options {
	return oci.Options{PlainHTTP: o.plainHTTP, Keys: o.keys(ctx), Progress: u.Bars.Event}
}

// parsePlace reads a reference; what is wrong with it is wrong usage.
func parsePlace(s string, withTag bool) (oci.Ref, error) {
	ref, err := oci.ParseRef(s)
	if err != nil {
		return ref, usage("%s", strings.TrimPrefix(err.Error(), "oci: "))
	}
	if withTag && ref.Tag == "" {
		return ref, usage("%s names no backup: add a tag, as in %s:blu-s5260-2026-11-22", s, s)
	}
	return ref, nil
}

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
func placeNotFile(path string, err error) error {
	ref, perr := oci.ParseRef(path)
	if _, there := os.Lstat(path); perr != nil || there == nil || !oci.IsLayout(path) && (ref.Tag == "" || fileName.MatchString(path)) {
		return err
	}
	hints := []string{fmt.Sprintf("%s is a place of backups, not an archive: mtkkit backup tags %s lists what is in it", ref.Store(), ref.Store())}
	if ref.Tag != "" {
		hints = []string{fmt.Sprintf("%s is a backup in a place, and this command takes an archive: mtkkit backup pull %s gets it, --dump as the dump", path, path)}
	}
	return words.Advise(err, hints...)
}

// verifyPlace reads all of a backup in a place, and proves it.
func verifyPlace(ctx context.Context, u *ui, o *backupVerifyOptions, ref oci.Ref) error {
	r, err := archive.VerifyStore(ctx, ref, oci.Options{PlainHTTP: o.plainHTTP, Keys: o.keys(ctx), Progress: u.Bars.Event})
	u.Bars.Clear()
	if err != nil {
		return words.Place(err)
	}
	doc := document.Verdict{Path: ref.String(), Verdict: string(r.State)}
	problems := flash.Problems(r.Problems)
	switch {
	case r.Opened == nil || r.State == archive.Broken:
	case len(o.key) > 0:
		problems.Add(flash.Warning, ref.Tag, "%d encrypted blobs are as they were pushed, but the key that was given opens none: %v", r.Blobs, r.Opened)
	default:
		u.Note("%d blobs are encrypted, and proven to be as they were pushed, not that they open: --key FILE", r.Blobs)
	}
	doc.Problems = problems
	if err := sayVerdict(u, doc, "", words.StoreVerdict(r)); err != nil {
		return err
	}
	switch r.State {
	case archive.Broken:
		return words.Place(fmt.Errorf("%s: the verification does not hold: %w", ref, r.First))
	case archive.Partial:
		return words.ErrProblems
	}
	return words.Verdict(problems)
}
