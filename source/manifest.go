package source

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/mtkkit/mtkkit/flash"
)

// openManifest puts the regions of a parts folder together, by its manifest.
func (s *Source) openManifest(ctx context.Context, f *folder) (bool, error) {
	record, err := s.readRecord(ctx, f, flash.ManifestName)
	if record == nil || err != nil {
		return false, err
	}
	s.Storage, s.Guessed = record.Storage, record.Guessed()
	if err := s.takeRecord(ctx, f, record); err != nil {
		return false, err
	}
	for _, src := range record.Sources {
		part, err := s.openListed(ctx, f, record, &src)
		if err != nil {
			return false, err
		}
		s.Parts = append(s.Parts, part)
	}
	if record.Storage == flash.Package {
		s.rowsOf(record)
	}
	return true, nil
}

// rowsOf takes the images of a firmware package from the record of its split.
func (s *Source) rowsOf(record *flash.Manifest) {
	for _, e := range record.Entries {
		if e.Kind == flash.KindPartition && e.Region == flash.PackageFiles {
			s.Rows = append(s.Rows, flash.Partition{
				Index: len(s.Rows), Name: e.Name, Region: e.Region, File: e.File, Witness: e.Witness, Download: true, Extent: e.Extent,
			})
		}
	}
	s.holds("a split of a package: %d images", len(s.Rows))
}

// openListed puts one region together. Bytes that no entry has are unread.
func (s *Source) openListed(ctx context.Context, f *folder, record *flash.Manifest, src *flash.ManifestSource) (flash.Part, error) {
	img := flash.NewStitched(src.Size)
	part := flash.Part{Region: src.Region, Image: img, Source: src.Name, Base: src.Offset, Unread: src.Unread, Beyond: src.Beyond}
	missing := []flash.Extent{{Length: src.Size}}
	for i := range record.Entries {
		e := &record.Entries[i]
		state := e.State(src.Unread)
		if e.Region != src.Region || !e.Kind.IsDump() && state != flash.StateSealed {
			continue
		}
		missing = flash.Without(missing, []flash.Extent{e.AtHand()})
		have, err := s.lay(ctx, f, img, e, state)
		if err != nil {
			return part, err
		}
		if have < e.Present {
			part.Unread = flash.Union(part.Unread, []flash.Extent{{Offset: e.Offset + have, Length: e.Present - have}})
		}
	}
	if missing = flash.Without(missing, part.Unread); len(missing) > 0 {
		if record.IsPart() { // otherwise the record contradicts itself, which was reported
			s.problem(flash.Error, string(src.Region), "no entry of the manifest has %v; 0x%x bytes in all are missing and read as zeros", missing[0], flash.Total(missing))
		}
		part.Unread = flash.Union(part.Unread, missing)
	}
	return part, nil
}

// lay puts the bytes of one entry at their offset. It returns how many of the Present bytes,
// from the start of the entry, are known; the rest is unread.
func (s *Source) lay(ctx context.Context, f *folder, img *flash.Stitched, e *flash.ManifestEntry, state flash.State) (have int64, err error) {
	switch {
	case state == flash.StateSealed:
		if opened, err := s.addSealed(ctx, f, img, e); err != nil || !opened {
			return 0, err
		}
		return e.Present, nil
	case e.Zero, e.Present == 0, e.File == "" && state == flash.StateHole: // zeros, nothing, or unread already
		return e.Present, nil
	}
	return s.addEntry(ctx, f, img, e)
}

// readRecord reads a manifest of the folder. It returns nil if there is no file of that name, or
// if it is a manifest of another kind.
func (s *Source) readRecord(ctx context.Context, f *folder, name string) (*flash.Manifest, error) {
	m := f.find(name)
	if m == nil {
		return nil, nil
	}
	raw, err := s.openRaw(ctx, m)
	if err != nil {
		return nil, err
	}
	record, err := flash.ReadManifest(io.NewSectionReader(raw, 0, raw.Size()))
	switch {
	case errors.Is(err, flash.ErrNotThis): // other programs have files of that name, too
		return nil, nil
	case errors.Is(err, flash.ErrVersion), errors.As(err, new(*json.SyntaxError)):
		if !s.unreadable[name] {
			s.unreadable = map[string]bool{name: true}
			s.problem(flash.Error, f.name, "%s cannot be read, and is not used: %v", name, err)
		}
		return nil, nil
	case err != nil:
		return nil, &recordError{&UnreadableError{f.name, err.Error()}}
	}
	m.used = true
	return record, nil
}

// recordError reports a folder with an invalid manifest, which is certainly no folder of another kind.
type recordError struct{ err *UnreadableError }

func (e *recordError) Error() string { return e.err.Error() }
func (e *recordError) Unwrap() error { return e.err }

// LeftOut is the start of the problem of an entry whose file is not in the parts folder, as its
// manifest says.
const LeftOut = "was left out of the parts folder"

// addEntry puts the file of one entry at its offset, and returns how many bytes of it exist.
// Missing bytes read as zeros and are reported. They count as unread, so that no copy takes
// these zeros for the phone's data.
func (s *Source) addEntry(ctx context.Context, f *folder, img *flash.Stitched, e *flash.ManifestEntry) (have int64, err error) {
	lost := func(why string) {
		s.hole(e.Region, e.AtHand())
		s.Problems.AddAt(flash.Error, e.Name, e.Offset, "%s: its bytes are missing and read as zeros", why)
	}
	if e.File == "" {
		lost(LeftOut)
		return 0, nil
	}
	m := f.find(e.File)
	if m == nil {
		lost(e.File + " is not in the folder")
		return 0, nil
	}
	file, err := s.openRaw(ctx, m) // not unwrapped: the partition may contain packed data
	if err != nil {
		return 0, err
	}
	m.used = true
	if file.Size() != e.Present {
		s.problem(flash.Error, e.Name, "%s has 0x%x bytes instead of 0x%x", e.File, file.Size(), e.Present)
	}
	have = min(file.Size(), e.Present)
	img.Add(e.Offset, flash.Slice(file, flash.Extent{Length: have}))
	return have, nil
}
