package source

import (
	"context"
	"io"
	"path"

	"github.com/mtkkit/mtkkit/flash"
)

// takeSums makes a record of the list of sums in a folder of whole regions that has no manifest: other
// tools write such lists, too, and a dump folder may have lost its manifest. Only regions that are
// whole files, as they are, are in the record.
func (s *Source) takeSums(ctx context.Context, f *folder) error {
	m := f.find(flash.SumsName)
	if m == nil || s.Record != nil {
		return nil
	}
	img, err := s.openRaw(ctx, m)
	if err != nil {
		return err
	}
	sums, err := flash.DecodeSums(io.NewSectionReader(img, 0, img.Size()))
	if err != nil || len(sums.Of) == 0 {
		return nil // not such a list, or a damaged one: it proves nothing
	}
	bySum := map[string]string{}
	for name, sum := range sums.Of {
		bySum[path.Base(name)] = sum
	}
	record := &flash.Manifest{Schema: flash.ManifestSchema, Kind: flash.KindDump, Storage: s.Storage, Complete: true}
	for _, p := range s.Parts {
		file, sum := f.find(p.Source), bySum[p.Source]
		if file == nil || sum == "" || file.packed != p.Image || len(p.Unread) > 0 {
			continue
		}
		size := p.Image.Size()
		record.Sources = append(record.Sources, flash.ManifestSource{Name: p.Source, Region: p.Region, Size: size})
		record.Entries = append(record.Entries, flash.ManifestEntry{Kind: flash.KindRegion, Name: string(p.Region), Region: p.Region,
			Extent: flash.Extent{Length: size}, Present: size, File: p.Source, SHA256: sum})
		record.Files = append(record.Files, flash.ManifestFile{Name: p.Source, Size: size, SHA256: sum})
	}
	if len(record.Files) > 0 {
		m.used = true
		s.Record, s.packed = record, f
	}
	return nil
}
