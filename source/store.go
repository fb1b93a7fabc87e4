package source

import (
	"bytes"
	"context"
	"slices"

	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/flash"
)

// NoTagError is an UnreadableError: a reference to a store has no tag.
type NoTagError struct{ Store string }

func (e *NoTagError) Error() string { return e.Unwrap().Error() }

func (e *NoTagError) Unwrap() error {
	return &UnreadableError{e.Store, "names no backup: add a tag"}
}

// openStore opens a backup in an OCI layout folder, oci:FOLDER:TAG, as the parts folder that was
// pushed.
func (s *Source) openStore(ctx context.Context, path string) error {
	ref, err := oci.ParseRef(path)
	if err != nil {
		return &UnreadableError{path, err.Error()}
	}
	if ref.Tag == "" {
		return &NoTagError{path}
	}
	repo, err := oci.Open(ref, oci.Options{Keys: s.opt.Keys})
	if err != nil {
		return err
	}
	s.closers = append(s.closers, repo)
	s.Files = append(s.Files, ref.Layout) // must not be written to
	b, err := repo.Open(ctx, ref.Tag)
	if err != nil {
		return err
	}
	return s.openPulled(ctx, path, b)
}

// FromBackup opens the dump in an opened backup, for instance in a registry. The caller closes
// the backup.
func FromBackup(ctx context.Context, name string, b *oci.Backup) (*Source, error) {
	s := &Source{}
	if err := s.openPulled(ctx, name, b); err != nil {
		s.Close()
		return nil, err
	}
	s.lackSilent()
	return s, nil
}

func (s *Source) openPulled(ctx context.Context, name string, b *oci.Backup) error {
	record, err := b.Manifest.Encode()
	if err != nil {
		return err
	}
	s.Proves = true
	f := &folder{name: name, proves: true, store: true}
	add := func(name string, img flash.Image) {
		f.add(&member{name: name, size: img.Size(), raw: func(context.Context) (flash.Image, error) { return img, nil }})
	}
	lacking := b.Damaged()
	s.Doubt(b.Problems)
	for _, o := range b.Outputs {
		if err := lacking[o.Name]; err != nil { // like a file that is missing in a folder
			if !slices.ContainsFunc(b.Problems, func(p flash.Problem) bool { return p.Place == o.Name }) {
				s.problem(flash.Error, o.Name, "%v", err)
			}
			continue
		}
		add(o.Name, o.Image)
	}
	add(flash.ManifestName, bytes.NewReader(record))
	if b.Locked != nil {
		s.problem(flash.Error, name, "its private files are missing: %v", b.Locked)
	}
	s.Unpacked = true
	return s.openFolder(ctx, f)
}
