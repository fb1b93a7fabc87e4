package flash

import (
	"slices"
	"testing"
)

func TestState(t *testing.T) {
	unread := []Extent{{0x100, 0x100}}
	entry := func(off, length, present int64, file string) ManifestEntry {
		return ManifestEntry{Kind: "partition", Extent: Extent{off, length}, Present: present, File: file}
	}
	skipped := func(e ManifestEntry) ManifestEntry { e.Skipped, e.File = true, ""; return e }
	zero := func(e ManifestEntry) ManifestEntry { e.Zero = true; return e }
	sealed := func(e ManifestEntry) ManifestEntry { e.Kind = KindSealed; return e }
	for name, c := range map[string]struct {
		entry ManifestEntry
		want  State
	}{
		"in its file":              {entry(0x200, 0x100, 0x100, "a"), StateStored},
		"zeros":                    {zero(entry(0x200, 0x100, 0x100, "")), StateZero},
		"the dump ends in it":      {entry(0x200, 0x100, 0x80, "a"), StateCut},
		"zeros, and the dump ends": {zero(entry(0x200, 0x100, 0x80, "")), StateCut},
		"behind the dump's end":    {entry(0x400, 0x100, 0, ""), StateCut},
		"half unread":              {entry(0x180, 0x100, 0x100, "a"), StateHole},
		"unread":                   {skipped(entry(0x100, 0x100, 0x100, "")), StateHole},
		"unread to the end":        {skipped(entry(0x180, 0x100, 0x80, "")), StateHole},
		"left out":                 {skipped(entry(0x200, 0x100, 0x100, "")), StateSkipped},
		"left out, half unread":    {skipped(entry(0x180, 0x100, 0x100, "")), StateSkipped},
		"encrypted":                {sealed(entry(0x100, 0x100, 0x100, "a")), StateSealed},
		"empty":                    {entry(0x180, 0, 0, "a"), StateStored},
	} {
		if got := c.entry.State(unread); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestCovers(t *testing.T) {
	entry := ManifestEntry{Kind: "partition", Region: EMMCUser, Extent: Extent{0, 0x200}, Present: 0x200, File: "a"}
	record := func(change func(*Manifest)) *Manifest {
		m := &Manifest{Sources: []ManifestSource{{Region: EMMCUser, Size: 0x200}}, Entries: []ManifestEntry{entry}}
		change(m)
		return m
	}
	for name, c := range map[string]struct {
		change            func(*Manifest)
		covers, leavesOut bool
		lacking           int
	}{
		"whole":        {func(*Manifest) {}, true, false, 0},
		"cut":          {func(m *Manifest) { m.Sources[0].Beyond = []Extent{{0x200, 0x200}} }, false, false, 1},
		"unread":       {func(m *Manifest) { m.Sources[0].Unread = []Extent{{0, 0x10}} }, false, false, 1},
		"left out":     {func(m *Manifest) { m.Entries[0].Skipped = true }, false, true, 0},
		"no preloader": {func(m *Manifest) { m.Entries[0].Skipped, m.Entries[0].Kind = true, "preloader" }, true, false, 0},
		"nothing was read": {func(m *Manifest) {
			m.Sources[0].Unread, m.Entries[0].Skipped = []Extent{{0, 0x200}}, true
		}, false, false, 1},
	} {
		m := record(c.change)
		if m.Covers() != c.covers || m.LeavesOut() != c.leavesOut || len(m.Lacking()) != c.lacking {
			t.Errorf("%s: covers %v, leaves out %v, lacking %v", name, m.Covers(), m.LeavesOut(), m.Lacking())
		}
	}
}

func TestInFile(t *testing.T) {
	img := Pad(NewStitched(0x300), 0x100)
	for name, c := range map[string]struct {
		base    int64
		at, len int64
		unread  []Extent
	}{
		"a head that is cut off": {-0x100, 0, 0x300, []Extent{{0x100, 0x80}}},
		"behind another region":  {0x1000, 0x1000, 0x400, []Extent{{0x1000, 0x100}, {0x1200, 0x80}}},
	} {
		p := Part{Image: img, Base: c.base, Unread: []Extent{{0, 0x100}, {0x200, 0x80}}}
		src := p.Record()
		if off, in := p.InSource(); off != c.at || in.Size() != c.len {
			t.Errorf("%s: at 0x%x, 0x%x bytes", name, off, in.Size())
		}
		if got := src.InFile(src.Unread); !slices.Equal(got, c.unread) {
			t.Errorf("%s: unread %v", name, got)
		}
	}
}
