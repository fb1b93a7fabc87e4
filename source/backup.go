package source

import (
	"bytes"
	"context"
	"io"
	"path/filepath"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/flash"
)

// OpenBytes opens the bytes of a path as they are: a file, or its numbered parts. It decrypts
// encrypted files and unpacks nothing.
func OpenBytes(ctx context.Context, path string, opt Options) (flash.Image, io.Closer, error) {
	s := &Source{opt: opt}
	img, err := s.openPath(ctx, path)
	if err == nil {
		img, _, err = s.unsealMain(img, filepath.Base(path))
	}
	if err != nil {
		s.Close()
		return nil, nil, err
	}
	return img, s, nil
}

// openBackup opens a mtkkit archive as the folder that was packed, and reads it in place. It
// returns nil if in is not an archive.
func (s *Source) openBackup(in flash.Image, name string) (*folder, error) {
	if !backup.Sniff(in) {
		return nil, nil
	}
	a, err := backup.Open(in)
	if err != nil {
		return nil, &UnreadableError{name, err.Error()}
	}
	s.closers = append(s.closers, a)
	return s.packedFolder(a, name), nil
}

// FromArchive opens the dump in an opened archive. The caller closes the archive.
func FromArchive(ctx context.Context, name string, a *backup.Archive, opt Options) (*Source, error) {
	s := &Source{opt: opt, Unpacked: true}
	if err := s.openFolder(ctx, s.packedFolder(a, name)); err != nil {
		s.Close()
		return nil, err
	}
	s.lackSilent()
	return s, nil
}

// packedFolder returns the folder that was packed into an archive. Its files are read in place.
func (s *Source) packedFolder(a *backup.Archive, name string) *folder {
	for _, p := range a.Problems {
		if p.Place == "archive" {
			p.Place = name
		}
		s.Problems = append(s.Problems, p)
		if p.Severity == flash.Error {
			s.Damaged = append(s.Damaged, p)
		}
	}
	s.Proves = !a.IsZip() // a zip has only the sums of another format, which any program makes again
	f := &folder{name: name, proves: s.Proves}
	draft := a.Draft()
	if draft != nil {
		f.add(&member{name: flash.ManifestName, size: int64(len(draft)), raw: func(context.Context) (flash.Image, error) {
			return bytes.NewReader(draft), nil
		}})
	}
	members := a.Members()
	for i := range members {
		m := &members[i]
		if m.Name == flash.DraftName || draft != nil && m.Name == flash.ManifestName {
			continue
		}
		f.add(&member{name: m.Name, size: m.Size, raw: func(ctx context.Context) (flash.Image, error) {
			return s.backupImage(ctx, a, m)
		}})
	}
	return f
}

// backupImage reads a member in place. A member that can only be read from its start is unpacked.
func (s *Source) backupImage(ctx context.Context, a *backup.Archive, m *backup.Member) (flash.Image, error) {
	img := a.Image(m)
	if s.opt.Lost != nil {
		img = a.Salvage(m, func(e flash.Extent, err error) { s.opt.Lost(m.Name, e, err) })
	}
	if !a.IsZip() {
		return img, nil
	}
	return s.spool(ctx, io.NewSectionReader(img, 0, img.Size()), m.Name)
}
