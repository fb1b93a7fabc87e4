package flash

import (
	"os"
	"slices"
	"strings"
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
	excerpt := func(e ManifestEntry) ManifestEntry { e.Kind = KindExcerpt; return e }
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
		"an end of userdata":       {excerpt(entry(0x200, 0x100, 0x100, "a")), StateExcerpt},
		"an end, half unread":      {excerpt(entry(0x180, 0x100, 0x100, "a")), StateHole},
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
		if m.Covers() != c.covers || m.LeavesOut() != c.leavesOut || len(m.Missing()) != c.lacking {
			t.Errorf("%s: covers %v, leaves out %v, lacking %v", name, m.Covers(), m.LeavesOut(), m.Missing())
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

// stateRow is one row of the table in State's comment.
type stateRow struct {
	state                       State
	kind, unread, skip, present string
	zero                        string
}

// stateTable reads the table in State's comment.
func stateTable(t *testing.T) (rows []stateRow) {
	b, err := os.ReadFile("manifest_state.go")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(strings.ReplaceAll(string(b), "\r\n", "\n"), "//	state    Kind")
	table, _, _ = strings.Cut(table, "//\n")
	for _, line := range strings.Split(strings.TrimSpace(table), "\n")[1:] {
		f := strings.Fields(strings.TrimPrefix(line, "//"))
		rows = append(rows, stateRow{State(f[0]), f[1], f[2], f[3], f[4], f[5]})
	}
	return rows
}

// fits reports whether an entry is one that the row speaks of; unread is how much of it
// was not read: none, some or all.
func (r stateRow) fits(e *ManifestEntry, unread string) bool {
	is := func(want, got string) bool { return want == "any" || want == got }
	yes := map[bool]string{true: "yes", false: "no"}
	present := map[bool]string{true: "all", false: "part"}
	return is(r.kind, string(e.Kind)) && is(r.unread, unread) && is(r.skip, yes[e.Skipped]) &&
		is(r.present, present[e.Present == e.Length]) && is(r.zero, yes[e.Zero])
}

// The table in the comment is what the method does, for every entry there can be, and no
// row of it is without one.
func TestStateTable(t *testing.T) {
	rows := stateTable(t)
	used := make([]int, len(rows))
	holes := map[string][]Extent{"none": {{0x300, 0x10}}, "some": {{0, 0x110}}, "all": {{0x80, 0x200}}}
	for _, kind := range []Kind{KindPartition, KindGap, KindRegion, KindPreloader, KindTrimmed, KindSparse, KindExcerpt, KindSealed, "of a later version"} {
		for unread, list := range holes {
			for _, skipped := range []bool{false, true} {
				for _, zero := range []bool{false, true} {
					for _, present := range []int64{0, 0x80, 0x100} {
						if present == 0 && unread != "none" {
							continue // of nothing, nothing is unread
						}
						e := &ManifestEntry{Kind: kind, Extent: Extent{0x100, 0x100}, Present: present, Skipped: skipped, Zero: zero}
						i := slices.IndexFunc(rows, func(r stateRow) bool { return r.fits(e, unread) })
						if i < 0 {
							t.Fatalf("no row for %+v, unread %s", e, unread)
						}
						used[i]++
						if got := e.State(list); got != rows[i].state {
							t.Errorf("%+v, unread %s: %s, the table says %s", e, unread, got, rows[i].state)
						}
					}
				}
			}
		}
	}
	if len(rows) != 8 || slices.Contains(used, 0) {
		t.Errorf("the rows fit %v entries", used)
	}
}

// The dump is made of three kinds of entry, and of no other.
func TestIsDump(t *testing.T) {
	dump := []Kind{KindPartition, KindGap, KindRegion}
	for _, k := range []Kind{KindPartition, KindGap, KindRegion, KindPreloader, KindTrimmed, KindSparse, KindExcerpt, KindSealed, ""} {
		if k.IsDump() != slices.Contains(dump, k) {
			t.Errorf("%q: %t", k, k.IsDump())
		}
	}
}

func TestWitness(t *testing.T) {
	for w, want := range map[Witness]struct{ guess, own bool }{
		"ebr": {false, true}, "gpt primary": {false, true}, "gpt backup": {false, true},
		"content": {true, true}, "content (guess)": {true, true},
		"scatter": {}, "dumchar_info": {}, "pmt": {}, "boot region header": {}, "": {},
		WitnessScatter.AndEBR(): {}, "ebr and pmt": {},
	} {
		if w.IsGuess() != want.guess || w.IsOwn() != want.own {
			t.Errorf("%q: guess %t, own %t", w, w.IsGuess(), w.IsOwn())
		}
	}
}

func TestCarved(t *testing.T) {
	for name, c := range map[string]struct {
		row  Partition
		want bool
	}{
		"a row":                      {Partition{Extent: Extent{0, 1}, Witness: WitnessScatter}, true},
		"without a place":            {Partition{Extent: Extent{Unplaced, 1}, Witness: WitnessEBR}, false},
		"reserved, by a scatter":     {Partition{Extent: Extent{0, 1}, Witness: WitnessScatter, Reserved: true}, false},
		"reserved, and in the table": {Partition{Extent: Extent{0, 1}, Witness: WitnessScatter.AndEBR(), Reserved: true}, true},
	} {
		if c.row.Carved() != c.want {
			t.Errorf("%s: %t", name, !c.want)
		}
	}
}
