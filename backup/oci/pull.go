package oci

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

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

	// Problems are contradictions between the documents of the backup, and documents that
	// cannot be read and are not needed to read the files. The backup is damaged.
	Problems flash.Problems

	store getter
	rest  []ocispec.Descriptor // blobs that belong to none of the files, and were not read yet
	wrong map[string]error     // files that cannot have their SHA-256
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
	b := &Backup{store: r.store, Sealed: l.has(MediaTypeKey), wrong: map[string]error{}}
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
	if err := r.compare(ctx, b, x, l, keys); err != nil {
		return nil, err
	}
	used := l.documents(keys)
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

// Damaged returns the files of the backup that cannot be whole, with the reason: those whose sums
// contradict each other and, in a layout folder, those whose blobs are not there. It does not
// read the blobs. For a registry it does not look for them, because each would need a request.
func (b *Backup) Damaged() map[string]error {
	lacking := maps.Clone(b.wrong)
	l, ok := b.store.(*layout)
	if !ok {
		return lacking
	}
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

// Verify reads all of a backup and proves every blob, chunk and file, without writing. Blobs that no
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
	for _, p := range b.Problems {
		if b.wrong[p.Place] == nil { // these files are read below
			errs = append(errs, fmt.Errorf("%s: %s", p.Place, p.Text))
		}
	}
	for _, o := range b.Outputs {
		err := o.Image.(*image).verify(ctx, tell)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			errs = append(errs, named(o.Name, err))
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

// named puts the name of a file before its error, unless the error has it.
func named(file string, err error) error {
	if e := (*SumError)(nil); errors.As(err, &e) {
		return err
	}
	return fmt.Errorf("%s: %w", file, err)
}
