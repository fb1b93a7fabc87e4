package words

import (
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/flash"
)

// Place adds hints to an error of a backup store.
func Place(err error) error {
	var (
		dns *net.DNSError
		h   string
	)
	switch {
	case err == nil:
		return nil
	case flash.AsRefusal(err) != nil:
		return Refuse(err, RefusalHint(flash.AsRefusal(err)))
	case errors.Is(err, oci.ErrNoTag):
		h = hintTags
	case errors.Is(err, oci.ErrDamaged):
		h = "the store has damaged the backup: look for another copy, and push the phone again to a new store, because a new backup in this store shares the damaged bytes"
	case errors.Is(err, oci.ErrContradiction):
		h = "somebody, or something, changed the backup after it was pushed: look for another copy, or push the phone again"
	case errors.Is(err, oci.ErrNoTLS):
		h = "the registry uses plain HTTP: give --plain-http if nobody can listen on the network between"
	case errors.Is(err, oci.ErrOnlyTLS):
		h = "leave --plain-http out"
	case errors.Is(err, oci.ErrNotKept):
		h = "the backup may be incomplete: push again, which sends only what is missing; if it fails again, use another registry, or a folder (oci:FOLDER:TAG)"
	case errors.Is(err, oci.ErrManifest):
		h = manifestHelp(oci.Status(err))
	case oci.Status(err) == http.StatusMethodNotAllowed:
		h = "the registry does not allow this (read-only registries and caches do not): use another, or a folder (oci:FOLDER:TAG)"
	case oci.Status(err) == http.StatusTooManyRequests || oci.Status(err) >= 500:
		h = "the registry is too busy or broken: try again later; bytes that were sent are not sent again"
	case oci.IsDenied(err):
		h = "log in with docker login, podman login --authfile ~/.docker/config.json or skopeo login, and try again"
	case errors.As(err, &dns):
		h = fmt.Sprintf("is %q the registry's host?", dns.Name)
	default:
		return err
	}
	return Advise(err, h)
}

// manifestHelp returns the hint for a registry that has the blobs and refuses the manifest.
func manifestHelp(status int) string {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return "the registry only accepts smaller manifests: use another, or a folder (oci:FOLDER:TAG)"
	case http.StatusConflict, http.StatusMethodNotAllowed, http.StatusPreconditionFailed:
		return "the registry may not allow a tag to be set or moved: choose another tag, or ask its administrator"
	}
	return "the registry does not accept OCI artifacts (manifests with an artifactType), as older ones do not: use one that does, or a folder (oci:FOLDER:TAG)"
}
