package oci

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// A store may accept data and not keep them, or not return them for the tag. So the pushed data
// are requested again before the push reports success.

// asksAtOnce is the largest number of requests at a time.
const asksAtOnce = 8

// confirm requests the blobs that were sent, before a tag names them.
func (u *Upload) confirm(ctx context.Context, documents []ocispec.Descriptor) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	slots := make(chan struct{}, asksAtOnce)
	for _, d := range append(documents, u.sent...) {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			if err := u.repo.store.confirm(ctx, d); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// readBack reads the manifest by its tag, like a pull.
func (u *Upload) readBack(ctx context.Context, want ocispec.Descriptor, b []byte) error {
	got, err := u.repo.store.resolve(ctx, u.tag)
	if err != nil {
		return u.notKept(ctx, fmt.Errorf("the tag cannot be read back: %w", err))
	}
	if got.Digest != want.Digest {
		return u.notKept(ctx, fmt.Errorf("the tag names %s, but %s was pushed", got.Digest, want.Digest))
	}
	rc, err := u.repo.store.manifest(ctx, got)
	if err != nil {
		return u.notKept(ctx, fmt.Errorf("the manifest cannot be read back: %w", err))
	}
	read, err := readAll(rc, want, maxManifest)
	if err == nil && !bytes.Equal(read, b) {
		err = errOtherBytes
	}
	if err != nil {
		return u.notKept(ctx, fmt.Errorf("manifest %w", err))
	}
	return nil
}

func (u *Upload) notKept(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return fmt.Errorf("%w: %w", ErrNotKept, err)
}
