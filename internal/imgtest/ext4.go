package imgtest

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// An ext4 file system with files, as in the kernel's documentation of the format
// (Documentation/filesystems/ext4): one block group, blocks of 4096 bytes, no journal.
//
//	0 superblock  1 group descriptor  2, 3 bitmaps  4 to 7 inodes  8 to 15 directories
//	16 … the files, one range of blocks each
const (
	ext4Inodes    = 64
	ext4InodeSize = 256
	ext4Table     = 4  // block of the inode table
	ext4Dirs      = 8  // first block for directories
	ext4Files     = 16 // first block for files
	ext4Most      = 0x8000
	ext4Time      = 1546300800 // all times: 2019-01-01
)

// fsFile is a file of a made file system. Its data begins at block at; 0 means directly
// behind the file before it.
type fsFile struct {
	CPIOFile
	at int64
}

// ext4Maker is a file system that is being made.
type ext4Maker struct {
	label   string
	blocks  int64
	next    int64 // block for the next file
	dirs    int64 // directories made
	inodes  [ext4Inodes * ext4InodeSize]byte
	used    []bool // blocks
	pieces  []piece
	numbers map[string]uint32 // path → inode
	entries map[string][]byte // path of a directory → its entries
	last    map[string]int    // path of a directory → offset of its last entry
}

// ext4Image returns an ext4 file system of size bytes with files. A folder must be
// before its content in the list. The label is the seed of the UUID.
func ext4Image(size int64, label string, list ...fsFile) []piece {
	m := &ext4Maker{label: label, blocks: size / 4096, next: ext4Files, numbers: map[string]uint32{},
		entries: map[string][]byte{}, last: map[string]int{}}
	if m.blocks > ext4Most {
		panic("imgtest: an ext4 of more than one block group: " + label)
	}
	m.used = make([]bool, m.blocks)
	m.take(0, ext4Dirs)
	m.folder("/", 0o040755, 2)
	m.folder("/lost+found", 0o040700, 11)
	for i, f := range list {
		name := path.Join("/", f.Name)
		if f.Mode>>12 == 4 {
			m.folder(name, f.Mode, uint32(12+i))
		} else {
			m.file(name, f, uint32(12+i))
		}
	}
	m.finish(uint32(11 + len(list)))
	slices.SortFunc(m.pieces, func(a, b piece) int { return int(a.off - b.off) })
	return m.pieces
}

// take marks n blocks as used.
func (m *ext4Maker) take(at, n int64) {
	for i := at; i < at+n; i++ {
		if m.used[i] {
			panic(fmt.Sprintf("imgtest: ext4 %s: block %d is used twice", m.label, i))
		}
		m.used[i] = true
	}
}

// folder adds a directory of one block; its entries are written at the end.
func (m *ext4Maker) folder(name string, mode, number uint32) {
	at := ext4Dirs + m.dirs
	if m.dirs++; at >= ext4Files {
		panic("imgtest: too many folders in ext4 " + m.label)
	}
	m.take(at, 1)
	m.numbers[name] = number
	parent := m.numbers[path.Dir(name)]
	m.put(name, ".", number, 2)
	m.put(name, "..", parent, 2)
	if name != "/" {
		m.enter(name, number, 2)
		m.link(parent)
	}
	m.inode(number, mode, 2, 4096, at, 1)
}

// link adds one to the number of links of an inode.
func (m *ext4Maker) link(number uint32) {
	b := m.inodes[(number-1)*ext4InodeSize:]
	le.PutUint16(b[0x1a:], le.Uint16(b[0x1a:])+1)
}

// file adds a regular file or a link whose target is short enough for the inode.
func (m *ext4Maker) file(name string, f fsFile, number uint32) {
	m.numbers[name] = number
	if f.Mode>>12 == 0xa {
		m.enter(name, number, 7)
		m.inode(number, f.Mode, 1, int64(len(f.Data)), 0, 0)
		copy(m.inodes[(number-1)*ext4InodeSize+0x28:], f.Data+strings.Repeat("\x00", 60-len(f.Data)))
		put32(m.inodes[:], int((number-1)*ext4InodeSize)+0x20, 0)
		return
	}
	n, at := (int64(len(f.Data))+4095)/4096, f.at
	if at == 0 {
		at = m.next
		m.next += n
	}
	m.take(at, n)
	m.enter(name, number, 1)
	m.inode(number, f.Mode, 1, int64(len(f.Data)), at, n)
	m.pieces = append(m.pieces, piece{at * 4096, []byte(f.Data)})
}

// inode writes an inode with at most one extent.
func (m *ext4Maker) inode(number, mode, links uint32, size, at, n int64) {
	b := m.inodes[(number-1)*ext4InodeSize : number*ext4InodeSize]
	le.PutUint16(b, uint16(mode))
	put32(b, 4, uint32(size), ext4Time, ext4Time, ext4Time)
	le.PutUint16(b[0x1a:], uint16(links))
	put32(b, 0x1c, uint32(8*n), 0x80000)               // sectors of 512 bytes; has extents
	put32(b, 0x28, 0xf30a|uint32(min(n, 1))<<16, 4, 0) // extent header: entries, room, depth
	put32(b, 0x34, 0, uint32(n), uint32(at))           // extent
	le.PutUint16(b[0x80:], 32)                         // extra size
	put32(b, 0x90, ext4Time)                           // created
}

// enter adds a name to its directory.
func (m *ext4Maker) enter(name string, number uint32, kind byte) {
	dir, base := path.Split(name)
	m.put(path.Clean(dir), base, number, kind)
}

func (m *ext4Maker) put(dir, name string, number uint32, kind byte) {
	if _, ok := m.numbers[dir]; !ok {
		panic(fmt.Sprintf("imgtest: ext4 %s has no folder %s", m.label, dir))
	}
	e := make([]byte, 8+(len(name)+3)/4*4)
	put32(e, 0, number, uint32(len(e))|uint32(len(name))<<16|uint32(kind)<<24)
	copy(e[8:], name)
	m.last[dir] = len(m.entries[dir])
	m.entries[dir] = append(m.entries[dir], e...)
}

// finish writes directories, inodes, bitmaps, the group and the superblock.
func (m *ext4Maker) finish(lastInode uint32) {
	for dir, b := range m.entries {
		n := (m.numbers[dir] - 1) * ext4InodeSize
		at := le.Uint32(m.inodes[n+0x3c:])
		le.PutUint16(b[m.last[dir]+4:], uint16(4096-m.last[dir]))
		m.pieces = append(m.pieces, piece{int64(at) * 4096, b})
	}
	blocks, inodes := make([]byte, 4096), make([]byte, 4096)
	fill(blocks, 0xff)
	fill(inodes, 0xff)
	free := uint32(0)
	for i, used := range m.used {
		if !used {
			blocks[i/8] &^= 1 << (i % 8)
			free++
		}
	}
	for i := lastInode; i < ext4Inodes; i++ {
		inodes[i/8] &^= 1 << (i % 8)
	}
	group := make([]byte, 4096)
	put32(group, 0, 2, 3, ext4Table, free|(ext4Inodes-lastInode)<<16, uint32(m.dirs))
	m.pieces = append(m.pieces, piece{0, m.superblock(free, ext4Inodes-lastInode)}, piece{4096, group},
		piece{2 * 4096, blocks}, piece{3 * 4096, inodes}, piece{ext4Table * 4096, m.inodes[:]})
}

func (m *ext4Maker) superblock(freeBlocks, freeInodes uint32) []byte {
	b := Ext4(m.blocks*4096, m.label)
	s := b[1024:]
	put32(s, 0x00, ext4Inodes, uint32(m.blocks), 0, freeBlocks, freeInodes)
	put32(s, 0x18, 2, 2, ext4Most, ext4Most, ext4Inodes, 0, ext4Time)
	le.PutUint16(s[0x36:], 0xffff) // never to be checked because of the number of mounts
	le.PutUint16(s[0x3c:], 1)      // continue after errors
	put32(s, 0x40, ext4Time)
	put32(s, 0x5c, 0, 0x42, 0x43) // features: file types and extents; sparse copies, large files, extra size
	put32(s, 0x108, ext4Time)     // made
	put32(s, 0x15c, 32|32<<16)    // extra size of inodes
	return b
}
