package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/split"
)

// The record of an opened folder, zip, archive or store is its manifest. What is cheap is held
// against it at once:
//
//	the manifest with itself        every form
//	SHA256SUMS with the manifest    a folder and a zip; an archive and a store do it themselves
//	files up to 1 MiB               a folder and a zip: the tables, by which the rest is found; other forms: texts
//	entries that overlap            every form, up to 16 MiB
//
// All other bytes are compared by whoever reads them: Dump.Copy, Dump.Changed, or Files and
// split.VerifyFiles for all of them.

const (
	smallFile  = 1 << 20  // size up to which a file is compared when its folder is opened, bytes
	smallFiles = 16 << 20 // of all of them
)

// takeRecord makes a manifest the record of the source, and reports what contradicts it.
func (s *Source) takeRecord(ctx context.Context, f *folder, record *flash.Manifest) error {
	s.Record, s.packed = record, f
	wrong := append(record.Contradictions(), record.Unexplained()...)
	sums, err := s.checkSums(ctx, f)
	if err != nil {
		return err
	}
	wrong = append(wrong, sums...)
	if err := s.compareSmall(ctx, f); err != nil {
		return err
	}
	overlaps, err := s.compareOverlaps(ctx)
	if err != nil {
		return err
	}
	s.Doubt(append(wrong, overlaps...))
	return nil
}

// compareOverlaps compares the files of entries that overlap, unless they are too many bytes.
func (s *Source) compareOverlaps(ctx context.Context) (flash.Problems, error) {
	var total int64
	for _, o := range s.Record.Overlaps() {
		total += o.Length
	}
	if total > smallFiles {
		return nil, nil
	}
	return split.CompareOverlaps(ctx, s.Record, s.RecordFiles(ctx))
}

// Doubt adds problems that put any byte of the dump in doubt.
func (s *Source) Doubt(ps []flash.Problem) {
	s.Problems = append(s.Problems, ps...)
	for _, p := range ps {
		if p.Severity > flash.Note {
			s.Damaged = append(s.Damaged, p)
		}
	}
}

// checkSums compares the list of sums in a folder with its manifest. An archive has done that when it
// was opened.
func (s *Source) checkSums(ctx context.Context, f *folder) (flash.Problems, error) {
	m := f.find(flash.SumsName)
	switch {
	case f.store || f.proves && m != nil:
		return nil, nil
	case m == nil:
		return s.Record.CheckSums(nil), nil
	}
	m.used = true
	img, err := s.openRaw(ctx, m)
	if err != nil {
		return nil, err
	}
	return s.Record.CheckSums(io.NewSectionReader(img, 0, img.Size())), nil
}

// compareSmall compares the small files of a folder with their hashes. Of an archive or a store it
// compares only the texts, because whoever reads an image proves it.
func (s *Source) compareSmall(ctx context.Context, f *folder) error {
	var done int64
	s.compared = map[string]bool{}
	for _, want := range s.Record.Files {
		text := !s.Record.Has(want.Name)
		if want.SHA256 == "" || want.Size > smallFile || done+want.Size > smallFiles || f.proves && !text {
			continue
		}
		img, err := s.file(ctx, f, want.Name)
		switch {
		case err != nil:
			return err
		case img == nil && text:
			if !slices.ContainsFunc(s.Problems, func(p flash.Problem) bool { return p.Place == want.Name }) {
				s.problem(flash.Error, want.Name, "is missing")
			}
			continue
		case img == nil || img.Size() != want.Size && !text: // reported where the entry is used
			continue
		}
		done += want.Size
		if err := s.compare(ctx, want, img); err != nil {
			return err
		}
	}
	return nil
}

// compare compares a file with its hash. The error is that of ctx.
func (s *Source) compare(ctx context.Context, want flash.ManifestFile, img flash.Image) error {
	sum, err := split.Sum(ctx, want.Name, img, nil)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		s.problem(flash.Error, want.Name, "cannot be read: %v", err)
	case sum != want.SHA256:
		s.problem(flash.Error, want.Name, "%s", ChangedText(want.Name, sum, want.SHA256))
	default:
		s.compared[want.Name] = true
	}
	return nil
}

// ChangedText is the message for a file that differs from its folder's manifest.
func ChangedText(file, sum, want string) string {
	return fmt.Sprintf("%s "+split.Changed+": its sha-256 is %s, the manifest has %s", file, sum, want)
}

// file opens a file of the record without unwrapping it; nil if it is not there.
func (s *Source) file(ctx context.Context, f *folder, name string) (flash.Image, error) {
	m := s.inside(f, name)
	if m == nil {
		return nil, nil
	}
	return s.openRaw(ctx, m)
}

// NotCompared returns the number of files of the record whose bytes were not compared with their
// hash when the source was opened.
func (s *Source) NotCompared() (n int) {
	if s.Record == nil {
		return 0
	}
	for _, f := range s.Record.Files {
		if !s.compared[f.Name] {
			n++
		}
	}
	return n
}

// RecordFiles returns the files of the record, for split.VerifyFiles with one worker. They are
// closed with the source.
func (s *Source) RecordFiles(ctx context.Context) split.Files { return recordFiles{ctx, s} }

type recordFiles struct {
	ctx context.Context
	s   *Source
}

func (r recordFiles) Open(name string) (split.Member, error) {
	img, err := r.s.file(r.ctx, r.s.packed, name)
	switch {
	case errors.As(err, new(*UnreadableError)):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("source: %s: %w", name, err)
	case img == nil:
		return nil, fmt.Errorf("source: %s: %w", name, fs.ErrNotExist)
	}
	return openMember{img}, nil
}

func (r recordFiles) Names() (names []string, err error) {
	for _, m := range r.s.packed.members {
		first, _, _ := strings.Cut(m.name, "/")
		if !slices.Contains(names, first) {
			names = append(names, first)
		}
	}
	return names, nil
}

// openMember is a file that its source closes.
type openMember struct{ flash.Image }

func (openMember) Close() error { return nil }

// NextData implements flash.DataFinder.
func (m openMember) NextData(off int64) (flash.Extent, error) { return flash.NextData(m.Image, off) }
