package source

import (
	"bytes"
	"context"

	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/flash"
)

// NoTagError is an UnreadableError: a reference to a store without the tag of a backup.
type NoTagError struct{ Store string }

func (e *NoTagError) Error() string { return e.Unwrap().Error() }

func (e *NoTagError) Unwrap() error {
	return &UnreadableError{e.Store, "names no backup: add a tag"}
}

// openStore opens a backup in an OCI layout folder, oci:FOLDER:TAG, as the parts folder
// that was pushed.
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
	s.Files = append(s.Files, ref.Layout) // nothing is to be written there
	b, err := repo.Open(ctx, ref.Tag)
	if err != nil {
		return err
	}
	return s.openPulled(ctx, path, b)
}

// FromBackup opens a backup that is opened already: in a registry for instance. Closing
// it stays the caller's.
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
	f := &folder{name: name}
	add := func(name string, img flash.Image) {
		f.add(&member{name: name, size: img.Size(), raw: func(context.Context) (flash.Image, error) { return img, nil }})
	}
	lacking := b.Damaged()
	for _, o := range b.Outputs {
		if err := lacking[o.Name]; err != nil { // as a file that a folder lacks
			s.problem(flash.Error, o.Name, "%v", err)
			continue
		}
		add(o.Name, o.Image)
	}
	add(flash.ManifestName, bytes.NewReader(record))
	if b.Locked != nil {
		s.problem(flash.Error, name, "what is private in it is not here: %v", b.Locked)
	}
	s.Unpacked = true
	return s.openFolder(ctx, f)
}
