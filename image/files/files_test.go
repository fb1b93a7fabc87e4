package files

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
)

// memory is a System of a few inodes: directories by their names, links by their target.
type memory struct {
	Damage
	dirs  map[uint64][]Entry
	links map[uint64]string
}

func (m *memory) Root() uint64 { return 1 }

func (m *memory) Inode(num uint64) (*Inode, error) {
	n := &Inode{Num: num}
	switch {
	case m.dirs[num] != nil:
		n.Mode = fs.ModeDir | 0o755
	case m.links[num] != "":
		n.Mode = fs.ModeSymlink | 0o777
	case num > 100:
		return nil, errors.New("no such inode")
	}
	return n, nil
}

func (m *memory) Entries(dir *Inode, yield func(Entry) bool) error {
	for _, e := range m.dirs[dir.Num] {
		if !yield(e) {
			break
		}
	}
	return nil
}

func (m *memory) Content(*Inode) (flash.Image, error) { return bytes.NewReader(nil), nil }
func (m *memory) Target(link *Inode) (string, error)  { return m.links[link.Num], nil }

func entry(name string, num uint64) Entry { return Entry{Name: name, Num: num} }

func TestFind(t *testing.T) {
	m := &memory{
		dirs: map[uint64][]Entry{
			1: {entry("bin", 2), entry("etc", 3), entry("prop", 10), entry("out", 21), entry("up", 22), entry("ping", 23), entry("pong", 24), entry("gone", 200)},
			2: {entry("sh", 11)},
			3: {entry("system-bin", 20), entry("hosts", 12), entry("bomb", 25)},
		},
		links: map[uint64]string{20: "/system/bin", 21: "/vendor/lib", 22: "../../prop", 23: "pong", 24: "ping", 25: strings.Repeat("bomb/", 800)},
	}
	tree := &Tree{System: m, Mount: "/system"}
	for path, want := range map[string]uint64{
		"": 1, "/": 1, ".": 1, "bin": 2, "/bin/sh": 11, "bin/../etc/hosts": 12, "../../prop": 10, "up": 10,
		"etc/system-bin/sh": 11, "/etc//./hosts": 12,
	} {
		if n, err := tree.Find(path); err != nil || n.Num != want {
			t.Errorf("%q: %+v, %v; want inode %d", path, n, err, want)
		}
	}
	for path, want := range map[string]string{
		"nothing": "file does not exist", "prop/x": "not a directory", "out": "leads out of this file system",
		"ping": "a loop", "etc/bomb": "links", "gone": "no such inode",
	} {
		if _, err := tree.Find(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", path, err, want)
		}
	}
	if n, err := tree.FindLink("etc/system-bin"); err != nil || n.Num != 20 {
		t.Errorf("a link by itself: %+v, %v", n, err)
	}
}

// A directory that contains its parent, and a chain of directories without end.
func TestWalk(t *testing.T) {
	m := &memory{dirs: map[uint64][]Entry{1: {entry("a", 2), entry("bad", 200)}, 2: {entry("back", 1), entry("f", 9)}}}
	var got []string
	root, _ := m.Inode(1)
	err := (&Tree{System: m}).Walk("/", root, func(name string, node *Inode, err error) error {
		got = append(got, fmt.Sprint(name, " ", err != nil))
		return nil
	})
	want := "/ false,/a false,/a/back true,/a/f false,/bad true"
	if s := strings.Join(got, ","); err != nil || s != want {
		t.Errorf("%s, %v; want %s", s, err, want)
	}

	m = &memory{dirs: map[uint64][]Entry{}}
	for i := range uint64(5000) {
		m.dirs[i+1] = []Entry{entry("d", i+2)}
	}
	deepest, cut := 0, 0
	(&Tree{System: m}).Walk("/", root, func(name string, _ *Inode, err error) error {
		deepest = max(deepest, strings.Count(name, "/"))
		if err != nil {
			cut++
		}
		return nil
	})
	if deepest > maxDepth+1 || cut != 1 {
		t.Errorf("%d deep, cut %d times", deepest, cut)
	}
}

func TestList(t *testing.T) {
	var many []Entry
	for i := range maxEntries + 1 {
		many = append(many, entry(fmt.Sprint(i), 9))
	}
	m := &memory{dirs: map[uint64][]Entry{1: many}}
	root, _ := m.Inode(1)
	if list, err := (&Tree{System: m}).List(root); err == nil || len(list) != maxEntries {
		t.Errorf("%d names, %v", len(list), err)
	}
}

func TestDamage(t *testing.T) {
	var d Damage
	for i := range 2 * maxProblems {
		d.Add(flash.Error, "here", int64(i/2*2), "the same twice")
		d.Add(flash.Error, "here", int64(i/2*2), "the same twice")
	}
	ps := d.Problems()
	if len(ps) != maxProblems || flash.Worst(ps) != flash.Error {
		t.Errorf("%d problems", len(ps))
	}
	d.Add(flash.Note, "there", 0, "one more")
	if ps := d.Problems(); len(ps) != maxProblems+1 || !strings.Contains(ps[maxProblems].Text, "more") || ps[maxProblems].Severity != flash.Error {
		t.Errorf("the last of %d: %v", len(ps), ps[len(ps)-1])
	}
}

func TestMapped(t *testing.T) {
	disk := []byte("0123456789abcdefghijklmnopqrstuvwxyz")
	runs := []Run{{0, 10, 4}, {4, 30, 2}, {8, 0, 3}, {20, 5, 10}, {100, 0, 5}}
	want := make([]byte, 25)
	copy(want, "abcd")
	copy(want[4:], "uv")
	copy(want[8:], "012")
	copy(want[20:], "56789")
	flashtest.TestImage(t, NewMapped(bytes.NewReader(disk), 25, runs), want)
	flashtest.TestImage(t, NewMapped(bytes.NewReader(disk), 0, nil), nil)
	if d, _ := flash.NextData(NewMapped(bytes.NewReader(disk), 25, runs), 11); d != (flash.Extent{Offset: 20, Length: 5}) {
		t.Errorf("data at %v", d)
	}
	short := NewMapped(bytes.NewReader(disk), 20, []Run{{0, 30, 20}})
	if n, err := short.ReadAt(make([]byte, 10), 0); n != 6 || err == nil || !strings.Contains(err.Error(), "the image ends at 0x24") {
		t.Errorf("past the end of the image: %d, %v", n, err)
	}
}

func TestAppend(t *testing.T) {
	runs, err := Append(nil, Run{0, 100, 10})
	if err != nil {
		t.Fatal(err)
	}
	if runs, err = Append(runs, Run{10, 110, 5}); err != nil || len(runs) != 1 || runs[0].Length != 15 {
		t.Errorf("neighbours: %v, %v", runs, err)
	}
	if runs, err = Append(runs, Run{15, 200, 5}); err != nil || len(runs) != 2 {
		t.Errorf("apart: %v, %v", runs, err)
	}
	if _, err := Append(make([]Run, maxRuns), Run{1, 1 << 40, 1}); !errors.Is(err, ErrFragmented) {
		t.Errorf("too many: %v", err)
	}
}
