package oci

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/errdef"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
)

// store has blobs by their digest and manifests by tag: a layout folder or a repository of a
// registry. It can be used by several goroutines.
type store interface {
	getter

	// has looks for a blob. A layout folder reads the whole blob, once in a run; for a registry
	// it is the registry's answer.
	has(ctx context.Context, d ocispec.Descriptor) (presence, error)

	// confirm checks that a blob that was sent exists.
	confirm(ctx context.Context, d ocispec.Descriptor) error

	// spool returns an empty file for writing a blob, and put takes it: the file is closed and
	// removed afterwards, also after an error.
	spool() (*os.File, error)
	put(ctx context.Context, d ocispec.Descriptor, from *os.File) error
	drop(spooled *os.File)

	// manifest returns an unchecked manifest; resolve finds one by its tag.
	manifest(ctx context.Context, d ocispec.Descriptor) (io.ReadCloser, error)
	resolve(ctx context.Context, tag string) (ocispec.Descriptor, error)
	setTag(ctx context.Context, tag string, d ocispec.Descriptor, b []byte, replace bool) error
	tags(ctx context.Context) ([]string, error)
	close() error
}

// presence is what is known about a blob in a store.
type presence int

const (
	absent presence = iota
	damaged
	sound
)

type getter interface {
	get(ctx context.Context, d ocispec.Descriptor) (io.ReadCloser, error)
}

// Options says how a store is opened.
type Options struct {
	// Write opens the store for pushing: a missing layout folder is made.
	Write bool

	// PlainHTTP uses the registry without TLS: everybody on the network between can read the
	// backup and the password. It must be set for every host, loopback included.
	PlainHTTP bool

	// Keys returns the keys for encrypted backups. It is called only if there is one.
	Keys func() ([]seal.Key, error)

	NoSync   bool   // do not sync a folder: the system decides when the data reach the disk
	TempDir  string // folder for the temporary blobs of a push to a registry; "": the system's
	Progress func(flash.Event)
}

// Repo is an opened store for backups.
type Repo struct {
	Ref
	store store
	opt   Options
}

// Errors that callers can test for.
var (
	ErrNoTag = errors.New("no such tag")
	ErrAlien = errors.New("not a backup that mtkkit made")
)

// errExists is the refusal for a tag that must not be replaced.
func errExists() error { return flash.Refuse("oci", flash.ReasonOurs, "", "the tag exists") }

// errBusy is the refusal for a store that another run uses.
func errBusy() error {
	return flash.Refuse("oci", flash.ReasonBusy, "", "another run is using this store")
}

// Open opens the store of ref; the tag is ignored. A store that another run uses is a
// *flash.Refusal.
func Open(ref Ref, opt Options) (*Repo, error) {
	var (
		s   store
		err error
	)
	if ref.Layout != "" {
		s, err = openLayout(ref.Layout, opt)
	} else {
		s, err = openRegistry(ref, opt)
	}
	if err != nil {
		return nil, at(ref.Store(), err)
	}
	return &Repo{Ref: ref, store: s, opt: opt}, nil
}

// Close ends the use of the store.
func (r *Repo) Close() error { return r.store.close() }

// fail adds the store and the tag to an error.
func (r *Repo) fail(tag string, err error) error {
	ref := r.Ref
	ref.Tag = tag
	if errors.Is(err, errdef.ErrNotFound) && !errors.Is(err, ErrNotKept) && tag != "" {
		err = ErrNoTag
	}
	return at(ref.String(), plainly(err, r.opt.PlainHTTP))
}

// at adds the store to an error. A refusal gets it as its path.
func at(store string, err error) error {
	if no := flash.AsRefusal(err); no != nil && no.Path == "" {
		no.Path = store
		return err
	}
	return fmt.Errorf("%s: %w", store, err)
}

// readAll reads a whole blob into memory, proven by its digest.
func readAll(rc io.ReadCloser, d ocispec.Descriptor, limit int64) ([]byte, error) {
	defer rc.Close()
	if d.Size > limit {
		return nil, fmt.Errorf("%s has %v, but at most %v are allowed", d.Digest, flash.Size(d.Size), flash.Size(limit))
	}
	b, err := content.ReadAll(rc, d)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.Digest, err)
	}
	return b, nil
}

// putBytes stores a small blob.
func putBytes(ctx context.Context, s store, mediaType string, b []byte) (ocispec.Descriptor, error) {
	d := describe(mediaType, b)
	if there, err := s.has(ctx, d); there == sound || err != nil {
		return d, err
	}
	f, err := s.spool()
	if err != nil {
		return d, err
	}
	if _, err := io.Copy(f, bytes.NewReader(b)); err != nil {
		s.drop(f)
		return d, err
	}
	return d, s.put(ctx, d, f)
}

func describe(mediaType string, b []byte) ocispec.Descriptor {
	return ocispec.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(b), Size: int64(len(b))}
}
