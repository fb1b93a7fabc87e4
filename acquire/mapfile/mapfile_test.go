package mapfile_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/mapfile"
	"github.com/mtkkit/mtkkit/flash"
)

func read(s string) (*mapfile.Map, error) { return mapfile.Read(strings.NewReader(s)) }

func extents(n ...int64) (out []flash.Extent) {
	for i := 0; i < len(n); i += 2 {
		out = append(out, flash.Extent{Offset: n[i], Length: n[i+1]})
	}
	return out
}

// example is the one of ddrescue's manual.
const example = `# Mapfile. Created by GNU ddrescue version 1.30
# Command line: ddrescue -d -c18 /dev/fd0 fdimage mapfile
# Start time:   2015-07-21 09:37:44
# current_pos  current_status  current_pass
0x00000000     +               1
#      pos        size  status
0x00000000  0x00117000  +
0x00117000  0x00000200  -
0x00117200  0x00001000  /
0x00118200  0x00007E00  *
0x00120000  0x00048000  ?
`

func TestRead(t *testing.T) {
	m, err := read(example)
	if err != nil || !mapfile.Sniff(strings.NewReader(example)) {
		t.Fatal(err)
	}
	if len(m.Blocks) != 5 || m.State != '+' || m.Blocks[1].Status != mapfile.Bad {
		t.Errorf("read as %+v", m)
	}
	for size, want := range map[int64][]flash.Extent{
		0x168000: extents(0x117000, 0x51000),
		0x200000: extents(0x117000, 0x200000-0x117000), // the map ends early
		0x100000: nil,
	} {
		if got := m.Unread(size); !reflect.DeepEqual(got, want) {
			t.Errorf("unread of 0x%x: %v, want %v", size, got, want)
		}
	}
	old, err := read("0x1000 ?\n0 4096 +\n010000 0x10 ?\n") // before 2012, and C's three kinds of numbers
	if err != nil || !reflect.DeepEqual(old.Unread(0x1010), extents(0x1000, 0x10)) {
		t.Errorf("an old map: %+v, %v", old, err)
	}
}

func TestReadDamaged(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"empty":        {"", "no status line"},
		"comments":     {"# nothing\n", "no status line"},
		"no head":      {"0 0x1000 +\n", "not a status line at offset 0x1"},
		"gap":          {"0 ? 1\n0 0x1000 +\n0x2000 0x1000 +\n", "after one that ends at 0x1000 at offset 0x3"},
		"overlap":      {"0 ? 1\n0 0x1000 +\n0x800 0x1000 +\n", "a block at 0x800"},
		"empty block":  {"0 ? 1\n0 0 +\n", "a block of 0 bytes"},
		"negative":     {"0 ? 1\n-1 5 +\n", `"-1" is not a number`},
		"over the end": {"0 ? 1\n0x7fffffffffffffff 5 +\n", "a block of 5 bytes"},
		"status":       {"0 ? 1\n0 5 x\n", "is not a block"},
		"short":        {"0 ? 1\n0 5\n", "is not a block"},
	} {
		m, err := read(c.text)
		var fe *flash.FormatError
		if !errors.As(err, &fe) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %+v, %v; want %q", name, m, err, c.says)
		}
	}
	for _, s := range []string{"", "hello\n", "0x1000\n", "\x00\x00"} {
		if mapfile.Sniff(strings.NewReader(s)) {
			t.Errorf("%q is taken for a mapfile", s)
		}
	}
}

// What is made reads back as it was meant, and so says ddrescue's own tool.
func TestMake(t *testing.T) {
	for i, c := range []struct {
		size      int64
		read, bad []flash.Extent
		untried   int64
		state     byte
	}{
		{0x1000, nil, nil, 0x1000, '?'},
		{0x1000, extents(0, 0x1000), nil, 0, '+'},
		{0x10000, extents(0, 0x1000, 0x8000, 0x1000, 0x1000, 0x1000), extents(0x3000, 0x200), 0x10000 - 0x3200, '?'},
		{0x3000, extents(0, 0x2000, 0x1000, 0x2000), extents(0x1000, 0x200), 0, '+'}, // read at last
		{0x3000, extents(0, 0x1000), extents(0x1000, 0x2000), 0, '+'},
		{64 << 30, extents(0x3fffff000, 0x1000), nil, 64<<30 - 0x1000, '?'},
	} {
		made := mapfile.Make(c.size, c.read, c.bad)
		back, err := mapfile.Read(bytes.NewReader(made.Encode()))
		if err != nil || !reflect.DeepEqual(back, made) {
			t.Errorf("%d: %+v reads as %+v, %v", i, made, back, err)
		}
		whole := extents(0, c.size)
		if got, want := made.Unread(c.size), flash.Without(whole, c.read); !reflect.DeepEqual(got, want) {
			t.Errorf("%d: unread %v, want %v", i, got, want)
		}
		var untried int64
		for _, b := range made.Blocks {
			if b.Status == mapfile.Untried {
				untried += b.Length
			}
		}
		if untried != c.untried || made.State != c.state {
			t.Errorf("%d: 0x%x untried, state %c", i, untried, made.State)
		}
		witness(t, made.Encode(), c.size, flash.Total(flash.Within(flash.Union(c.read), whole[0])), untried)
	}
}

// witness asks ddrescuelog what it sees in a map.
func witness(t *testing.T, text []byte, size, read, untried int64) {
	t.Helper()
	tool, err := exec.LookPath("ddrescuelog")
	if err != nil {
		t.Log("ddrescuelog (package gddrescue) is not installed: the map is not shown to it")
		return
	}
	name := filepath.Join(t.TempDir(), "map")
	if err := os.WriteFile(name, text, 0o666); err != nil {
		t.Fatal(err)
	}
	count := func(status string) (sum int64) { // blocks of 512 bytes, a number a line
		out, err := exec.Command(tool, "-b512", "--list-blocks="+status, name).CombinedOutput()
		if err != nil {
			t.Fatalf("ddrescuelog: %v: %s\n%s", err, out, text)
		}
		return int64(bytes.Count(out, []byte("\n"))) * 512
	}
	if size <= 1<<20 {
		if got := [2]int64{count("+"), count("?")}; got != [2]int64{read, untried} {
			t.Errorf("ddrescuelog sees %d bytes read and %d untried, want %d and %d in\n%s", got[0], got[1], read, untried, text)
		}
	}
	if out, err := exec.Command(tool, "--show-status", name).CombinedOutput(); err != nil {
		t.Errorf("ddrescuelog: %v: %s", err, out)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(example)
	f.Add("0x1000 ?\n0 4096 +\n")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := read(s)
		if err != nil {
			return
		}
		if !reflect.DeepEqual(flash.Union(m.Unread(1<<40)), m.Unread(1<<40)) {
			t.Errorf("holes out of order: %v", m.Unread(1<<40))
		}
		again, err := mapfile.Read(bytes.NewReader(m.Encode()))
		if err != nil || !reflect.DeepEqual(again, m) {
			t.Errorf("%+v reads back as %+v, %v", m, again, err)
		}
	})
}

// What was not tried gets another status, and nothing else does.
func TestMark(t *testing.T) {
	read, bad := []flash.Extent{{Offset: 0, Length: 100}}, []flash.Extent{{Offset: 100, Length: 50}}
	m := mapfile.Make(1000, read, bad)
	m.Mark(flash.Extent{Offset: 50, Length: 250}, mapfile.NotTrimmed)
	m.Mark(flash.Extent{Offset: 900, Length: 200}, mapfile.NotScraped)
	want := []mapfile.Block{{read[0], mapfile.Finished}, {bad[0], mapfile.Bad}, {flash.Extent{Offset: 150, Length: 150}, mapfile.NotTrimmed},
		{flash.Extent{Offset: 300, Length: 600}, mapfile.Untried}, {flash.Extent{Offset: 900, Length: 100}, mapfile.NotScraped}}
	if !slices.Equal(m.Blocks, want) || m.Pos != 300 || m.State != byte(mapfile.Untried) {
		t.Errorf("at %d (%c): %v", m.Pos, m.State, m.Blocks)
	}
	m.Mark(flash.Extent{Length: 1000}, mapfile.NotTrimmed)
	if m.Pos != 150 || m.State != byte(mapfile.NotTrimmed) {
		t.Errorf("at %d (%c): %v", m.Pos, m.State, m.Blocks)
	}
	if again, err := mapfile.Read(bytes.NewReader(m.Encode())); err != nil || !slices.Equal(again.Blocks, m.Blocks) {
		t.Errorf("%v, %v", again, err)
	}
}
