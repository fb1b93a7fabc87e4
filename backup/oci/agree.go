package oci

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
)

// The documents of a backup say some things twice. A store is untrusted: what they say must
// agree, before anything is read for it.

// agree compares what the index, the manifest and the layers say about the same files and blobs.
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
			switch size, ok := layers[g.Blob]; {
			case !ok:
				return contradiction("%s needs %s, which is not a layer", f.Name, g.Blob)
			case size != g.BlobSize:
				return contradiction("%s needs %d bytes of %s, but the layer has %d", f.Name, g.BlobSize, g.Blob, size)
			}
		}
	}
	for _, f := range m.Files {
		have := files[f.Name]
		if have == nil || have.Size != f.Size || have.SHA256.String() != f.SHA256 {
			return contradiction("the index and the manifest do not agree on %s", f.Name)
		}
	}
	for _, e := range m.Entries {
		if f := files[e.File]; f != nil && e.SHA256 != "" && e.SHA256 != f.SHA256.String() {
			return contradiction("the index and the manifest do not agree on %s, the file of %s", f.Name, e.Name)
		}
	}
	for _, f := range m.Files {
		delete(files, f.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		return contradiction("the manifest does not list %s", name)
	}
	return nil
}

// contradiction is an error that wraps ErrContradiction.
func contradiction(format string, a ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrContradiction}, a...)...)
}

// compare finds what is wrong with documents that leave all files readable, and with files that
// no reader can prove. Keys are those of the sealed documents.
func (r *Repo) compare(ctx context.Context, b *Backup, x *index, l *loaded, keys []seal.Key) error {
	b.compareFiles(x)
	b.compareLayers(x, l)
	if err := r.config(ctx, l); err != nil && ctx.Err() == nil {
		b.problem("config", "%v", err)
	}
	sums, err := r.document(ctx, l, MediaTypeText, keys)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		b.problem(flash.SumsName, "%v", err)
	case !bytes.Equal(sums, flash.EncodeSums(b.Manifest.Files)):
		b.problem(flash.SumsName, "%v: it differs from the manifest", ErrContradiction)
	}
	if keys == nil || !l.has(MediaTypeIndex) {
		return nil
	}
	switch err := r.compareOpen(ctx, x.open(), l); {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		b.problem("index.json", "%v", err)
	}
	return nil
}

// config reads the config, which is empty. No reader needs it, but every tool that copies the
// backup requests it.
func (r *Repo) config(ctx context.Context, l *loaded) error {
	rc, err := r.store.get(ctx, l.Config)
	if err != nil {
		return err
	}
	_, err = readAll(rc, l.Config, maxManifest)
	return err
}

// compareOpen compares the index in the clear with what the encrypted one says of the same files.
func (r *Repo) compareOpen(ctx context.Context, want *index, l *loaded) error {
	table, err := r.document(ctx, l, MediaTypeIndex, nil)
	if err != nil {
		return err
	}
	have, err := decodeIndex(table)
	if err == nil && !reflect.DeepEqual(have, want) {
		err = contradiction("it differs from the encrypted index")
	}
	return err
}

// compareFiles compares files with their own SHA-256 where the index alone shows it.
func (b *Backup) compareFiles(x *index) {
	for i := range x.Files {
		f := &x.Files[i]
		if err := f.contradicts(); err != nil {
			b.wrong[f.Name] = err
			b.problem(f.Name, "%s", err.text())
		}
	}
}

// compareLayers compares the annotations, by which pushes share blobs and lists show sizes.
func (b *Backup) compareLayers(x *index, l *loaded) {
	plain, total := map[digest.Digest]sum{}, int64(0)
	for _, f := range x.Files {
		total += f.Size
		for _, g := range f.Groups {
			plain[g.Blob] = g.Plain
		}
	}
	for _, d := range l.Layers {
		note, title := d.Annotations[AnnotationPlain], d.Annotations[ocispec.AnnotationTitle]
		want, ok := plain[d.Digest]
		switch {
		case d.MediaType != MediaTypeGroup:
		case !ok:
			b.problem(title, "%v: no file of the index needs this group", ErrContradiction)
		case note != "" && note != want.String():
			b.problem(title, "%v: the layer says that it is the group %.80s, the index has %s", ErrContradiction, note, want)
		}
	}
	if b.Locked == nil && l.Annotations[AnnotationSize] != "" && l.size() != total {
		b.problem("manifest", "%v: it says that the files have %d bytes, the index has %d", ErrContradiction, l.size(), total)
	}
}

func (b *Backup) problem(place, format string, a ...any) {
	b.Problems.Add(flash.Error, place, format, a...)
}
