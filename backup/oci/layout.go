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
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/errdef"

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
	dir    string
	noSync bool
	use    *flock.Flock
	seen   sync.Map // digest.Digest → presence, of blobs that were read through
}

const (
	ownDir     = ".mtkkit"
	partSuffix = ".part"

	maxIndexJSON = 64 << 20 // bytes; 100,000 tags
)

// openLayout opens a layout folder, and makes it for one who writes.
func openLayout(dir string, opt Options) (*layout, error) {
	l := &layout{dir: filepath.Clean(dir), noSync: opt.NoSync}
	if opt.Write {
		if err := l.create(); err != nil {
			return nil, err
		}
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	return l, l.enter(opt.Write)
}

// patience is how long a run waits for another that is alone here, before it gives up.
const patience = 3 * time.Second

// enter takes the shared lock. Where nobody has pushed yet, or nobody can, there is
// nothing to lock against.
func (l *layout) enter(write bool) error {
	if write {
		if err := os.MkdirAll(l.own(""), 0o777); err != nil {
			return err
		}
	} else if _, err := os.Stat(l.own("use.lock")); err != nil {
		return nil
	}
	l.use = flock.New(l.own("use.lock"))
	if write {
		l.sweepParts()
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := l.use.TryRLockContext(ctx, 20*time.Millisecond)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return ErrBusy
	case err != nil && !write:
		l.use = nil // a folder that can only be read is not pruned either
		return nil
	}
	return err
}

func (l *layout) own(name string) string { return filepath.Join(l.dir, ownDir, name) }

// create makes the folder with no tags in it; what is there stays.
func (l *layout) create() error {
	entries, err := os.ReadDir(l.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Lstat(filepath.Join(l.dir, ocispec.ImageLayoutFile)); err == nil {
		return nil
	}
	for _, e := range entries {
		if e.Name() != ownDir && e.Name() != ocispec.ImageBlobsDir && e.Name() != ocispec.ImageIndexFile {
			return fmt.Errorf("the folder holds %q and is no OCI layout: choose a new or empty one", e.Name())
		}
	}
	for _, d := range []string{l.own(""), filepath.Join(l.dir, ocispec.ImageBlobsDir, "sha256")} {
		if err := os.MkdirAll(d, 0o777); err != nil {
			return err
		}
	}
	// The file that makes it a layout comes last.
	if _, err := os.Lstat(filepath.Join(l.dir, ocispec.ImageIndexFile)); errors.Is(err, fs.ErrNotExist) {
		empty := ocispec.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageIndex, Manifests: []ocispec.Descriptor{}}
		if err := l.writeJSON(ocispec.ImageIndexFile, empty); err != nil {
			return err
		}
	}
	return l.writeJSON(ocispec.ImageLayoutFile, ocispec.ImageLayout{Version: ocispec.ImageLayoutVersion})
}

// check reads the file that makes the folder a layout.
func (l *layout) check() error {
	b, err := readSmall(filepath.Join(l.dir, ocispec.ImageLayoutFile), 4096)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("is no OCI image layout: there is no file oci-layout in it")
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
	if l.use == nil {
		return nil
	}
	return l.use.Close()
}

// sweepParts removes what killed runs left, if nobody else is here.
func (l *layout) sweepParts() {
	if rests, _ := filepath.Glob(l.own("*" + partSuffix)); len(rests) == 0 {
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
	rests, _ := filepath.Glob(l.own("*" + partSuffix))
	for _, r := range rests {
		os.Remove(r)
	}
}

// blob returns the path of a blob. Only SHA-256 is known here, and a digest that is
// none must not become a path.
func (l *layout) blob(d digest.Digest) (string, error) {
	if err := d.Validate(); err != nil || d.Algorithm() != digest.SHA256 {
		return "", fmt.Errorf("%.80q is no sha256 digest", d)
	}
	return filepath.Join(l.dir, ocispec.ImageBlobsDir, "sha256", d.Encoded()), nil
}

// has reads the blob that it finds: a folder has no server to look after it, and what is
// damaged must not be shared with the next backup.
func (l *layout) has(ctx context.Context, d ocispec.Descriptor) (presence, error) {
	if p, ok := l.seen.Load(d.Digest); ok {
		return p.(presence), nil
	}
	path, err := l.blob(d.Digest)
	if err != nil {
		return absent, err
	}
	switch st, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return absent, nil
	case err != nil:
		return absent, err
	case !st.Mode().IsRegular():
		return absent, fmt.Errorf("%s is no file", path)
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

func (l *layout) get(_ context.Context, d ocispec.Descriptor) (io.ReadCloser, error) {
	path, err := l.blob(d.Digest)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing in %s", d.Digest, l.dir)
	}
	return f, err
}

func (l *layout) manifest(ctx context.Context, d ocispec.Descriptor) (io.ReadCloser, error) {
	return l.get(ctx, d)
}

func (l *layout) spool() (*os.File, error) { return os.CreateTemp(l.own(""), "*"+partSuffix) }

func (l *layout) drop(f *os.File) {
	f.Close()
	os.Remove(f.Name())
}

// put brings the file to the disk and then gives it its name.
func (l *layout) put(_ context.Context, d ocispec.Descriptor, f *os.File) error {
	path, err := l.blob(d.Digest)
	if err == nil && !l.noSync {
		err = f.Sync()
	}
	if err == nil {
		err = f.Chmod(0o644) // it was made for its owner alone
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	l.seen.Store(d.Digest, sound)
	return nil
}

// index reads index.json.
func (l *layout) index() (*ocispec.Index, error) {
	b, err := readSmall(filepath.Join(l.dir, ocispec.ImageIndexFile), maxIndexJSON)
	if err != nil {
		return nil, err
	}
	x := new(ocispec.Index)
	if err := json.Unmarshal(b, x); err != nil {
		return nil, fmt.Errorf("index.json: %w", err)
	}
	return x, nil
}

// change replaces index.json by what edit makes of it.
func (l *layout) change(edit func(*ocispec.Index) error) error {
	lock := flock.New(l.own("index.lock"))
	if err := lock.Lock(); err != nil {
		return err
	}
	defer lock.Close()
	x, err := l.index()
	if err != nil {
		return err
	}
	if err := edit(x); err != nil {
		return err
	}
	if err := l.syncDir(filepath.Join(l.dir, ocispec.ImageBlobsDir, "sha256")); err != nil { // names before what speaks of them
		return err
	}
	return l.writeJSON(ocispec.ImageIndexFile, x)
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
	return l.change(func(x *ocispec.Index) error {
		d.Annotations = map[string]string{ocispec.AnnotationRefName: tag}
		i := slices.IndexFunc(x.Manifests, isTag(tag))
		switch {
		case i < 0:
			x.Manifests = append(x.Manifests, d)
		case replace:
			x.Manifests[i] = d
		default:
			return ErrExists
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

// writeJSON replaces a small file of the layout by rename, and brings it to the disk.
func (l *layout) writeJSON(name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	f, err := l.spool()
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil && !l.noSync {
		err = f.Sync()
	}
	if err == nil {
		err = f.Chmod(0o644)
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(l.dir, name))
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	return l.syncDir(l.dir)
}

func (l *layout) syncDir(dir string) error {
	if l.noSync {
		return nil
	}
	return disk.SyncDir(dir)
}

// readSmall reads a file that must not be longer than limit.
func readSmall(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%s is longer than %d bytes", path, limit)
	}
	return b, err
}

// blobName recognises what lies in blobs/sha256 under a digest.
func blobName(name string) bool {
	return len(name) == 64 && strings.Trim(name, "0123456789abcdef") == ""
}
