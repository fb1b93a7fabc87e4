package oci

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/mtkkit/mtkkit/disk"
)

// layout is an OCI image layout folder:
//
//	oci-layout           {"imageLayoutVersion":"1.0.0"}
//	index.json           the tags, each with the digest of its manifest; replaced by rename
//	blobs/sha256/HEX     manifests and blobs, each of them complete, for it is renamed to here
//	.mtkkit/             ours, nobody else looks: what is being written, and two locks
//	        use.lock     held shared by each run that reads or pushes, alone by prune
//	        index.lock   held for the moment in which index.json is replaced
//	        *.part       blobs being put together
//
// Both locks end with the process. Other tools take no locks: they and we may read at
// the same time, but not push.
type layout struct {
	folder
	noSync bool
	use    *flock.Flock
	seen   sync.Map // digest.Digest → presence, of blobs that were read through
}

const (
	ownDir     = ".mtkkit"
	partSuffix = disk.PartSuffix

	maxIndexJSON = 64 << 20 // bytes; 100,000 tags
)

// openLayout opens a layout folder, and makes it for one who writes.
func openLayout(dir string, opt Options) (*layout, error) {
	dir = filepath.Clean(dir)
	if opt.Write {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, err
		}
	}
	f, err := openFolder(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoLayout
	}
	if err != nil {
		return nil, err
	}
	l := &layout{folder: f, noSync: opt.NoSync}
	if err := l.enter(opt.Write); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// patience is how long a run waits for another that is alone here, before it gives up.
const patience = 3 * time.Second

// enter takes the shared lock, makes the layout for one who writes, and looks whether it
// is one. The lock comes before the first file, so that nobody takes what is being put
// together for the rests of a killed run.
func (l *layout) enter(write bool) error {
	if write {
		if err := l.mayCreate(); err != nil {
			return err
		}
	}
	if err := l.share(write); err != nil {
		return err
	}
	if write {
		if err := l.create(); err != nil {
			return err
		}
	}
	return l.check()
}

// share takes the shared lock. Where nobody has pushed yet, or nobody can, there is
// nothing to lock against.
func (l *layout) share(write bool) error {
	path, err := l.lockFile("use.lock", write)
	if errors.Is(err, fs.ErrNotExist) && !write {
		return nil
	}
	if err != nil {
		return err
	}
	l.use = flock.New(path)
	if write {
		l.sweepParts()
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err = l.use.TryRLockContext(ctx, lockStep)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return errBusy()
	case err != nil && !write:
		l.use = nil // a folder that can only be read is not pruned either
		return nil
	}
	return err
}

// lockStep is how often a lock is asked for.
const lockStep = 20 * time.Millisecond

// isLayout reports whether the file is there that makes the folder a layout.
func (l *layout) isLayout() bool {
	_, err := l.root.Lstat(ocispec.ImageLayoutFile)
	return err == nil
}

// mayCreate looks whether the folder is a layout, or can be made one.
func (l *layout) mayCreate() error {
	if l.isLayout() {
		return nil
	}
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch e.Name() {
		case ownDir, ocispec.ImageBlobsDir, ocispec.ImageIndexFile, ocispec.ImageLayoutFile: // another run may just make it
		default:
			return fmt.Errorf("the folder holds %q and is no OCI layout: choose a new or empty one", e.Name())
		}
	}
	return nil
}

// create makes the folder a layout with no tags in it; what is there stays. Of several
// runs that come at once, one does it, for an empty list of tags must not replace the
// first tag.
func (l *layout) create() error {
	if l.isLayout() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return l.lockIndex(ctx, func() error {
		if l.isLayout() {
			return nil
		}
		if err := l.root.MkdirAll(filepath.Join(ocispec.ImageBlobsDir, "sha256"), 0o777); err != nil {
			return l.why(filepath.Join(ocispec.ImageBlobsDir, "sha256"), err)
		}
		// The file that makes it a layout comes last.
		if _, err := l.root.Lstat(ocispec.ImageIndexFile); errors.Is(err, fs.ErrNotExist) {
			empty := ocispec.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageIndex, Manifests: []ocispec.Descriptor{}}
			if err := l.writeJSON(ocispec.ImageIndexFile, empty); err != nil {
				return err
			}
		}
		return l.writeJSON(ocispec.ImageLayoutFile, ocispec.ImageLayout{Version: ocispec.ImageLayoutVersion})
	})
}

// errNoLayout means a folder that is none, or is not there.
var errNoLayout = errors.New("is no OCI image layout: there is no file oci-layout in it")

// check reads the file that makes the folder a layout.
func (l *layout) check() error {
	b, err := l.readSmall(ocispec.ImageLayoutFile, 4096)
	if errors.Is(err, fs.ErrNotExist) {
		return errNoLayout
	}
	if err != nil {
		return err
	}
	var v ocispec.ImageLayout
	if err := json.Unmarshal(b, &v); err != nil || v.Version != ocispec.ImageLayoutVersion {
		return fmt.Errorf("oci-layout does not say version %s", ocispec.ImageLayoutVersion)
	}
	return nil
}

func (l *layout) close() error {
	err := l.folder.close()
	if l.use != nil {
		err = errors.Join(err, l.use.Close())
	}
	return err
}

// sweepParts removes what killed runs left, if nobody else is here.
func (l *layout) sweepParts() {
	if len(l.parts()) == 0 {
		return
	}
	if alone, err := l.use.TryLock(); err != nil || !alone {
		return
	}
	l.removeParts()
	_ = l.use.Unlock()
}

// removeParts removes what is half-written; the caller is alone here.
func (l *layout) removeParts() {
	for _, r := range l.parts() {
		_ = l.root.Remove(r)
	}
}

// blob returns the name of a blob's file. Only SHA-256 is known here, and a digest that is
// none must not become a path.
func (l *layout) blob(d digest.Digest) (string, error) {
	if err := d.Validate(); err != nil || d.Algorithm() != digest.SHA256 {
		return "", fmt.Errorf("%.80q is no sha256 digest", d)
	}
	return filepath.Join(ocispec.ImageBlobsDir, "sha256", d.Encoded()), nil
}

// has reads the blob that it finds: a folder has no server to look after it, and what is
// damaged must not be shared with the next backup.
func (l *layout) has(ctx context.Context, d ocispec.Descriptor) (presence, error) {
	if p, ok := l.seen.Load(d.Digest); ok {
		return p.(presence), nil
	}
	name, err := l.blob(d.Digest)
	if err != nil {
		return absent, err
	}
	switch st, err := l.root.Lstat(name); {
	case errors.Is(err, fs.ErrNotExist):
		return absent, nil
	case err != nil:
		return absent, l.why(name, err)
	case !st.Mode().IsRegular():
		return absent, notRegular(l.path(name))
	}
	state := sound
	if err := prove(ctx, l, d); ctx.Err() != nil {
		return absent, ctx.Err()
	} else if err != nil { // that of the disk too: a blob that cannot be read is written anew
		state = damaged
	}
	l.seen.Store(d.Digest, state)
	return state, nil
}

// stands looks at a blob's file without reading it.
func (l *layout) stands(d digest.Digest, size int64) error {
	name, err := l.blob(d)
	if err != nil {
		return err
	}
	switch st, err := l.root.Lstat(name); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is missing in %s", d, l.dir)
	case err != nil:
		return l.why(name, err)
	case !st.Mode().IsRegular():
		return notRegular(l.path(name))
	case st.Size() != size:
		return fmt.Errorf("%s has %d bytes, and should have %d", l.path(name), st.Size(), size)
	}
	return nil
}

// confirm has nothing to ask: what was put is on the disk under its name.
func (l *layout) confirm(context.Context, ocispec.Descriptor) error { return nil }

func (l *layout) get(_ context.Context, d ocispec.Descriptor) (io.ReadCloser, error) {
	name, err := l.blob(d.Digest)
	if err != nil {
		return nil, err
	}
	f, err := l.open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing in %s", d.Digest, l.dir)
	}
	return f, err
}

func (l *layout) manifest(ctx context.Context, d ocispec.Descriptor) (io.ReadCloser, error) {
	return l.get(ctx, d)
}

func (l *layout) drop(f *os.File) {
	f.Close()
	_ = l.root.Remove(spooled(f))
}

// put brings the file to the disk and then gives it its name.
func (l *layout) put(_ context.Context, d ocispec.Descriptor, f *os.File) error {
	name, err := l.blob(d.Digest)
	if err == nil {
		err = l.finish(f, name, true)
	} else {
		l.drop(f)
	}
	if err == nil {
		l.seen.Store(d.Digest, sound)
	}
	return err
}

// finish brings a spooled file to the disk and gives it its name, or removes it. With later
// its folder is synced by the caller, once for many blobs.
func (l *layout) finish(f *os.File, name string, later bool) (err error) {
	if err = f.Chmod(0o644); err != nil { // it was made for its owner alone
		l.drop(f)
		return err
	}
	opt := disk.PublishOptions{Root: l.root, NoSync: l.noSync, Later: later}
	if err = disk.Publish(opt, disk.Pending{File: f, Part: spooled(f), Path: name}); err != nil {
		_ = l.root.Remove(spooled(f))
	}
	return l.why(name, err)
}

// blobName recognises what lies in blobs/sha256 under a digest.
func blobName(name string) bool {
	return len(name) == 64 && strings.Trim(name, "0123456789abcdef") == ""
}
