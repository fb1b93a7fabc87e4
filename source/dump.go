package source

import (
	"context"
	"errors"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// A dump folder, as acquire writes it. Unread bytes are not in any file: the region's file is
// sparse there, and the manifest and the map list them.
//
//	manifest.json        finished          manifest.json.part   still being read
//	regions/ROM_1        a whole region    regions/ROM_1.part   not all of it is read
//	regions/ROM_1.map    ddrescue's map of it

// partSuffix is the ending of the names of unfinished files.
const partSuffix = disk.PartSuffix

// unfinishedDump is the message for a dump that has a draft but no manifest. It may have all its
// bytes, but the check after reading, or the last step, may be missing.
const unfinishedDump = NeverFinished + ", or is being read: it has no " + flash.ManifestName + ", and nothing proves its content"

// NeverFinished is part of the text of the problem of an Unfinished source.
const NeverFinished = "was never finished"

// unfinished records that the opened folder or file is unfinished.
func (s *Source) unfinished(place, text string) {
	s.Unfinished = true
	s.problem(flash.Error, place, "%s", text)
}

// tellPart reports a file that has the name of an unfinished one.
func (s *Source) tellPart(name string) {
	if strings.HasSuffix(name, partSuffix) {
		s.unfinished(name, "has the ending "+partSuffix+": it "+NeverFinished+", or is being written")
	}
}

// openDump opens a dump folder.
func (s *Source) openDump(ctx context.Context, f *folder) (bool, error) {
	record, err := s.readRecord(ctx, f, flash.ManifestName)
	draft := err == nil && record == nil
	if draft {
		record, err = s.readRecord(ctx, f, flash.ManifestName+partSuffix)
	}
	if err != nil || record == nil || record.Kind != flash.KindDump {
		return false, err
	}
	if draft {
		s.unfinished(f.name, unfinishedDump)
	}
	s.Storage = record.Storage
	if !draft { // the draft of an unfinished dump has no hashes
		if err := s.takeRecord(ctx, f, record); err != nil {
			return false, err
		}
	}
	for _, p := range record.Problems {
		if p.Place == flash.PlacePhone && p.Severity > flash.Note {
			s.Problems = append(s.Problems, p)
		}
	}
	for _, src := range record.Sources {
		part, err := s.openDumped(ctx, f, record, src)
		if err != nil {
			return false, err
		}
		s.Parts = append(s.Parts, part)
	}
	return true, nil
}

// openDumped opens one region of a dump folder. Bytes that its file does not have are unread.
func (s *Source) openDumped(ctx context.Context, f *folder, record *flash.Manifest, src flash.ManifestSource) (flash.Part, error) {
	part := flash.Part{Region: src.Region, Image: flash.NewStitched(src.Size), Source: src.Name, Beyond: src.Beyond}
	whole := []flash.Extent{{Length: src.Size}}
	i := slices.IndexFunc(record.Entries, func(e flash.ManifestEntry) bool { return e.Kind == flash.KindRegion && e.Region == src.Region })
	if i < 0 || record.Entries[i].File == "" {
		part.Unread = whole
		return part, nil
	}
	file := record.Entries[i].File
	m, finished := s.inside(f, file), true
	if m == nil {
		m, finished = s.inside(f, file+partSuffix), false
	}
	if m == nil {
		s.problem(flash.Error, string(src.Region), "%s is not in the folder", file)
		part.Unread = whole
		return part, nil
	}
	img, err := s.openRaw(ctx, m)
	if err != nil {
		return part, err
	}
	rescueMap, err := s.readMap(ctx, s.inside(f, file+mapSuffix))
	if err != nil {
		return part, err
	}
	part.Unread = flash.Union(src.Unread, flash.Without(whole, []flash.Extent{{Length: img.Size()}}))
	switch {
	case rescueMap != nil:
		part.Unread = flash.Union(part.Unread, rescueMap.Unread(src.Size))
		part.Beyond = flash.Union(part.Beyond, behind(rescueMap, src.Size))
	case !finished:
		part.Unread = whole // it is unknown which of its bytes were read
	}
	if img.Size() > src.Size && finished {
		s.problem(flash.Error, string(src.Region), "%s has 0x%x bytes instead of 0x%x", file, img.Size(), src.Size)
	}
	if img.Size() < src.Size { // the copy was cut
		padded := flash.NewStitched(src.Size)
		padded.Add(0, img)
		img = padded
	}
	part.Image = flash.Slice(img, flash.Extent{Length: src.Size})
	return part, nil
}

// inside finds a file of the folder by its path in the folder; nil if it does not exist. A zip of
// another program may have lost the folders, so the name alone is looked for last.
func (s *Source) inside(f *folder, name string) *member {
	if m := f.find(name); m != nil {
		return m
	}
	if m := s.below(f, name); m != nil {
		return m
	}
	return f.find(path.Base(name))
}

// below finds a file in a subfolder of a folder on the disk.
func (s *Source) below(f *folder, name string) *member {
	if f.path == "" {
		return nil
	}
	full := filepath.Join(f.path, filepath.FromSlash(name))
	st, err := s.stat(full)
	if strange := (*disk.KindError)(nil); errors.As(err, &strange) {
		s.problem(flash.Error, name, "%s", strange.Text)
	}
	if err != nil || !st.Mode().IsRegular() {
		return nil
	}
	m := &member{name: name, path: full}
	m.raw = func(ctx context.Context) (flash.Image, error) { return s.openFile(ctx, full) }
	return m
}
