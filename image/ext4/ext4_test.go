package ext4

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/image/files"
	"github.com/mtkkit/mtkkit/image/files/filestest"
)

func read(t testing.TB, b []byte) *files.Tree {
	t.Helper()
	f, err := Read(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return &files.Tree{System: f}
}

func content(t testing.TB, tree *files.Tree, name string) string {
	t.Helper()
	img, err := tree.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(io.NewSectionReader(img, 0, img.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestVectors(t *testing.T) {
	var numbers bytes.Buffer
	for i := 1; i <= 900; i++ {
		fmt.Fprintln(&numbers, i)
	}
	for _, name := range []string{"ext4", "ext2", "inline"} {
		t.Run(name, func(t *testing.T) {
			sparse := make([]byte, 20000)
			sparse[9000] = 'X'
			if name == "inline" {
				sparse = sparse[:9216] // mke2fs 1.47 loses the hole at the end
			}
			tree := read(t, filestest.Vector(t, name))
			for path, want := range map[string]string{
				"build.prop": "ro.build.display.id=demo\n", "/fast": "ro.build.display.id=demo\n",
				"slow": "a", "sub/../sub/./a": "a", "/sub/numbers": numbers.String(), "sparse": string(sparse),
			} {
				if got := content(t, tree, path); got != want {
					t.Errorf("%s: %.50q, want %.50q", path, got, want)
				}
			}
			img, err := tree.Open("sparse")
			if err != nil {
				t.Fatal(err)
			}
			flashtest.TestImage(t, img, sparse)
			if d, _ := flash.NextData(img, 0); name != "inline" && d != (flash.Extent{Offset: 8192, Length: 1024}) {
				t.Errorf("data at %v, want one block at 8192", d)
			}
			if f := tree.System.(*FS); f.Label != "tiny" || f.UUID != "6d746b6b-6974-0000-0000-000000000001" || f.Size != 128<<10 {
				t.Errorf("%q %s, %d bytes", f.Label, f.UUID, f.Size)
			}
			if ps := tree.Problems(); len(ps) > 0 {
				t.Errorf("problems of a sound file system: %v", ps)
			}
		})
	}
}

func TestNotFound(t *testing.T) {
	tree := read(t, filestest.Vector(t, "ext4"))
	for path, want := range map[string]error{
		"nothing": fs.ErrNotExist, "sub/nothing": fs.ErrNotExist, "build.prop/x": files.ErrNoDirectory,
	} {
		if _, err := tree.Find(path); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
	if _, err := tree.Find("loop"); err == nil || !strings.Contains(err.Error(), "loop") {
		t.Errorf("a link to itself: %v", err)
	}
	if _, err := tree.Open("sub"); err == nil || !strings.Contains(err.Error(), "a directory, not a regular file") {
		t.Errorf("a directory opened: %v", err)
	}
}

// Where things are in testdata/ext4.img.gz and inline.img.gz: 1 KiB blocks, one group, descriptor in block 2, inode
// table in block 5 with 32 inodes of 256 bytes.
func inodeAt(b []byte, num int) int {
	return int(le.Uint32(b[2048+offTableLow:]))*1024 + (num-1)*int(le.Uint16(b[superOffset+offInodeSize:]))
}

func put16(at int, v uint16) func([]byte) { return func(b []byte) { le.PutUint16(b[at:], v) } }
func put32(at int, v uint32) func([]byte) { return func(b []byte) { le.PutUint32(b[at:], v) } }

const (
	inoBuildProp, inoSlow, inoSparse, inoSub = 12, 15, 16, 17
)

// Every field that could lead astray, with what it leads to: an error of Read, of the
// file, or a problem.
func TestDamage(t *testing.T) {
	super := func(off int) int { return superOffset + off }
	inode := func(num, off int) int { return inodeAt(filestest.Vector(t, "ext4"), num) + off }
	block := func(num int) int { return inode(num, offBlock) }
	for _, tt := range []struct {
		name, file string // "" for ext4
		path       string
		do         func([]byte)
		want       string // of an error or a problem
	}{
		{"no magic", "", "", put16(super(offMagic), 0), "not this format"},
		{"block size", "", "", put32(super(offLogBlock), 40), "blocks of 1024<<40"},
		{"no inodes", "", "", put32(super(offInodes), 0), "no inodes"},
		{"inodes in a group", "", "", put32(super(offInodesGroup), 0), "0 inodes in a group"},
		{"too many inodes in a group", "", "", put32(super(offInodesGroup), 1<<30), "1073741824 inodes"},
		{"inode size", "", "", put16(super(offInodeSize), 200), "inodes of 200 bytes"},
		{"inode size beyond the block", "", "", put16(super(offInodeSize), 2048), "inodes of 2048 bytes"},
		{"revision", "", "", put32(super(offRevision), 7), "revision 7"},
		{"journal device", "", "", put32(super(offIncompatible), incompatJournalDev), "journal of another"},
		{"unknown feature", "", "build.prop", put32(super(offIncompatible), 0x802c2), "features 0x80000 are not known"},
		{"descriptor size", "", "build.prop", put16(super(offDescSize), 65535), "descriptors of 65535 bytes"},
		{"superblock checksum", "", "build.prop", put32(super(offWritten), 7), "superblock: its checksum is wrong"},
		{"cut", "", "build.prop", put32(super(offBlocksLow), 1<<20), "is cut: the image has 0x20000 of its 0x40000000 bytes"},
		{"journal not replayed", "", "build.prop", put32(super(offIncompatible), 0x2c6), "contains changes"},
		{"inode table outside", "", "build.prop", put32(2048+offTableLow, 1<<30), "block group 0 are at block 1073741824, but there are 128"},
		{"group checksum", "", "build.prop", put16(2048+offGroupChecksum, 1), "block group 0: the checksum"},
		{"group checksum, crc16", "inline", "build.prop", put16(2048+offGroupChecksum, 1), "block group 0: the checksum"},
		{"inode checksum", "", "build.prop", put16(inode(inoBuildProp, offLinks), 9), "inode 12: its checksum is wrong"},
		{"unused inode", "", "build.prop", put16(inode(inoBuildProp, offMode), 0), "inode 12 is not in use"},
		{"huge file", "", "build.prop", put32(inode(inoBuildProp, offSizeHigh), 0x7FFFFFFF), "larger than any file"},
		{"negative file", "", "build.prop", put32(inode(inoBuildProp, offSizeHigh), 0xFFFFFFFF), "larger than any file"},
		{"encrypted file", "", "build.prop", put32(inode(inoBuildProp, offFlags), flagExtents|flagEncrypted), "encrypted by the phone (fscrypt)"},
		{"encrypted link", "", "slow", put32(inode(inoSlow, offFlags), flagExtents|flagEncrypted), "encrypted by the phone"},
		{"compressed file", "", "build.prop", put32(inode(inoBuildProp, offFlags), flagCompressed), "never supported"},
		{"long target", "", "slow", put32(inode(inoSlow, offSizeLow), 5000), "target of 5000 bytes"},
		{"no target", "", "slow", put32(inode(inoSlow, offSizeLow), 0), "target of 0 bytes"},
		{"extent magic", "", "build.prop", put16(block(inoBuildProp), 0), "no extent tree"},
		{"extent entries", "", "build.prop", put16(block(inoBuildProp)+offEntries, 500), "500 entries in 60 bytes"},
		{"extent depth", "", "build.prop", put16(block(inoBuildProp)+offDepth, 9), "depth 9"},
		{"extent of nothing", "", "build.prop", put16(block(inoBuildProp)+extentSize+4, 0), "covers the blocks 0..0"},
		{"extent outside", "", "build.prop", put32(block(inoBuildProp)+extentSize+8, 4000), "at block 4000, but the file system has 128"},
		{"extents overlap", "", "sparse", put16(block(inoSparse)+offEntries, 2), "outside 9..4294967296"},
		{"map outside", "ext2", "sub/numbers", func(b []byte) { le.PutUint32(b[inodeAt(b, 19)+offBlock:], 70000) }, "is at block 70000"},
		{"directory type", "", "sub/a", put16(inode(inoSub, offMode), 0o100755), "not a directory"},
		{"endless directory", "", "sub/a", put32(inode(inoSub, offSizeLow), 1<<31), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := filestest.Vector(t, orDefault(tt.file, "ext4"))
			tt.do(b)
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
			tree := &files.Tree{System: f}
			says := ""
			if _, err := tree.Open(tt.path); err != nil {
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

func orDefault(s, d string) string {
	if s == "" {
		return d
	}
	return s
}

// A tree of extents that leads back to its own root, one that leads to a child twice,
// and a map whose indirect block names itself: all end, with an error.
func TestLoops(t *testing.T) {
	index := func(b []byte, node int, depth uint16, children ...uint32) {
		put16(node, extentMagic)(b)
		put16(node+offEntries, uint16(len(children)))(b)
		put16(node+offDepth, depth)(b)
		for i, c := range children {
			e := node + (1+i)*extentSize
			put32(e, uint32(i*1000))(b)
			put32(e+4, c)(b)
			put16(e+8, 0)(b)
		}
	}
	const spare = 100 // a block that nothing uses
	for name, do := range map[string]func(b []byte){
		"node is its own child": func(b []byte) {
			index(b, inodeAt(b, inoBuildProp)+offBlock, 2, spare)
			index(b, spare*1024, 1, spare)
		},
		"node in two places": func(b []byte) {
			index(b, inodeAt(b, inoBuildProp)+offBlock, 1, spare, spare)
			index(b, spare*1024, 0, spare)
		},
		"empty nodes without end": func(b []byte) {
			index(b, inodeAt(b, inoBuildProp)+offBlock, 2, spare, spare, spare, spare)
			index(b, spare*1024, 1, make([]uint32, 80)...)
			for i := range 80 {
				put32(spare*1024+(1+i)*extentSize+4, spare+1)(b)
			}
			index(b, (spare+1)*1024, 0)
		},
		"indirect block names itself": func(b []byte) {
			at := inodeAt(b, inoBuildProp)
			put32(at+offFlags, 0)(b)
			put32(at+offSizeLow, 0xFFFFFFFF)(b)
			clear(b[at+offBlock : at+offBlock+sizeBlock])
			put32(at+offBlock+14*4, spare)(b)
			for i := range 256 {
				put32(spare*1024+i*4, spare)(b)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := filestest.Vector(t, "ext4")
			do(b)
			img, err := read(t, b).Open("build.prop")
			if err == nil {
				t.Fatalf("opened, %d bytes", img.Size())
			}
			t.Log(err)
		})
	}
}

// A directory that contains itself under another name is walked once.
func TestDirectoryLoop(t *testing.T) {
	b := filestest.Vector(t, "ext4")
	tree := read(t, b)
	sub, err := tree.Find("sub")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := tree.System.(*FS).data(sub)
	if err != nil {
		t.Fatal(err)
	}
	e, err := flash.ReadFull(dir, 24, 12) // "." and ".." come first: this is a
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(b, e)
	put32(at, inoSub)(b)
	tree = read(t, b)
	loops, visits := 0, 0
	err = tree.Walk("sub", sub, func(_ string, _ *files.Inode, err error) error {
		if errors.Is(err, files.ErrLoop) {
			loops++
		}
		visits++
		return nil
	})
	if err != nil || loops != 1 || visits != 3 {
		t.Errorf("%d loops in %d visits, %v; want 1 in 3", loops, visits, err)
	}
}

// Without its first superblock, the copy in group 1 serves.
func TestBackupSuperblock(t *testing.T) {
	img, err := os.Open(make2fs(t, t.TempDir(), "64M", "-t", "ext4", "-b", "1024"))
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	b, err := io.ReadAll(img)
	if err != nil {
		t.Fatal(err)
	}
	clear(b[:4096]) // with the first group descriptors
	tree := read(t, b)
	if _, err := tree.Find("lost+found"); err != nil {
		t.Error(err)
	}
	if ps := tree.Problems(); len(ps) != 1 || !strings.Contains(ps[0].Text, "the copy in block group 1") {
		t.Errorf("problems %v", ps)
	}
}
