package erofs

import (
	"errors"
	"fmt"
)

// The header of a compressed file's index, 8 bytes aligned to 8 behind the attributes:
//
// +0 u32 offset in the packed inode, or +2 u16 bytes of the tail in the index +4 u16
// advice   +6 u8 algorithms of both kinds of head   +7 u8 log of the cluster size, less
// that of the block size; with bit 7 the whole header is an offset in the packed inode,
// which then contains the whole file
const (
	indexHeader = 8

	adviseCompact2B  = 0x1 // there are entries of 2 bytes
	adviseExtents    = 0x1 // with the full layout: another form, of 2025
	adviseBig1       = 0x2 // compressed data of more than a block, for each kind of head
	adviseBig2       = 0x4
	adviseInline     = 0x8
	adviseInterlaced = 0x10
	adviseFragment   = 0x20

	wholeInPacked = 0x80
)

// The types of logical clusters.
const (
	typePlain = iota
	typeHead1
	typeNonhead
	typeHead2
)

const (
	partialRef  = 0x8000 // of a full entry: its data are shared, and continue behind it
	blockCount  = 0x800  // in the first distance of a NONHEAD: the value is a number of blocks
	compactBits = 12     // smallest number of low bits of a compact entry
	fullEntry   = 8
)

// index reads the index of one file.
type index struct {
	fs      *FS
	num     uint64 // inode number, for messages
	compact bool
	advise  uint16
	bits    uint  // of the logical cluster size
	base    int64 // offset of the entries in the image
	size    int64 // of the file
	blocks  int64 // the file's size in blocks, by which compact entries are placed

	page   []byte // the part of the index that was read last
	pageAt int64
}

// cluster is an entry of the index.
type cluster struct {
	lcn     int64
	kind    int
	offset  int64 // of a head: offset of its data within the cluster
	block   int64 // of a head: block of its compressed data
	partial bool
	back    int64 // of a NONHEAD: distance to its head
	ahead   int64 // of a NONHEAD: distance to the next head, if requested
	count   int64 // of the first NONHEAD: blocks of compressed data, 0 if unknown
	next    int64 // end of the entry's pack
}

func (x *index) damaged(lcn int64, format string, a ...any) error {
	return x.fs.fail(x.base, fmt.Sprintf("inode %d, cluster %d: ", x.num, lcn)+fmt.Sprintf(format, a...), nil)
}

const indexPage = 4096

// read returns n bytes of the index; n divides the page size, and at is a multiple of
// n.
func (x *index) read(at int64, n int) ([]byte, error) {
	start := at &^ (indexPage - 1)
	if x.page == nil || x.pageAt != start {
		page := make([]byte, indexPage)
		got, err := x.fs.img.ReadAt(page, start)
		if got < indexPage && err == nil {
			err = errors.New("a short read")
		}
		if int64(got) < at-start+int64(n) {
			return nil, x.fs.fail(at, fmt.Sprintf("the index of inode %d", x.num), err)
		}
		x.page, x.pageAt = page[:got], start
	}
	if int64(len(x.page)) < at-start+int64(n) { // the last page of the image, from an earlier read
		return nil, x.fs.fail(at, fmt.Sprintf("the index of inode %d is cut", x.num), nil)
	}
	return x.page[at-start:][:n], nil
}

// load reads one entry, with its distance to the next head if ahead is set.
func (x *index) load(lcn int64, ahead bool) (c cluster, err error) {
	if x.compact {
		c, err = x.loadCompact(lcn, ahead)
	} else {
		c, err = x.loadFull(lcn)
	}
	if err == nil && c.kind != typeNonhead && c.offset >= 1<<x.bits {
		err = x.damaged(lcn, "its data begin at 0x%x, in another cluster", c.offset)
	}
	return c, err
}

func (x *index) loadFull(lcn int64) (cluster, error) {
	at := x.base + lcn*fullEntry
	b, err := x.read(at, fullEntry)
	if err != nil {
		return cluster{}, err
	}
	advise := le.Uint16(b)
	c := cluster{lcn: lcn, kind: int(advise & 3), next: at + fullEntry}
	if c.kind != typeNonhead {
		c.partial = advise&partialRef != 0
		c.offset, c.block = int64(le.Uint16(b[2:])), int64(le.Uint32(b[4:]))
		return c, nil
	}
	c.back, c.ahead = int64(le.Uint16(b[4:])), int64(le.Uint16(b[6:]))
	if c.back&blockCount != 0 {
		c.count, c.back = c.back&^blockCount, 1
		if x.advise&(adviseBig1|adviseBig2) == 0 {
			return c, x.damaged(lcn, "there is a number of blocks, but all data have one block")
		}
	}
	return c, nil
}

// pack is a group of compact entries with their base block in the last four bytes.
type pack struct {
	b       []byte
	entries int
	bits    int // of an entry
	low     int // bits of its value, the type follows
}

func (p pack) entry(i int) (low int64, kind int) {
	at := p.bits * i
	v := le.Uint32(p.b[at/8:]) >> (at % 8)
	return int64(v & (1<<p.low - 1)), int(v >> p.low & 3)
}

// findPack returns the offset of the pack with an entry, and the entry's index in it.
// First come entries of 4 bytes up to a multiple of 32, then entries of 2, then of 4
// again.
func (x *index) findPack(lcn int64) (at int64, entries, i int, err error) {
	first := (32 - x.base%32) / 4 & 7
	two := int64(0)
	if x.advise&adviseCompact2B != 0 && first < x.blocks {
		two = (x.blocks - first) &^ 15
	}
	pos, width := x.base, int64(4)
	if lcn >= first {
		pos, lcn = pos+first*4, lcn-first
		if lcn < two {
			width = 2
		} else {
			pos, lcn = pos+two*2, lcn-two
		}
	}
	pos += lcn * width
	entries = 2
	if width == 2 {
		if entries = 16; x.bits > 12 {
			return 0, 0, 0, x.damaged(lcn, "entries of 2 bytes are impossible for clusters of 1<<%d", x.bits)
		}
	}
	size := int64(entries) * width
	at = pos &^ (size - 1)
	return at, entries, int((pos - at) / width), nil
}

func (x *index) loadCompact(lcn int64, ahead bool) (cluster, error) {
	c := cluster{lcn: lcn}
	if lcn >= x.blocks || x.bits > 14 {
		return c, x.damaged(lcn, "it is behind the file's %d clusters of 1<<%d bytes", x.blocks, x.bits)
	}
	at, entries, i, err := x.findPack(lcn)
	if err != nil {
		return c, err
	}
	size := map[int]int{2: 8, 16: 32}[entries]
	b, err := x.read(at, size)
	if err != nil {
		return c, err
	}
	p := pack{b, entries, (size - 4) * 8 / entries, max(int(x.bits), compactBits)}
	c.next = at + int64(size)
	low, kind := p.entry(i)
	if c.kind = kind; kind == typeNonhead {
		return x.nonhead(c, p, i, low, ahead)
	}
	c.offset = low
	before, ok := p.blocksBefore(i, x.advise&adviseBig1 != 0)
	if !ok {
		return c, x.damaged(lcn, "the entries before it in its pack contradict each other")
	}
	c.block = int64(le.Uint32(p.b[len(p.b)-4:])) + before
	return c, nil
}

// nonhead reads the distances of an entry that is not a head. The last entry of a pack
// has the distance to the next head; its own distance follows from its neighbour.
func (x *index) nonhead(c cluster, p pack, i int, low int64, ahead bool) (cluster, error) {
	if ahead {
		c.ahead = p.aheadOf(i)
	}
	switch {
	case low&blockCount != 0:
		if x.advise&adviseBig1 == 0 {
			return c, x.damaged(c.lcn, "there is a number of blocks, but all data have one block")
		}
		c.count, c.back = low&^blockCount, 1
	case i+1 != p.entries:
		c.back = low
	default:
		before, kind := p.entry(i - 1)
		switch {
		case kind != typeNonhead:
			before = 0
		case before&blockCount != 0:
			before = 1
		}
		c.back = before + 1
	}
	return c, nil
}

// aheadOf returns the number of clusters up to the next head.
func (p pack) aheadOf(i int) int64 {
	for n := int64(0); ; n++ {
		low, kind := p.entry(i)
		if kind != typeNonhead {
			return n
		}
		if i++; i < p.entries {
			continue
		}
		if low&blockCount != 0 {
			return n + 1
		}
		return n + low
	}
}

// blocksBefore returns the number of blocks of compressed data of the heads before
// entry i of the pack; they are added to its base block.
func (p pack) blocksBefore(i int, big bool) (n int64, ok bool) {
	if !big {
		n = 1
	}
	for i > 0 {
		i--
		low, kind := p.entry(i)
		switch {
		case kind != typeNonhead:
			n++
		case !big:
			if i -= int(low); i >= 0 {
				n++
			}
		case low&blockCount != 0:
			i--
			n += low &^ blockCount
		case low <= 1:
			return 0, false
		default:
			i -= int(low) - 2
		}
	}
	return n, true
}
