package words

import (
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/flash"
)

// Place adds to an error of a place of backups what can be done about it.
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
	return Advise(err, h)
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
