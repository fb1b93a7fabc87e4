package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
)

// Archive is an opened archive with its file. It is opened once for all operations.
type Archive struct {
	*backup.Archive
	Path string

	file io.Closer
	keys func() ([]seal.Key, error)
}

// Open opens an archive: a file, or the first of its volumes. Keys returns the keys for encrypted
// files; nil for no key. The error wraps seal.ErrKey if no key opens the archive, and
// flash.ErrNotThis if the file is not an archive.
func Open(ctx context.Context, path string, keys func() ([]seal.Key, error)) (*Archive, error) {
	img, file, err := source.OpenBytes(ctx, path, source.Options{Keys: keys})
	if err != nil {
		return nil, err
	}
	a, err := backup.Open(img)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	if keys == nil {
		keys = func() ([]seal.Key, error) { return nil, nil }
	}
	return &Archive{a, path, file, keys}, nil
}

// Close closes the archive and its file.
func (a *Archive) Close() error { return errors.Join(a.Archive.Close(), a.file.Close()) }

// name returns the archive's name for messages.
func (a *Archive) name() string { return strings.TrimSuffix(filepath.Base(a.Path), ".age") }

// Record reads the manifest of what was packed. If the archive has lost it, it is made from the
// draft; it is nil if there is none.
func (a *Archive) Record() (*flash.Manifest, error) {
	if draft := a.Draft(); draft != nil {
		return flash.ReadManifest(bytes.NewReader(draft))
	}
	m := a.Member(flash.ManifestName)
	if m == nil {
		return nil, nil
	}
	r, err := flash.ReadManifest(io.NewSectionReader(a.Image(m), 0, m.Size))
	if _, ok := errors.AsType[*backup.ChunkError](err); ok {
		return nil, nil
	}
	return r, err
}

// contradictions reports what is wrong with the archive's records, by these alone.
func (a *Archive) contradictions(record *flash.Manifest) flash.Problems {
	found := record.Contradictions()
	if a.Member(flash.SumsName) == nil {
		found = append(found, record.CheckSums(nil)...)
	}
	return found
}

// Find returns the file with a name, or the file of the partition with that name; nil if there is
// none.
func (a *Archive) Find(name string) (*backup.Member, error) {
	if m := a.Member(name); m != nil {
		return m, nil
	}
	record, err := a.Record()
	if err != nil || record == nil {
		return nil, err
	}
	for _, e := range record.Entries {
		if m := a.Member(e.File); m != nil && e.Kind.IsDump() && e.Name == name {
			return m, nil
		}
	}
	return nil, nil
}

// isArchive reports whether a file begins like an archive.
func isArchive(path string) bool { return begins(path, backup.Sniff) }

// isSealed reports whether a file begins like an encrypted file. Its content is unknown without
// the key.
func isSealed(path string) bool { return begins(path, seal.Sniff) }

func begins(path string, sniff func(flash.Image) bool) bool {
	f, err := disk.OpenPlain(path)
	if err != nil {
		return false
	}
	defer f.Close()
	st, err := f.Stat()
	return err == nil && sniff(io.NewSectionReader(f, 0, st.Size()))
}
