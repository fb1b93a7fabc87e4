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

// What push, pull, tags and prune have in common: a store of backups.

const refHelp = "REF is oci:FOLDER:TAG (a folder that mtkkit makes and other OCI tools can read) or HOST/NAME:TAG (a registry).\n" +
	"For a registry, mtkkit uses the log-in of docker login."

func plainHTTPOption(p *bool) flags.Option {
	return flags.Switch(p, "plain-http", "connect to the registry without TLS: others in the network can then read backup and password")
}

// placeOptions are the options of a command that works on a store, or on one backup in it.
type placeOptions struct {
	displayOptions
	keyOptions
	plainHTTP bool
}

func (o *placeOptions) options() []flags.Option {
	return append(flags.In(flags.GroupInput, plainHTTPOption(&o.plainHTTP)), o.displayOptions.options()...)
}

// reach returns how the store is opened.
func (o *placeOptions) reach(ctx context.Context, u *ui) oci.Options {
	return oci.Options{PlainHTTP: o.plainHTTP, Keys: o.keys(ctx, u), Progress: u.Bars.Event}
}

// parsePlace parses a reference to a store or a backup. Its errors are usage errors.
func parsePlace(s string, withTag bool) (oci.Ref, error) {
	ref, err := oci.ParseRef(s)
	if err != nil {
		return ref, usage("%s", strings.TrimPrefix(err.Error(), "oci: "))
	}
	if withTag && ref.Tag == "" {
		return ref, usage("%s does not name a backup: add a tag, as in %s:blu-s5260-2026-11-22", s, s)
	}
	return ref, nil
}

// asPlace parses an argument as one backup in a store, unless a file has that name.
func asPlace(s string) (oci.Ref, bool) {
	ref, err := oci.ParseRef(s)
	if err != nil || ref.Tag == "" {
		return ref, false
	}
	_, err = os.Lstat(s)
	return ref, oci.IsLayout(s) || err != nil
}

// fileName matches what is more likely the name of an archive than a backup in a registry.
var fileName = regexp.MustCompile(`(?i)\.(tar|zst|zip|age|par|gz|xz|7z|img|bin|[0-9]{3})$`)

// placeNotFile adds a hint to err if the user named a store or a backup where a file is needed.
func placeNotFile(path string, err error) error {
	ref, perr := oci.ParseRef(path)
	if _, there := os.Lstat(path); perr != nil || there == nil || !oci.IsLayout(path) && (ref.Tag == "" || fileName.MatchString(path)) {
		return err
	}
	hints := []string{fmt.Sprintf("%s is a store of backups, not an archive: mtkkit backup tags %s lists its backups", ref.Store(), ref.Store())}
	if ref.Tag != "" {
		hints = []string{fmt.Sprintf("%s is a backup in a store, and this command reads archives: get it with mtkkit backup pull %s; with --dump, as a dump", path, path)}
	}
	return words.Advise(err, hints...)
}

// verifyPlace reads all of a backup in a store, and proves it.
func verifyPlace(ctx context.Context, u *ui, o *keyOptions, plainHTTP bool, ref oci.Ref) error {
	r, err := archive.VerifyStore(ctx, ref, oci.Options{PlainHTTP: plainHTTP, Keys: o.keys(ctx, u), Progress: u.Bars.Event})
	u.Bars.Clear()
	if err != nil {
		return words.Place(err)
	}
	doc := document.Verdict{Path: ref.String(), Verdict: string(r.State)}
	problems := flash.Problems(r.Problems)
	switch {
	case r.Opened == nil || r.State == archive.Broken:
	case len(o.key) > 0:
		problems.Add(flash.Warning, ref.Tag, "%d encrypted blobs are unchanged since the push, but the given key opens none of them: %v", r.Blobs, r.Opened)
	default:
		u.Note("%d blobs are encrypted: they are unchanged since the push; --key FILE also checks that they can be opened", r.Blobs)
	}
	doc.Problems = problems
	if err := sayVerdict(u, doc, "", words.StoreVerdict(r)); err != nil {
		return err
	}
	switch r.State {
	case archive.Broken:
		return words.Place(fmt.Errorf("%s: the verification failed: %w", ref, r.First))
	case archive.Partial:
		return words.ErrProblems
	}
	return words.Verdict(problems)
}
