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

// store holds blobs by their digest and manifests by tag: a layout folder or a
// repository of a registry. It is safe for use by several goroutines.
type store interface {
	getter

	// has looks for a blob. A layout folder reads it through, once a run; of a registry's
	// blobs it is the registry's word.
	has(ctx context.Context, d ocispec.Descriptor) (presence, error)

	// confirm makes sure that a blob that was sent is there.
	confirm(ctx context.Context, d ocispec.Descriptor) error

	// spool returns an empty file to put a blob together in, and put takes it: it is
	// closed and gone afterwards, whatever comes of it.
	spool() (*os.File, error)
	put(ctx context.Context, d ocispec.Descriptor, from *os.File) error
	drop(spooled *os.File)

	// manifest returns a manifest unchecked; resolve finds one by its tag.
	manifest(ctx context.Context, d ocispec.Descriptor) (io.ReadCloser, error)
	resolve(ctx context.Context, tag string) (ocispec.Descriptor, error)
	setTag(ctx context.Context, tag string, d ocispec.Descriptor, b []byte, replace bool) error
	tags(ctx context.Context) ([]string, error)
	close() error
}

// presence is what is known of a blob in a store.
type presence int

const (
	absent presence = iota
	damaged
	sound
)

type getter interface {
	get(ctx context.Context, d ocispec.Descriptor) (io.ReadCloser, error)
}

// Options say how a store is reached.
type Options struct {
	// Write opens for pushing: a layout folder that is not there is made.
	Write bool

	// PlainHTTP speaks to the registry without TLS, so that whoever listens reads the
	// backup and the password. No host is excepted from asking for it, loopback neither.
	PlainHTTP bool

	// Keys returns the keys for what is encrypted; it is called only when something is.
	Keys func() ([]seal.Key, error)

	NoSync   bool   // leave it to the system when what is pushed to a folder reaches the disk
	TempDir  string // where blobs are put together for a registry; "": the system's place
	Progress func(flash.Event)
}

// Repo is an opened store for backups.
type Repo struct {
	Ref
	store store
	opt   Options
}

// Errors that callers tell apart.
var (
	ErrNoTag = errors.New("no such tag")
	ErrAlien = errors.New("not a backup that mtkkit made")
)

// errExists is a tag that is not to be replaced.
func errExists() error { return flash.Refuse("oci", flash.ReasonOurs, "", "the tag exists") }

// errBusy is a store that another run uses.
func errBusy() error {
	return flash.Refuse("oci", flash.ReasonBusy, "", "another run is at work here")
}

// Open opens the store that ref names; its tag is not looked at. A store that another run
// uses is a *flash.Refusal.
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

// fail says where an error came from.
func (r *Repo) fail(tag string, err error) error {
	ref := r.Ref
	ref.Tag = tag
	if errors.Is(err, errdef.ErrNotFound) && !errors.Is(err, ErrNotKept) && tag != "" {
		err = ErrNoTag
	}
	return at(ref.String(), plainly(err, r.opt.PlainHTTP))
}

// at puts the store before an error. A refusal gets it as its path.
func at(store string, err error) error {
	if no := flash.AsRefusal(err); no != nil && no.Path == "" {
		no.Path = store
		return err
	}
	return fmt.Errorf("%s: %w", store, err)
}

// readAll reads a blob that has to be in memory as a whole, proven by its digest.
func readAll(rc io.ReadCloser, d ocispec.Descriptor, limit int64) ([]byte, error) {
	defer rc.Close()
	if d.Size > limit {
		return nil, fmt.Errorf("%s has %v, at most %v can be right", d.Digest, flash.Size(d.Size), flash.Size(limit))
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
