package oci

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/gofrs/flock"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/errdef"

	"github.com/mtkkit/mtkkit/disk"
)

// The tags of a layout folder are in index.json, which is read and replaced as a whole.

// index reads index.json.
func (l *layout) index() (*ocispec.Index, error) {
	b, err := l.readSmall(ocispec.ImageIndexFile, maxIndexJSON)
	if err != nil {
		return nil, err
	}
	x := new(ocispec.Index)
	if err := json.Unmarshal(b, x); err != nil {
		return nil, fmt.Errorf("index.json: %w", err)
	}
	return x, nil
}

// lockIndex calls do while no other run can change index.json.
func (l *layout) lockIndex(ctx context.Context, do func() error) error {
	path, err := l.lockFile("index.lock", true)
	if err != nil {
		return err
	}
	lock := flock.New(path)
	if _, err := lock.TryLockContext(ctx, lockStep); errors.Is(err, context.DeadlineExceeded) {
		return errBusy()
	} else if err != nil {
		return err
	}
	defer lock.Close()
	return do()
}

// change replaces index.json with the result of edit.
func (l *layout) change(ctx context.Context, edit func(*ocispec.Index) error) error {
	return l.lockIndex(ctx, func() error {
		x, err := l.index()
		if err != nil {
			return err
		}
		if err := edit(x); err != nil {
			return err
		}
		if err := l.syncDir(filepath.Join(ocispec.ImageBlobsDir, "sha256")); err != nil { // the names of the blobs before the index that lists them
			return err
		}
		return l.writeJSON(ocispec.ImageIndexFile, x)
	})
}

func (l *layout) resolve(_ context.Context, tag string) (ocispec.Descriptor, error) {
	x, err := l.index()
	if err != nil {
		return ocispec.Descriptor{}, err
	}
	i := slices.IndexFunc(x.Manifests, isTag(tag))
	if i < 0 {
		return ocispec.Descriptor{}, errdef.ErrNotFound
	}
	return x.Manifests[i], nil
}

func isTag(tag string) func(ocispec.Descriptor) bool {
	return func(d ocispec.Descriptor) bool { return d.Annotations[ocispec.AnnotationRefName] == tag }
}

func (l *layout) setTag(ctx context.Context, tag string, d ocispec.Descriptor, b []byte, replace bool) error {
	if _, err := putBytes(ctx, l, d.MediaType, b); err != nil {
		return err
	}
	return l.change(ctx, func(x *ocispec.Index) error {
		d.Annotations = map[string]string{ocispec.AnnotationRefName: tag}
		i := slices.IndexFunc(x.Manifests, isTag(tag))
		switch {
		case i < 0:
			x.Manifests = append(x.Manifests, d)
		case replace:
			x.Manifests[i] = d
		default:
			return errExists()
		}
		return nil
	})
}

func (l *layout) tags(context.Context) ([]string, error) {
	x, err := l.index()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, d := range x.Manifests {
		if t := d.Annotations[ocispec.AnnotationRefName]; t != "" {
			out = append(out, t)
		}
	}
	return out, nil
}

// writeJSON replaces a small file of the layout by rename, and syncs it.
func (l *layout) writeJSON(name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	f, err := l.spool()
	if err != nil {
		return err
	}
	if _, err = f.Write(b); err != nil {
		l.drop(f)
		return err
	}
	return l.finish(f, name, false)
}

// syncDir syncs a folder of the layout.
func (l *layout) syncDir(name string) error {
	if l.noSync {
		return nil
	}
	return disk.SyncDir(l.path(name))
}
