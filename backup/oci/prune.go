package oci

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"

	"github.com/mtkkit/mtkkit/flash"
)

// Policy says which backups are removed: those that match, and are neither among the newest Keep
// nor younger than Older. A tag that is not a backup of mtkkit, or that cannot be read, stays.
type Policy struct {
	Match  string        // pattern of tags for path.Match; "": all
	Keep   int           // number of the newest backups that stay, whatever their age
	Older  time.Duration // backups younger than this stay
	Now    time.Time
	DryRun bool // only report what would be removed
}

// Pruned describes what was removed, or would be.
type Pruned struct {
	Removed []Info          `json:"removed"`
	Kept    []Info          `json:"kept"`
	Blobs   int             `json:"blobs"` // number of blobs that no tag needs any more
	Bytes   int64           `json:"size"`  // size of these blobs, bytes
	Remote  bool            `json:"registry"`
	Notes   []flash.Problem `json:"problems"`
}

// choose divides the tags by the policy.
func (p Policy) choose(all []Info) (gone, kept []Info) {
	newer := 0
	for _, i := range slices.Backward(all) {
		match := true
		if p.Match != "" {
			match, _ = path.Match(p.Match, i.Tag)
		}
		if !match || i.Alien || i.Problem != "" || i.Created.IsZero() {
			kept = append(kept, i)
			continue
		}
		newer++
		if newer <= p.Keep || p.Now.Sub(i.Created) < p.Older {
			kept = append(kept, i)
		} else {
			gone = append(gone, i)
		}
	}
	slices.Reverse(gone)
	slices.Reverse(kept)
	return gone, kept
}

// Prune removes the tags that the policy selects and, in a layout folder, all blobs that no tag
// needs then, including those of unfinished pushes. A policy without Keep and Older selects no
// tag. In a registry the blobs are removed by the registry's own garbage collection.
func (r *Repo) Prune(ctx context.Context, p Policy) (*Pruned, error) {
	if _, err := path.Match(p.Match, "x"); err != nil {
		return nil, fmt.Errorf("oci: %q: %w", p.Match, err)
	}
	l, local := r.store.(*layout)
	if local && !p.DryRun {
		if err := l.alone(); err != nil {
			return nil, r.fail("", err)
		}
	}
	all, err := r.List(ctx)
	if err != nil {
		return nil, err
	}
	out := &Pruned{Remote: !local}
	if out.Kept = all; p.Keep > 0 || p.Older > 0 {
		out.Removed, out.Kept = p.choose(all)
	}
	if local {
		err = l.prune(ctx, p.DryRun, out)
	} else if !p.DryRun {
		err = r.store.(*remoteStore).prune(ctx, out)
	}
	if err != nil {
		return out, r.fail("", err)
	}
	return out, nil
}

// alone waits a moment until no other run reads or pushes, and then keeps others out.
func (l *layout) alone() error {
	if l.use == nil {
		path, err := l.lockFile("use.lock", true)
		if err != nil {
			return err
		}
		l.use = flock.New(path)
	} else if err := l.use.Unlock(); err != nil {
		return err
	}
	ok, err := l.use.TryLock()
	if err == nil && !ok {
		err = errBusy()
	}
	return err
}

// prune removes the tags from the index, and then the blobs that nothing names. If it is killed
// in between, there are too many blobs, but none is missing.
func (l *layout) prune(ctx context.Context, dry bool, out *Pruned) error {
	gone := map[string]bool{}
	for _, i := range out.Removed {
		gone[i.Tag] = true
	}
	leave := func(x *ocispec.Index) {
		x.Manifests = slices.DeleteFunc(x.Manifests, func(d ocispec.Descriptor) bool { return gone[d.Annotations[ocispec.AnnotationRefName]] })
	}
	x, err := l.index()
	if err != nil {
		return err
	}
	leave(x)
	needed, err := l.needed(ctx, x.Manifests)
	if err != nil {
		return fmt.Errorf("nothing was removed, because it is unknown which blobs are needed: %w", err)
	}
	if !dry {
		if err := l.change(ctx, func(x *ocispec.Index) error { leave(x); return nil }); err != nil {
			return err
		}
		l.removeParts()
	}
	return l.sweep(needed, dry, out)
}

// needed returns the digests of all manifests from roots on, and of everything that they name.
func (l *layout) needed(ctx context.Context, roots []ocispec.Descriptor) (map[digest.Digest]bool, error) {
	needed := map[digest.Digest]bool{}
	for todo := slices.Clone(roots); len(todo) > 0; {
		d := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if needed[d.Digest] {
			continue
		}
		needed[d.Digest] = true
		next, err := content.Successors(ctx, fetcher{l}, d)
		if err != nil {
			return nil, err
		}
		todo = append(todo, next...)
	}
	return needed, nil
}

// fetcher is a store with the interface of oras-go.
type fetcher struct{ store }

func (f fetcher) Fetch(ctx context.Context, d ocispec.Descriptor) (io.ReadCloser, error) {
	return f.get(ctx, d)
}

// sweep removes the blobs that are not needed. Files that are not blobs stay.
func (l *layout) sweep(needed map[digest.Digest]bool, dry bool, out *Pruned) error {
	dir := filepath.Join(ocispec.ImageBlobsDir, "sha256")
	d, err := l.root.Open(dir)
	if err != nil {
		return l.why(dir, err)
	}
	defer d.Close()
	entries, err := d.ReadDir(-1)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if !blobName(e.Name()) || !e.Type().IsRegular() || needed[digest.NewDigestFromEncoded(digest.SHA256, e.Name())] {
			continue
		}
		st, err := e.Info()
		if err == nil && !dry {
			err = l.root.Remove(filepath.Join(dir, e.Name()))
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out.Blobs++
		out.Bytes += st.Size()
	}
	return errors.Join(errs...)
}

// prune deletes manifests, because a registry can only remove tags in this way. All tags of a
// manifest are removed with it, so a manifest with a tag that is kept must stay.
func (r *remoteStore) prune(ctx context.Context, out *Pruned) error {
	kept := map[string]string{}
	for _, i := range out.Kept {
		kept[i.Digest] = i.Tag
	}
	deleted := map[string]bool{}
	var removed []Info
	for _, i := range out.Removed {
		if other := kept[i.Digest]; other != "" {
			out.Notes = append(out.Notes, flash.NewProblem(flash.Warning, i.Tag, flash.NoOffset, "stays, because it is the same backup as %s, and a registry removes a backup with all its tags", other))
			out.Kept = append(out.Kept, i)
			continue
		}
		if !deleted[i.Digest] {
			d, err := r.resolve(ctx, i.Tag)
			if err == nil && d.Digest.String() != i.Digest {
				err = errors.New("the tag was moved in between")
			}
			if err == nil {
				err = r.repo.Manifests().Delete(ctx, d)
			}
			if err != nil {
				out.Removed = removed
				return fmt.Errorf("%s: %w", i.Tag, err)
			}
			deleted[i.Digest] = true
		}
		removed = append(removed, i)
	}
	out.Removed = removed
	return nil
}
