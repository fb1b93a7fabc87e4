package flash

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
)

// IsPart reports whether the record has less than its dump, on request: some partitions were
// left out. Bytes of the phone that the dump itself does not have do not count: these holes are
// known.
func (m *Manifest) IsPart() bool { return !m.Complete && (m.LeavesOut() || m.Covers()) }

// Contradictions reports what cannot be true of a record: a file that has two sizes or two sums, or
// that no entry has, an entry in the file of another one, a range of a region that no entry has, and a complete record that lacks something. Such a record
// was edited or damaged, and nobody can know which of its statements are right.
func (m *Manifest) Contradictions() (ps Problems) {
	files := make(map[string]ManifestFile, len(m.Files))
	for _, f := range m.Files {
		files[f.Name] = f
	}
	ps = append(ps, m.crossed()...)
	for i := range m.Entries {
		e := &m.Entries[i]
		f, listed := files[e.File]
		switch {
		case !listed:
		case f.Size != e.Present && e.isPlain():
			ps.AddAt(Error, e.Name, e.Offset, "the manifest says that %s has 0x%x bytes, and that %q has 0x%x", e.File, f.Size, e.Name, e.Present)
		case e.SHA256 != "" && f.SHA256 != "" && e.SHA256 != f.SHA256:
			ps.AddAt(Error, e.Name, e.Offset, "the manifest has two different sums for %s", e.File)
		}
	}
	if m.Complete && m.LeavesOut() {
		ps.Add(Error, ManifestName, "says that it is complete, and that bytes of the dump were left out")
	}
	ps = append(ps, m.uncovered()...)
	for _, f := range m.Files {
		if !m.Has(f.Name) && m.needs(f.Name) {
			ps.Add(Error, f.Name, "is in the list of files, and no entry of the manifest has it")
		}
	}
	return ps
}

// Has reports whether an entry has its bytes in a file.
func (m *Manifest) Has(file string) bool {
	return slices.ContainsFunc(m.Entries, func(e ManifestEntry) bool { return e.File == file })
}

// needs reports whether an entry must have a file: a file of a parts folder that is not a text about
// it, or the file of a region in a dump folder.
func (m *Manifest) needs(file string) bool {
	switch m.Kind {
	case KindParts, KindArchive:
		return !describes(file)
	case KindDump:
		return slices.ContainsFunc(m.Sources, func(s ManifestSource) bool { return path.Base(s.Name) == path.Base(file) })
	}
	return false
}

// describes reports whether a file of a folder is a text about it, so that no entry has it. It may be
// encrypted.
func describes(name string) bool {
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".age"), ".zst")
	return slices.Contains([]string{".txt", ".xml", ".html", ".json"}, strings.ToLower(path.Ext(name)))
}

// crossed reports entries that have the file of another entry, by its name: boot in recovery.img. The
// names of files come from those of the partitions, so this is no accident of naming if the other
// entry does not have it either.
func (m *Manifest) crossed() (ps Problems) {
	stem := func(e *ManifestEntry) string { return strings.TrimSuffix(e.File, path.Ext(e.File)) }
	byName := map[string]*ManifestEntry{}
	for i := range m.Entries {
		if e := &m.Entries[i]; e.Kind == KindPartition && e.File != "" {
			byName[strings.ToLower(e.Name)] = e
		}
	}
	for i := range m.Entries {
		e := &m.Entries[i]
		other := byName[strings.ToLower(stem(e))]
		if e.Kind == KindPartition && e.File != "" && other != nil && other.Region == e.Region && !strings.EqualFold(stem(e), e.Name) && !strings.EqualFold(stem(other), other.Name) {
			ps.AddAt(Error, e.Name, e.Offset, "the manifest says that it is in %s, and that %s is in %s", e.File, other.Name, other.File)
		}
	}
	return ps
}

// isPlain reports whether the file of an entry has the entry's bytes as they are.
func (e *ManifestEntry) isPlain() bool { return e.Kind.IsDump() || e.Kind == KindExcerpt }

// uncovered reports the ranges of the regions that no entry has. A record of some partitions may
// lack any range, and a record without entries describes its files only.
func (m *Manifest) uncovered() (ps Problems) {
	if m.IsPart() || len(m.Entries) == 0 && m.Kind != KindParts && m.Kind != KindDump || m.describesFiles() {
		return nil
	}
	for _, src := range m.Sources {
		have := slices.Clone(src.Unread)
		for _, e := range m.Entries {
			if e.Region == src.Region && (e.isPlain() || e.Kind == KindSealed) && (e.File != "" || e.Zero || e.Skipped) {
				have = append(have, e.AtHand())
			}
		}
		for _, e := range Without([]Extent{{Length: src.Size}}, Union(have)) {
			ps.AddAt(Error, string(src.Region), e.Offset, "no entry of the manifest has %v (%s)", e, Size(e.Length))
		}
	}
	return ps
}

// describesFiles reports whether the record is not of a dump: its files were made from one.
func (m *Manifest) describesFiles() bool {
	return m.Kind == KindTables || m.Kind == KindLogical || m.Kind == KindPreloaders
}

// Overlap is a range that two entries of a record have.
type Overlap struct {
	Region Region
	Extent
	A, B *ManifestEntry // in order of offset
}

// Overlaps lists the ranges that two entries with bytes have, in order of region and offset. Rows
// of a table may overlap; their files must then have the same bytes there.
func (m *Manifest) Overlaps() (out []Overlap) {
	for _, src := range m.Sources {
		var list []*ManifestEntry
		for i := range m.Entries {
			if e := &m.Entries[i]; e.Region == src.Region && e.Kind.IsDump() && e.Present > 0 && (e.File != "" || e.Zero) {
				list = append(list, e)
			}
		}
		slices.SortStableFunc(list, func(a, b *ManifestEntry) int { return cmp.Compare(a.Offset, b.Offset) })
		var widest *ManifestEntry // the entry that ends last
		for _, e := range list {
			if widest != nil {
				for _, both := range Within([]Extent{e.AtHand()}, widest.AtHand()) {
					out = append(out, Overlap{src.Region, both, widest, e})
				}
			}
			if widest == nil || e.AtHand().End() > widest.AtHand().End() {
				widest = e
			}
		}
	}
	return out
}

// CompareOverlaps compares the files of entries that have a range twice, with the bytes that open
// returns for an entry. Different bytes are an Error: one of the two files is wrong. The error is
// that of ctx. Bytes that cannot be read are no problem of this check.
func (m *Manifest) CompareOverlaps(ctx context.Context, open func(*ManifestEntry) (Image, error)) (ps Problems, err error) {
	for _, o := range m.Overlaps() {
		at, err := o.firstDifference(ctx, open)
		if ctx.Err() != nil {
			return ps, ctx.Err()
		}
		if err == nil && at >= 0 {
			ps.AddAt(Error, o.B.Name, o.Offset+at, "overlaps %s and has different bytes", o.A.Name)
		}
	}
	return ps, nil
}

func (o *Overlap) firstDifference(ctx context.Context, open func(*ManifestEntry) (Image, error)) (int64, error) {
	var both [2]Image
	for i, e := range []*ManifestEntry{o.A, o.B} {
		img := Image(NewStitched(e.Present))
		if !e.Zero {
			var err error
			if img, err = open(e); err != nil {
				return -1, err
			}
			if img.Size() < e.Present {
				return -1, fmt.Errorf("flash: %s: %w", e.File, ErrShort)
			}
		}
		both[i] = Slice(img, Extent{o.Offset - e.Offset, o.Length})
	}
	return FirstDifference(ctx, both[0], both[1])
}
