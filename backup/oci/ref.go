package oci

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"oras.land/oras-go/v2/registry"
)

// Ref names a store for backups and, with a tag, one backup in it.
type Ref struct {
	Layout     string // path of an OCI image layout folder; "" for a registry
	Registry   string // host, or host:port
	Repository string // "phones/blu-s5260"
	Tag        string // "" for the whole store
}

// layoutPrefix is the prefix for layout folders, as in skopeo and podman.
const layoutPrefix = "oci:"

// tagName matches the tags that the distribution specification allows.
var tagName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)

// ErrRef is wrapped by the errors of ParseRef.
var ErrRef = errors.New("not a reference to backups")

func badRef(s, format string, a ...any) error {
	return fmt.Errorf("oci: %q is %w: %s", s, ErrRef, fmt.Sprintf(format, a...))
}

// IsLayout reports whether s has the prefix of a layout folder.
func IsLayout(s string) bool { return strings.HasPrefix(s, layoutPrefix) }

// ParseRef reads oci:FOLDER, oci:FOLDER:TAG, HOST/REPOSITORY or HOST/REPOSITORY:TAG.
// Errors wrap ErrRef.
func ParseRef(s string) (Ref, error) {
	if path, ok := strings.CutPrefix(s, layoutPrefix); ok {
		return parseLayout(s, path)
	}
	host, _, ok := strings.Cut(s, "/")
	if !ok || host == "." || host == ".." || host != "localhost" && !strings.ContainsAny(host, ".:") {
		return Ref{}, badRef(s, "write oci:FOLDER:TAG, or HOST/NAME:TAG with the registry's host")
	}
	r, err := registry.ParseReference(s)
	if err != nil {
		return Ref{}, badRef(s, "%v", err)
	}
	if r.Reference != "" && !tagName.MatchString(r.Reference) {
		return Ref{}, badRef(s, "%q is not a tag (digests are not accepted)", r.Reference)
	}
	return Ref{Registry: r.Registry, Repository: r.Repository, Tag: r.Reference}, nil
}

// parseLayout cuts the tag from a path. The path itself may have colons, as in C:\backups.
func parseLayout(s, path string) (Ref, error) {
	r := Ref{Layout: path}
	if i := strings.LastIndex(path, ":"); i >= 0 && !strings.ContainsAny(path[i:], `/\`) {
		r.Layout, r.Tag = path[:i], path[i+1:]
		if !tagName.MatchString(r.Tag) {
			return Ref{}, badRef(s, "%q is not a tag: a tag has letters, digits, . _ and -, at most 128", r.Tag)
		}
	}
	if r.Layout == "" {
		return Ref{}, badRef(s, "it names no folder")
	}
	return r, nil
}

// Store returns the reference without its tag.
func (r Ref) Store() string {
	if r.Layout != "" {
		return layoutPrefix + r.Layout
	}
	return r.Registry + "/" + r.Repository
}

func (r Ref) String() string {
	if r.Tag == "" {
		return r.Store()
	}
	return r.Store() + ":" + r.Tag
}
