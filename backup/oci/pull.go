package oci

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/opencontainers/go-digest"

	"github.com/mtkkit/mtkkit/flash"
)

// Backup is one backup, opened to be read.
type Backup struct {
	Manifest *flash.Manifest
	Outputs  []flash.Output // every file; those of holes know it, and prove themselves
}

func bytesImage(b []byte) flash.Image { return bytes.NewReader(b) }

// Open opens the backup under a tag: its books are read and proven, its blobs are read
// when the Images are. Each Image reads its blobs from their start, one after the
// other; reading backwards is right, and slow. ctx ends the reading too.
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
	table, err := r.book(ctx, l, MediaTypeIndex)
	if err != nil {
		return nil, err
	}
	x, err := decodeIndex(table)
	if err != nil {
		return nil, err
	}
	record, err := r.book(ctx, l, MediaTypeManifest)
	if err != nil {
		return nil, err
	}
	b := &Backup{}
	if b.Manifest, err = flash.ReadManifest(bytes.NewReader(record)); err != nil {
		return nil, err
	}
	if err := agree(b.Manifest, x, l); err != nil {
		return nil, err
	}
	for i := range x.Files {
		b.Outputs = append(b.Outputs, flash.Output{Name: x.Files[i].Name, Image: &image{ctx: ctx, store: r.store, file: &x.Files[i], chunk: -1}})
	}
	return b, nil
}

// book reads one of the small layers.
func (r *Repo) book(ctx context.Context, l *loaded, mediaType string) ([]byte, error) {
	d, err := l.layer(mediaType)
	if err != nil {
		return nil, err
	}
	rc, err := r.store.get(ctx, d)
	if err != nil {
		return nil, fmt.Errorf("layer %s: %w", mediaType, err)
	}
	b, err := readAll(rc, d, maxIndex)
	if err != nil {
		return nil, fmt.Errorf("layer %s: %w", mediaType, err)
	}
	return b, nil
}

// agree compares what the three books say of the same files and blobs.
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
				return fmt.Errorf("%s needs %s, which is no layer", f.Name, g.Blob)
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

// Check compares what was written with what the backup holds.
func (b *Backup) Check(files []flash.ManifestFile) error {
	want := map[string]flash.ManifestFile{}
	for _, f := range b.Manifest.Files {
		want[f.Name] = f
	}
	for _, f := range files {
		if w, ok := want[f.Name]; ok && w != f {
			return fmt.Errorf("oci: %s: sha-256 %s of 0x%x bytes, the backup's manifest says %s of 0x%x", f.Name, f.SHA256, f.Size, w.SHA256, w.Size)
		}
		delete(want, f.Name)
	}
	for name := range want {
		return fmt.Errorf("oci: %s was not written", name)
	}
	return nil
}

// Verify reads all of a backup and proves every blob and chunk, without writing. What
// is damaged is named, and the rest read all the same.
func (b *Backup) Verify(ctx context.Context, progress func(flash.Event)) error {
	var done, total int64
	for _, o := range b.Outputs {
		total += o.Image.Size()
	}
	var errs []error
	for _, o := range b.Outputs {
		err := o.Image.(*image).verify(ctx, func(n int64) {
			if done += n; progress != nil {
				progress(flash.Event{Op: "verify", Done: done, Total: total})
			}
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("oci: %s: %w", o.Name, err))
		}
	}
	return errors.Join(errs...)
}
