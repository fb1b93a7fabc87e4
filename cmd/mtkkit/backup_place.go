package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
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
	return oci.Options{PlainHTTP: o.plainHTTP, Keys: o.keys(ctx), Progress: u.bars.event}
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
	return hinted{err, hints}
}

// verifyPlace reads all of a backup in a place, and proves it.
func verifyPlace(ctx context.Context, u *ui, o *backupVerifyOptions, ref oci.Ref) error {
	r, err := archive.VerifyStore(ctx, ref, oci.Options{PlainHTTP: o.plainHTTP, Keys: o.keys(ctx), Progress: u.bars.event})
	u.bars.clear()
	if err != nil {
		return placeHelp(err)
	}
	doc := document.Verdict{Path: ref.String(), Verdict: string(r.State)}
	problems := flash.Problems(r.Problems)
	switch {
	case r.Opened == nil || r.State == archive.Broken:
	case len(o.key) > 0:
		problems.Add(flash.Warning, ref.Tag, "%d encrypted blobs are as they were pushed, but the key that was given opens none: %v", r.Blobs, r.Opened)
	default:
		u.note("%d blobs are encrypted, and proven to be as they were pushed, not that they open: --key FILE", r.Blobs)
	}
	doc.Problems = problems
	if err := sayVerdict(u, doc, "", placeWords(r)); err != nil {
		return err
	}
	switch r.State {
	case archive.Broken:
		return placeHelp(fmt.Errorf("%s: the verification does not hold: %w", ref, r.First))
	case archive.Partial:
		return errProblems
	}
	return verdict(problems)
}

// placeWords are the sentence of a verdict on a backup in a place.
func placeWords(r *archive.StoreVerdict) string {
	switch {
	case r.State == archive.Broken:
		return "BROKEN: what is named above is lost, the rest is as it was pushed"
	case r.State == archive.Partial && r.Opened != nil:
		return fmt.Sprintf("partial: %d files, and what is encrypted, are as they were pushed, but they are not all of the dump", r.Files)
	case r.State == archive.Partial:
		return fmt.Sprintf("partial: %d files are as they were pushed, but they are not all of the dump", r.Files)
	case r.Opened != nil:
		return fmt.Sprintf("unchanged: %d files, %s, and what is encrypted", r.Files, flash.Size(r.Bytes))
	}
	return fmt.Sprintf("complete and unchanged: %d files, %s", r.Files, flash.Size(r.Bytes))
}

// placeHelp adds to an error of the place what can be done about it.
func placeHelp(err error) error {
	var (
		dns *net.DNSError
		h   string
	)
	switch {
	case err == nil:
		return nil
	case flash.AsRefusal(err) != nil:
		return refusal{err, []string{refusalHint(flash.AsRefusal(err))}}
	case errors.Is(err, oci.ErrNoTag):
		h = hintTags
	case errors.Is(err, oci.ErrDamaged):
		h = "the place where the backup is kept has damaged it: look for another copy, and push the phone again to a new place, for here a new backup shares what is damaged"
	case errors.Is(err, oci.ErrNoTLS):
		h = "the registry speaks plain HTTP: --plain-http, if nobody between here and there can listen"
	case errors.Is(err, oci.ErrOnlyTLS):
		h = "leave --plain-http out"
	case errors.Is(err, oci.ErrNotKept):
		h = "the backup is not there for sure: push again, which sends only what is missing; if it stays so, take another registry, or a folder (oci:FOLDER:TAG)"
	case errors.Is(err, oci.ErrManifest):
		h = manifestHelp(oci.Status(err))
	case oci.Status(err) == http.StatusMethodNotAllowed:
		h = "the registry does not allow this, as read-only ones and caches do not: take another, or a folder (oci:FOLDER:TAG)"
	case oci.Status(err) == http.StatusTooManyRequests || oci.Status(err) >= 500:
		h = "the registry is too busy or out of order: try again later; what was sent is not sent again"
	case oci.IsDenied(err):
		h = "log in with docker login, podman login --authfile ~/.docker/config.json or skopeo login, and try again"
	case errors.As(err, &dns):
		h = fmt.Sprintf("is %q the registry's host?", dns.Name)
	default:
		return err
	}
	return hinted{err, []string{h}}
}

// manifestHelp is what can be done where a registry has the blobs and refuses the manifest.
func manifestHelp(status int) string {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return "the registry wants smaller manifests: take another, or a folder (oci:FOLDER:TAG)"
	case http.StatusConflict, http.StatusMethodNotAllowed, http.StatusPreconditionFailed:
		return "the registry may not let a tag be set or moved: choose another tag, or ask who runs it"
	}
	return "the registry takes no OCI artifacts (manifests with an artifactType), as older ones do not: take one that does, or a folder (oci:FOLDER:TAG)"
}
