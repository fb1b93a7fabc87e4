package oci

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
)

// Backup is one backup, opened for reading.
type Backup struct {
	Manifest *flash.Manifest
	Outputs  []flash.Output // every file; each knows its holes and proves its bytes

	// Locked is why the private files are not in Outputs: no key opens them. It is nil if all
	// files are.
	Locked error
	Sealed bool // some of the backup is encrypted, whether a key opens it or not

	store getter
	rest  []ocispec.Descriptor // blobs that belong to none of the files
}

func bytesImage(b []byte) flash.Image { return bytes.NewReader(b) }

// Open opens the backup under a tag. Its documents are read and proven now, its blobs when the
// Images are read. Each Image reads its blobs from their start, one after the other; reading
// backwards is possible, but slow. ctx also ends later reads.
func (r *Repo) Open(ctx context.Context, tag string) (*Backup, error) {
	b, err := r.open(ctx, tag)
	if err != nil {
		return nil, r.fail(tag, err)
	}
	return b, nil
}

func (r *Repo) open(ctx context.Context, tag string) (*Backup, error) {
	l, err := r.load(ctx, tag)
	if err != nil {
		return nil, err
	}
	b := &Backup{store: r.store, Sealed: l.has(MediaTypeKey)}
	keys, err := r.unlock(ctx, l)
	if err != nil {
		if !l.has(MediaTypeIndex) || !errors.Is(err, seal.ErrKey) {
			return nil, err
		}
		b.Locked = err
	}
	table, err := r.document(ctx, l, MediaTypeIndex, keys)
	if err != nil {
		return nil, err
	}
	x, err := decodeIndex(table)
	if err != nil {
		return nil, err
	}
	record, err := r.document(ctx, l, MediaTypeManifest, keys)
	if err != nil {
		return nil, err
	}
	if b.Manifest, err = flash.ReadManifest(bytes.NewReader(record)); err != nil {
		return nil, err
	}
	if err := agree(b.Manifest, x, l); err != nil {
		return nil, err
	}
	used := map[digest.Digest]bool{}
	for i := range x.Files {
		f := &x.Files[i]
		b.Outputs = append(b.Outputs, flash.Output{Name: f.Name, Image: &image{ctx: ctx, store: r.store, file: f, keys: keys, chunk: -1}})
		for _, g := range f.Groups {
			used[g.Blob] = true
		}
	}
	b.rest = slices.DeleteFunc(l.blobs(), func(d ocispec.Descriptor) bool { return used[d.Digest] })
	return b, nil
}

// OpenSealed opens a backup that no key opens. Nothing in it can be read, but its blobs can be
// proven.
func (r *Repo) OpenSealed(ctx context.Context, tag string) (*Backup, error) {
	l, err := r.load(ctx, tag)
	if err != nil {
		return nil, r.fail(tag, err)
	}
	return &Backup{Manifest: &flash.Manifest{}, Locked: seal.ErrKey, Sealed: true, store: r.store, rest: l.blobs()}, nil
}

// Blobs returns the number of blobs that belong to no file, without the documents.
func (b *Backup) Blobs() (n int) {
	for _, d := range b.rest {
		if strings.HasPrefix(d.MediaType, MediaTypeGroup) {
			n++
		}
	}
	return n
}

// document reads one of the small layers; with keys, the sealed layer of the same type.
func (r *Repo) document(ctx context.Context, l *loaded, mediaType string, keys []seal.Key) ([]byte, error) {
	if keys != nil {
		mediaType += sealedType
	}
	d, err := l.layer(mediaType)
	if err != nil {
		return nil, err
	}
	rc, err := r.store.get(ctx, d)
	if err != nil {
		return nil, fmt.Errorf("layer %s: %w", mediaType, err)
	}
	b, err := readAll(rc, d, maxIndex)
	if err == nil && keys != nil {
		b, err = unseal(b, keys)
	}
	if err != nil {
		return nil, fmt.Errorf("layer %s: %w", mediaType, err)
	}
	return b, nil
}

// agree compares what the three documents say about the same files and blobs.
func agree(m *flash.Manifest, x *index, l *loaded) error {
	layers := map[digest.Digest]int64{}
	for _, d := range l.Layers {
		layers[d.Digest] = d.Size
	}
	files := map[string]*indexFile{}
	for i := range x.Files {
		f := &x.Files[i]
		files[f.Name] = f
		for _, g := range f.Groups {
			if layers[g.Blob] != g.BlobSize {
				return fmt.Errorf("%s needs %s, which is not a layer", f.Name, g.Blob)
			}
		}
	}
	for _, f := range m.Files {
		have := files[f.Name]
		if have == nil || have.Size != f.Size || have.SHA256.String() != f.SHA256 {
			return fmt.Errorf("the index and the manifest do not agree on %s", f.Name)
		}
		delete(files, f.Name)
	}
	for name := range files {
		return fmt.Errorf("the manifest does not list %s", name)
	}
	return nil
}

// Check compares the files that were written with the backup.
func (b *Backup) Check(files []flash.ManifestFile) error {
	want := map[string]flash.ManifestFile{}
	for _, f := range b.Manifest.Files {
		want[f.Name] = f
	}
	for _, f := range files {
		if w, ok := want[f.Name]; ok && w != f {
			return fmt.Errorf("%s: sha-256 %s of 0x%x bytes; the backup's manifest has %s of 0x%x", f.Name, f.SHA256, f.Size, w.SHA256, w.Size)
		}
		delete(want, f.Name)
	}
	for name := range want {
		return fmt.Errorf("%s was not written", name)
	}
	return nil
}

// Damaged returns the files of the backup that cannot be whole in a layout folder, with the
// reason. It checks the blobs' files without reading them. For a registry it returns nothing,
// because every blob would need a request.
func (b *Backup) Damaged() map[string]error {
	l, ok := b.store.(*layout)
	if !ok {
		return nil
	}
	lacking := map[string]error{}
	for _, o := range b.Outputs {
		for _, g := range o.Image.(*image).file.Groups {
			if err := l.stands(g.Blob, g.BlobSize); err != nil {
				lacking[o.Name] = err
				break
			}
		}
	}
	return lacking
}

// Verify reads all of a backup and proves every blob and chunk, without writing. Blobs that no
// key opens are proven by their digests. It continues after damage, and the error names all of
// it.
func (b *Backup) Verify(ctx context.Context, progress func(flash.Event)) error {
	var done, total int64
	for _, o := range b.Outputs {
		total += o.Image.Size()
	}
	for _, d := range b.rest {
		total += d.Size
	}
	tell := func(n int64) {
		if done += n; progress != nil {
			progress(flash.Event{Op: "verify", Done: done, Total: total})
		}
	}
	var errs []error
	for _, o := range b.Outputs {
		err := o.Image.(*image).verify(ctx, tell)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", o.Name, err))
		}
	}
	for _, d := range b.rest {
		err := prove(ctx, b.store, d)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", d.Annotations[ocispec.AnnotationTitle], err))
		}
		tell(d.Size)
	}
	return errors.Join(errs...)
}
