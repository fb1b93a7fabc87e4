package erofs

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/image/files"
	"github.com/mtkkit/mtkkit/image/files/filestest"
)

func vectors(t testing.TB) []string {
	t.Helper()
	found, err := filepath.Glob("testdata/*.img.gz")
	if err != nil || len(found) == 0 {
		t.Fatal("no vectors", err)
	}
	for i, name := range found {
		found[i] = strings.TrimSuffix(filepath.Base(name), ".img.gz")
	}
	return found
}

func read(t testing.TB, b []byte) *files.Tree {
	t.Helper()
	f, err := Read(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return &files.Tree{System: f}
}

func numbers() []byte {
	var b bytes.Buffer
	for i := 1; i <= 3000; i++ {
		fmt.Fprintln(&b, i)
	}
	return b.Bytes()
}

func TestVectors(t *testing.T) {
	sparse := make([]byte, 20000)
	sparse[9000] = 'X'
	for _, name := range vectors(t) {
		t.Run(name, func(t *testing.T) {
			tree := read(t, filestest.Vector(t, name))
			for path, want := range map[string][]byte{
				"build.prop": []byte("ro.build.display.id=demo\n"), "/fast": []byte("ro.build.display.id=demo\n"),
				"slow": []byte("a"), "sub/../sub/./a": []byte("a"), "/sub/numbers": numbers(), "sparse": sparse,
			} {
				img, err := tree.Open(path)
				if err != nil {
					t.Errorf("%s: %v", path, err)
					continue
				}
				flashtest.TestImage(t, img, want)
			}
			if f := tree.System.(*FS); f.UUID != "6d746b6b-6974-0000-0000-000000000001" || f.Size == 0 || f.Built.Unix() != 1500000000 {
				t.Errorf("%s, %d bytes, of %v", f.UUID, f.Size, f.Built)
			}
			if ps := tree.Problems(); len(ps) > 0 {
				t.Errorf("problems of a sound file system: %v", ps)
			}
			if _, err := tree.Find("nothing"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a file that is not there: %v", err)
			}
			if _, err := tree.Find("loop"); err == nil || !strings.Contains(err.Error(), "loop") {
				t.Errorf("a link to itself: %v", err)
			}
		})
	}
}

func put16(at int, v uint16) func([]byte) { return func(b []byte) { le.PutUint16(b[at:], v) } }
func put32(at int, v uint32) func([]byte) { return func(b []byte) { le.PutUint32(b[at:], v) } }

// inode returns where the inode of a file lies, and where its index does.
func inodeOf(t *testing.T, b []byte, name string) (at, index int) {
	t.Helper()
	n, err := read(t, b).FindLink(name)
	if err != nil {
		t.Fatal(err)
	}
	return int(sysOf(n).at), int(align(sysOf(n).end, 8))
}

// Every field that could lead astray, with what it leads to: an error of Read, of the
// file, or a problem.
func TestDamage(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		path       string // "" for an error of Read
		do         func(b []byte, inode, index int)
		want       string
	}{
		{"no magic", "lz4", "", func(b []byte, _, _ int) { b[superOffset] = 0 }, "not this format"},
		{"block size", "lz4", "", func(b []byte, _, _ int) { b[superOffset+offBlockBits] = 40 }, "blocks of 1<<40"},
		{"unknown feature", "lz4", "", func(b []byte, _, _ int) { b[superOffset+offIncompatible+1] = 0x80 }, "features 0x8000"},
		{"form of 2025", "lz4", "", func(b []byte, _, _ int) { b[superOffset+offIncompatible] |= 0x80 }, "48-bit form"},
		{"directory blocks", "lz4", "", func(b []byte, _, _ int) { b[superOffset+offDirBits] = 1 }, "directory blocks"},
		{"checksum", "lz4", "build.prop", func(b []byte, _, _ int) { b[superOffset+offLabel] = 'x' }, "superblock: its checksum is wrong"},
		{"cut", "lz4", "build.prop", func(b []byte, _, _ int) { put32(superOffset+offBlocks, 1<<20)(b) }, "is cut"},
		{"root outside", "lz4", "build.prop", func(b []byte, _, _ int) { put16(superOffset+offRoot, 65535)(b) }, "inode 65535"},
		{"inode format", "lz4", "build.prop", func(b []byte, i, _ int) { put16(i, 0xFFFF)(b) }, "format 0xffff"},
		{"inode mode", "lz4", "build.prop", func(b []byte, i, _ int) { put16(i+offMode, 0)(b) }, "not in use"},
		{"long tail", "lz4", "build.prop", func(b []byte, i, _ int) { put32(i+offSize, 4095)(b) }, "do not fit into its block"},
		{"start block outside", "lz4", "build.prop", func(b []byte, i, _ int) { put16(i, 0)(b); put32(i+offData, 1<<30)(b) }, "the image ends"},
		{"long target", "lz4", "slow", func(b []byte, i, _ int) { put32(i+offSize, 5000)(b) }, "target of 5000 bytes"},
		{"no target", "lz4", "slow", func(b []byte, i, _ int) { put32(i+offSize, 0)(b) }, "target of 0 bytes"},
		{"chunk format", "chunks", "sub/numbers", func(b []byte, i, _ int) { put16(i+offData, 0xFFC0)(b) }, "chunks of the unknown format 0xffc0"},
		{"too many chunks", "chunks", "sub/numbers", func(b []byte, i, _ int) { put32(i+offSize, 0xFFFFFFF0)(b) }, "with 1048576 chunks"},
		{"cluster size", "lz4", "sub/numbers", func(b []byte, _, x int) { b[x+7] = 15 }, "clusters of 1<<27"},
		{"algorithm", "lz4", "sub/numbers", func(b []byte, _, x int) { b[x+6] = 2 }, "compressed with algorithm 2"},
		{"in a packed inode that is none", "lz4", "sub/numbers", func(b []byte, _, x int) { b[x+7] = 0x80 }, "but there is no packed inode"},
		{"index of 2025", "legacy", "sub/numbers", func(b []byte, _, x int) { put16(x+4, adviseExtents)(b) }, "form of 2025"},
		{"first cluster has no head", "legacy", "sub/numbers", func(b []byte, _, x int) { put16(x+16, typeNonhead)(b) }, "its head is"},
		{"data begin in another cluster", "legacy", "sub/numbers", func(b []byte, _, x int) { put16(x+18, 4096)(b) }, "its data begin at 0x1000"},
		{"data outside", "legacy", "sub/numbers", func(b []byte, _, x int) { put32(x+20, 1<<30)(b) }, "compressed data of inode"},
		{"data damaged", "legacy", "sub/numbers", func(b []byte, _, x int) { at := int(le.Uint32(b[x+20:])) << 12; clear(b[at : at+4096]) }, "do not expand"},
		{"size beyond the index", "legacy", "sub/numbers", func(b []byte, i, _ int) { put32(i+offSize, 1<<31)(b) }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := filestest.Vector(t, tt.file)
			name := tt.path
			if name == "" {
				name = "build.prop"
			}
			at, index := inodeOf(t, b, name)
			tt.do(b, at, index)
			f, err := Read(bytes.NewReader(b))
			if tt.path == "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("Read: %v, want %q", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			tree, says := &files.Tree{System: f}, ""
			img, err := tree.Open(tt.path)
			if err == nil {
				_, err = img.ReadAt(make([]byte, 20000), 0)
			}
			if err != nil {
				says = err.Error()
			}
			for _, p := range tree.Problems() {
				says += "\n" + p.String()
			}
			if !strings.Contains(says, tt.want) {
				t.Errorf("says %q, want %q", says, tt.want)
			}
		})
	}
}

// A directory whose entry leads back to it is walked once; one whose names lie outside
// of its block is told.
func TestDirectories(t *testing.T) {
	b := filestest.Vector(t, "lz4")
	tree := read(t, b)
	sub, err := tree.Find("sub")
	if err != nil {
		t.Fatal(err)
	}
	at := int(sysOf(sub).end) // its entries stand in its inode
	first := le.Uint16(b[at+offName:])
	le.PutUint64(b[at+2*sizeDirent:], sub.Num) // behind "." and ".."
	tree, loops := read(t, b), 0
	err = tree.Walk("sub", sub, func(_ string, _ *files.Inode, err error) error {
		if errors.Is(err, files.ErrLoop) {
			loops++
		}
		return nil
	})
	if err != nil || loops != 1 {
		t.Errorf("%d loops, %v; want 1", loops, err)
	}
	for name, v := range map[string]uint16{"no entries": 0, "odd": first + 1, "past the end": 60000} {
		le.PutUint16(b[at+offName:], v)
		tree := read(t, b)
		if _, err := tree.List(sub); err != nil {
			t.Error(err)
		}
		if ps := tree.Problems(); flash.Worst(ps) != flash.Error || !strings.Contains(fmt.Sprint(ps), "names in it are lost") {
			t.Errorf("%s: %v", name, ps)
		}
	}
}

func TestExpandLZ4(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		size     int
		want     string // "" for an error
	}{
		{"literals", "\x50hello", 5, "hello"},
		{"part of the literals", "\x50hello", 3, "hel"},
		{"a match that overlaps", "\x12a\x01\x00\x10c", 8, "aaaaaaac"},
		{"long literals", "\xF0\x01" + strings.Repeat("x", 16), 16, strings.Repeat("x", 16)},
		{"padding behind", "\x50hello\x00\x00\x00\x00", 5, "hello"},
		{"no input", "", 1, ""},
		{"cut literals", "\x50he", 5, ""},
		{"no distance", "\x10a\x00\x00", 8, ""},
		{"distance too far", "\x10a\x02\x00", 8, ""},
		{"endless length", "\xF0\xFF\xFF\xFF", 8, ""},
	} {
		out := make([]byte, tt.size)
		err := expandLZ4(out, []byte(tt.in))
		if (err == nil) != (tt.want != "") || err == nil && !strings.HasPrefix(string(out), tt.want) {
			t.Errorf("%s: %q, %v; want %q", tt.name, out, err, tt.want)
		}
	}
}

// An index that ends with the image is cut at its end, also when the page is at hand.
func TestIndexCut(t *testing.T) {
	for _, held := range []bool{false, true} {
		x := &index{fs: &FS{img: bytes.NewReader(make([]byte, 1720))}}
		if _, err := x.read(1712, fullEntry); err != nil {
			t.Errorf("the last entry: %v", err)
		}
		if !held {
			x.page = nil
		}
		if b, err := x.read(1728, fullEntry); err == nil {
			t.Errorf("behind the end (page at hand: %v): %x", held, b)
		}
	}
}
