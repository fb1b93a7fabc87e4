package flash

import "testing"

// A record contradicts itself if no entry has a range of a region, whatever kind of folder it
// describes, and does not say what is missing if it is only called incomplete.
func TestManifestContradictions(t *testing.T) {
	whole := func(kind FolderKind) Manifest {
		m := Manifest{Schema: ManifestSchema, Kind: kind, Complete: true, Sources: []ManifestSource{{Name: "ROM_1", Region: EMMCUser, Size: 8192}}}
		for _, off := range []int64{0, 4096} {
			name := map[int64]string{0: "lk", 4096: "boot"}[off]
			m.Entries = append(m.Entries, ManifestEntry{Kind: KindPartition, Name: name, Region: EMMCUser, Extent: Extent{Offset: off, Length: 4096}, Present: 4096, File: name + ".img"})
			m.Files = append(m.Files, ManifestFile{Name: name + ".img", Size: 4096})
		}
		return m
	}
	for _, kind := range []FolderKind{KindParts, KindDump, KindArchive} {
		for name, c := range map[string]struct {
			edit               func(*Manifest)
			wrong, unexplained bool
		}{
			"whole":      {func(*Manifest) {}, false, false},
			"a gap":      {func(m *Manifest) { m.Entries = m.Entries[:1] }, true, false},
			"no entries": {func(m *Manifest) { m.Entries, m.Files = nil, nil }, kind != KindArchive, false},
			"unread":     {func(m *Manifest) { m.Complete, m.Sources[0].Unread = false, []Extent{{0, 512}} }, false, false},
			"no reason":  {func(m *Manifest) { m.Complete = false }, false, true},
			"left out": {func(m *Manifest) {
				m.Complete, m.Entries[0].Skipped, m.Entries[0].File = false, true, ""
				m.Files = m.Files[1:]
			}, false, false},
			"a lie":       {func(m *Manifest) { m.Entries[0].Skipped, m.Entries[0].File = true, ""; m.Files = m.Files[1:] }, true, false},
			"other sizes": {func(m *Manifest) { m.Files[1].Size++ }, true, false},
		} {
			m := whole(kind)
			c.edit(&m)
			if got := m.Contradictions(); len(got) > 0 != c.wrong {
				t.Errorf("%s, %s: %v", kind, name, got)
			}
			if got := m.Unexplained(); len(got) > 0 != c.unexplained {
				t.Errorf("%s, %s: unexplained %v", kind, name, got)
			}
		}
	}
}
