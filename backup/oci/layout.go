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
//	blobs/sha256/HEX     manifests and blobs; always complete, because they are renamed to here
//	.mtkkit/             only for mtkkit: files that are being written, and two locks
//	        use.lock     held shared by each run that reads or pushes, exclusively by prune
//	        index.lock   held while index.json is replaced
//	        *.part       blobs that are being written
//
// Both locks end with the process. Other tools take no locks: they can read at the same time as
// mtkkit, but not push.
type layout struct {
	folder
	noSync bool
	use    *flock.Flock
	seen   sync.Map // digest.Digest → presence, for blobs that were read completely
}

const (
	ownDir     = ".mtkkit"
	partSuffix = disk.PartSuffix

	maxIndexJSON = 64 << 20 // bytes; 100,000 tags
)

// openLayout opens a layout folder. If opt.Write is set, it makes the folder if necessary.
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

// patience is the time that a run waits for another one with the exclusive lock.
const patience = 3 * time.Second

// enter takes the shared lock, makes the layout if write is set, and checks that it is one. The
// lock is taken before the first file is made, so that no other run removes the files that are
// being written.
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

// share takes the shared lock. If nobody has pushed yet, or nobody can, no lock is needed.
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
		l.use = nil // a read-only folder cannot be pruned
		return nil
	}
	return err
}

// lockStep is the time between two attempts to take a lock.
const lockStep = 20 * time.Millisecond

// isLayout reports whether the folder has the file oci-layout.
func (l *layout) isLayout() bool {
	_, err := l.root.Lstat(ocispec.ImageLayoutFile)
	return err == nil
}

// mayCreate checks that the folder is a layout, or can become one.
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
		case ownDir, ocispec.ImageBlobsDir, ocispec.ImageIndexFile, ocispec.ImageLayoutFile: // another run may be making the layout
		default:
			return fmt.Errorf("the folder contains %q and is not an OCI layout: choose a new or empty one", e.Name())
		}
	}
	return nil
}

// create makes the folder a layout without tags, and keeps existing files. Only one of several
// simultaneous runs does it, because an empty list of tags must not replace the first tag.
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
		// oci-layout, which makes the folder a layout, comes last.
		if _, err := l.root.Lstat(ocispec.ImageIndexFile); errors.Is(err, fs.ErrNotExist) {
			empty := ocispec.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageIndex, Manifests: []ocispec.Descriptor{}}
			if err := l.writeJSON(ocispec.ImageIndexFile, empty); err != nil {
				return err
			}
		}
		return l.writeJSON(ocispec.ImageLayoutFile, ocispec.ImageLayout{Version: ocispec.ImageLayoutVersion})
	})
}

// errNoLayout means that a folder is not a layout, or does not exist.
var errNoLayout = errors.New("is not an OCI image layout: it has no file oci-layout")

// check reads the file oci-layout.
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
		return fmt.Errorf("oci-layout does not have version %s", ocispec.ImageLayoutVersion)
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

// sweepParts removes the files that killed runs left, if no other run is active.
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

// removeParts removes unfinished files. The caller has the exclusive lock.
func (l *layout) removeParts() {
	for _, r := range l.parts() {
		_ = l.root.Remove(r)
	}
}

// blob returns the name of a blob's file. Only SHA-256 is supported, and an invalid digest must
// not become a path.
func (l *layout) blob(d digest.Digest) (string, error) {
	if err := d.Validate(); err != nil || d.Algorithm() != digest.SHA256 {
		return "", fmt.Errorf("%.80q is not a sha256 digest", d)
	}
	return filepath.Join(ocispec.ImageBlobsDir, "sha256", d.Encoded()), nil
}

// has reads the blob that it finds: a folder has no server that checks it, and a damaged blob
// must not be shared with the next backup.
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
	} else if err != nil { // also an error of the disk: an unreadable blob is written again
		state = damaged
	}
	l.seen.Store(d.Digest, state)
	return state, nil
}

// stands checks that a blob's file exists and has the right size, without reading it.
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
		return fmt.Errorf("%s has %d bytes instead of %d", l.path(name), st.Size(), size)
	}
	return nil
}

// confirm checks nothing: put has already synced the blob and renamed it.
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

// put syncs the file and then gives it its name.
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

// finish syncs a spooled file and gives it its name, or removes it. With later, the caller syncs
// the folder, once for many blobs.
func (l *layout) finish(f *os.File, name string, later bool) (err error) {
	if err = f.Chmod(0o644); err != nil { // the temporary file was only readable for its owner
		l.drop(f)
		return err
	}
	opt := disk.PublishOptions{Root: l.root, NoSync: l.noSync, Later: later}
	if err = disk.Publish(opt, disk.Pending{File: f, Part: spooled(f), Path: name}); err != nil {
		_ = l.root.Remove(spooled(f))
	}
	return l.why(name, err)
}

// blobName reports whether a name in blobs/sha256 is a digest.
func blobName(name string) bool {
	return len(name) == 64 && strings.Trim(name, "0123456789abcdef") == ""
}
