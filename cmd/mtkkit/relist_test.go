package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// What a dump is said to hold is said again of its parts and of its archive, however the
// sectors of its MBR table are damaged.
func TestListAgain(t *testing.T) {
	p := imgtest.SmallMT6592()
	dir := t.TempDir()
	table := filepath.Join(dir, p.ScatterName())
	if err := os.WriteFile(table, []byte(p.Scatter), 0o666); err != nil {
		t.Fatal(err)
	}
	sectors := []int64{0, p.Row("EBR1").Offset, p.Row("EBR2").Offset}
	for name, edit := range entryEdits(sectors, p.User) {
		t.Run(name, func(t *testing.T) {
			rom := p.User.Clone()
			edit(rom)
			dir := t.TempDir()
			path := filepath.Join(dir, "ROM_1")
			if err := rom.WriteFile(path); err != nil {
				t.Fatal(err)
			}
			code, first, _ := program(t, "list", path, "--scatter", table, "--json")
			if code == exitRefused {
				return // another phone's scatter file, by what is left
			}
			parts, archive := filepath.Join(dir, "parts"), filepath.Join(dir, "a.tar.zst")
			program(t, "split", path, "--scatter", table, "-o", parts)
			again := []string{parts}
			if strings.HasPrefix(name, "sector 2") {
				program(t, "backup", "create", path, "--scatter", table, "-o", archive)
				again = append(again, archive)
			}
			for _, again := range again {
				_, second, said := program(t, "list", again, "--json")
				if d := cmp.Diff(rowsOf(t, first), rowsOf(t, second)); d != "" {
					t.Errorf("%s is another list (-dump +again):\n%s%s", filepath.Base(again), d, said)
				}
			}
		})
	}
}

// rowsOf are the rows of a listing, as far as they say where what is.
func rowsOf(t *testing.T, listing string) (out []string) {
	t.Helper()
	var l struct{ Partitions []flash.ManifestEntry }
	if err := json.Unmarshal([]byte(listing), &l); err != nil {
		t.Fatalf("%v: %s", err, listing)
	}
	for _, e := range l.Partitions {
		out = append(out, fmt.Sprintf("%s %s %s 0x%x+0x%x, 0x%x, %s", e.Kind, e.Name, e.Region, e.Offset, e.Length, e.Present, e.File))
	}
	return out
}

// entryEdits moves, stretches, shortens and drops entries of the table sectors.
func entryEdits(sectors []int64, rom *imgtest.Sparse) map[string]func(*imgtest.Sparse) {
	edits := map[string]func(*imgtest.Sparse){}
	le := binary.LittleEndian
	for i, at := range sectors {
		for slot := range 4 {
			off := at + 446 + 16*int64(slot)
			e := rom.Range(flash.Extent{Offset: off, Length: 16})
			if e[4] == 0 {
				continue
			}
			for field, name := range map[int]string{8: "start", 12: "count"} {
				for _, by := range []int32{8, -0x400} {
					edits[fmt.Sprintf("sector %d slot %d %s %+d", i, slot, name, by)] = func(s *imgtest.Sparse) {
						b := s.Range(flash.Extent{Offset: off, Length: 16})
						le.PutUint32(b[field:], le.Uint32(b[field:])+uint32(by))
						s.Put(off, b)
					}
				}
			}
			edits[fmt.Sprintf("sector %d slot %d gone", i, slot)] = func(s *imgtest.Sparse) { s.Zero(off, 16) }
			edits[fmt.Sprintf("sector %d slot %d to the end", i, slot)] = func(s *imgtest.Sparse) { s.Put(off+12, []byte{0xFF, 0xFF, 0xFF, 0xFF}) }
		}
	}
	r := rand.New(rand.NewPCG(3, 5))
	for n := range 16 {
		edits[fmt.Sprintf("bytes %d", n)] = func(s *imgtest.Sparse) {
			for range 1 + n%3 {
				s.Put(sectors[r.IntN(3)]+446+r.Int64N(64), []byte{byte(r.Uint32())})
			}
		}
	}
	return edits
}
