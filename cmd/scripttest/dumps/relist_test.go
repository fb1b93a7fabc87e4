package dumps

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
	"github.com/mtkkit/mtkkit/words"
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
			sameAgain(t, path, strings.HasPrefix(name, "sector 2 slot 0 start"), "--scatter", table)
		})
	}
}

// The same of a GPT: names that two rows have or no file can, rows that share bytes or
// reach beyond the device.
func TestListAgainGPT(t *testing.T) {
	p := imgtest.SmallMT6765()
	s := &subject{rom: p.User, ss: 512}
	le := binary.LittleEndian
	name := func(e []byte, n string) {
		clear(e[56:128])
		for i, c := range []byte(n) {
			e[56+2*i] = c
		}
	}
	for what, edit := range map[string]func(rows []byte){
		"two of one name":       func(b []byte) { copy(b[5*128+56:6*128], b[4*128+56:5*128]) },
		"names but for case":    func(b []byte) { name(b[5*128:], "LOGO"); name(b[6*128:], "logo"); name(b[7*128:], "Logo") },
		"out of the folder":     func(b []byte) { name(b[5*128:], "../x"); name(b[6*128:], "a/b") },
		"names of our files":    func(b []byte) { name(b[5*128:], "manifest.json"); name(b[6*128:], "SHA256SUMS") },
		"no names":              func(b []byte) { name(b[5*128:], ""); name(b[6*128:], "") },
		"a name of two words":   func(b []byte) { name(b[5*128:], "my part"); name(b[6*128:], "x: y # z") },
		"rows that share bytes": func(b []byte) { le.PutUint64(b[5*128+40:], le.Uint64(b[5*128+40:])+16) },
		"beyond the device":     func(b []byte) { le.PutUint64(b[7*128+40:], 1<<30) },
		"ends before it starts": func(b []byte) { le.PutUint64(b[5*128+40:], 1) },
		"out of order": func(b []byte) {
			x := append([]byte(nil), b[5*128:6*128]...)
			copy(b[5*128:], b[6*128:7*128])
			copy(b[6*128:], x)
		},
		"one row in another": func(b []byte) { copy(b[5*128+32:5*128+48], b[6*128+32:6*128+48]) },
		"a slot left free":   func(b []byte) { clear(b[5*128 : 6*128]) },
	} {
		t.Run(what, func(t *testing.T) {
			rom := p.User.Clone()
			inBoth(s, rom, edit)
			path := filepath.Join(t.TempDir(), "ROM_1")
			if err := rom.WriteFile(path); err != nil {
				t.Fatal(err)
			}
			sameAgain(t, path, true)
		})
	}
}

// sameAgain compares the list of a dump with that of its parts and its archive, and what
// info, verify and split say of it.
func sameAgain(t *testing.T, path string, archived bool, options ...string) {
	t.Helper()
	run := func(args ...string) (int, string) {
		code, out, _ := program(append(args, options...)...)
		return code, out
	}
	code, first := run("list", path, "--json")
	if code == words.ExitRefused {
		return // another phone's scatter file, by what is left
	}
	dir := t.TempDir()
	again := []string{filepath.Join(dir, "parts")}
	said := map[string]int{}
	said["split"], _ = run("split", path, "-o", again[0])
	said["info"], _ = run("info", path)
	said["verify"], _ = run("verify", path)
	if archived {
		again = append(again, filepath.Join(dir, "a.tar.zst"))
		said["backup create"], _ = run("backup", "create", path, "-o", again[1])
	}
	for command, c := range said {
		if c != code {
			t.Errorf("%s says %d, list %d", command, c, code)
		}
	}
	for _, again := range again {
		_, second, said := program("list", again, "--json")
		if d := cmp.Diff(rowsOf(t, first), rowsOf(t, second)); d != "" {
			t.Errorf("%s is another list (-dump +again):\n%s%s", filepath.Base(again), d, said)
		}
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
				for _, by := range map[int][]int32{8: {8, -0x400}, 12: {-8}}[field] {
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
	for n := range 6 {
		edits[fmt.Sprintf("bytes %d", n)] = func(s *imgtest.Sparse) {
			for range 1 + n%3 {
				s.Put(sectors[r.IntN(3)]+446+r.Int64N(64), []byte{byte(r.Uint32())})
			}
		}
	}
	return edits
}
