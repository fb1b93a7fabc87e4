package nand

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// BMT is the chip's own table of bad blocks and of the blocks in its pool that replace them. A
// read-back by logical addresses already has the replacements. A read-back of the bare chip does
// not: its bad blocks have no useful data, and Remap inserts the replacements.
type BMT struct {
	Block int       `json:"block"` // the block with the table
	Pool  int       `json:"pool"`  // blocks of the pool at the chip's end
	Map   []Mapping `json:"map"`   // by bad block

	// Trusted is false if the checksum is wrong or an entry is impossible. Such a table is reported
	// but not used.
	Trusted  bool            `json:"trusted"`
	Problems []flash.Problem `json:"problems,omitempty"`
}

// Mapping is a bad block and its replacement, both as numbers of blocks from the chip's start.
type Mapping struct {
	Bad    int `json:"bad"`
	Mapped int `json:"mapped"`

	// Confirmed is true if the spare bytes of the replacement name the bad block.
	Confirmed bool `json:"confirmed"`
}

const (
	bmtVersion  = 3
	bmtMapped   = 5
	bmtChecksum = 6
	bmtHeader   = 20
	bmtEntry    = 4
	bmtMax      = 0x200 // entries, so also blocks of a pool

	spareIndex = 29 // offset of the bad block's number in a replacement's spare bytes
)

// BMT searches the table in the last blocks of img, from the end, as MediaTek's boot loader does.
// The error wraps flash.ErrNotThis if there is none.
func (g *Geometry) BMT(img flash.Image) (*BMT, error) {
	if g.PagesPerBlock == 0 {
		return nil, uncertain("the bad block table cannot be searched: the number of pages of a block is unknown")
	}
	flat := g.Sectors()
	pages := flat.Logical(img)
	total := int(min(pages.Size()/g.BlockSize(), 1<<20))
	var damaged *BMT
	for n := total - 1; n >= max(0, total-bmtMax); n-- {
		size := min(int64(g.Page), bmtHeader+bmtMax*bmtEntry)
		b, err := flash.ReadFull(pages, int64(n)*g.BlockSize(), int(size))
		if err != nil {
			return nil, &flash.FormatError{Format: "nand", Offset: int64(n) * g.BlockSize(), Text: "cannot read", Err: err}
		}
		if !bytes.HasPrefix(b, []byte("BMT")) || b[bmtVersion] != 1 && b[bmtVersion] != 2 {
			continue
		}
		t := parseBMT(b, n, total)
		if t.Trusted {
			g.confirm(img, t)
			return t, nil
		}
		damaged = cmp.Or(damaged, t)
	}
	if damaged == nil {
		return nil, notThis("no bad block table in the last %d blocks", min(total, bmtMax))
	}
	return damaged, nil
}

// parseBMT reads the table in b, which is in block n of total.
func parseBMT(b []byte, n, total int) *BMT {
	t := &BMT{Block: n, Trusted: true}
	if b[bmtVersion] != 1 {
		t.doubt("has version %d, which this reader does not know", b[bmtVersion])
		return t
	}
	// Unused entries of the pool are zero; 0xff follows the pool.
	table := b[bmtHeader:]
	entries := len(table) / bmtEntry
	for t.Pool < entries && binary.LittleEndian.Uint32(table[t.Pool*bmtEntry:]) != 0xffffffff {
		t.Pool++
	}
	sum := b[bmtVersion] + b[bmtMapped]
	for _, c := range table[:t.Pool*bmtEntry] {
		sum += c
	}
	if sum != b[bmtChecksum] {
		t.doubt("has checksum 0x%02x, but its bytes give 0x%02x", b[bmtChecksum], sum)
	}
	mapped := int(b[bmtMapped])
	if mapped > t.Pool {
		t.doubt("counts %d mapped blocks in a pool of %d", mapped, t.Pool)
	}
	if n < total-t.Pool {
		t.doubt("is in block %d, outside its pool of %d blocks", n, t.Pool)
	}
	for i := range min(mapped, t.Pool) {
		e := table[i*bmtEntry:]
		t.add(int(binary.LittleEndian.Uint16(e)), int(binary.LittleEndian.Uint16(e[2:])), total)
	}
	slices.SortFunc(t.Map, func(a, b Mapping) int { return cmp.Compare(a.Bad, b.Bad) })
	return t
}

// add adds an entry if it is possible.
func (t *BMT) add(bad, mapped, total int) {
	switch {
	case bad >= total || mapped >= total || mapped < total-t.Pool || mapped == t.Block:
		t.doubt("maps block %d to %d, of %d blocks and a pool of %d", bad, mapped, total, t.Pool)
		return
	case slices.ContainsFunc(t.Map, func(m Mapping) bool { return m.Bad == bad || m.Mapped == mapped }):
		t.doubt("maps block %d or to block %d twice", bad, mapped)
		return
	}
	t.Map = append(t.Map, Mapping{Bad: bad, Mapped: mapped})
}

func (t *BMT) doubt(format string, a ...any) {
	t.Trusted = false
	t.problem("the bad block table "+format, a...)
}

func (t *BMT) problem(format string, a ...any) {
	t.Problems = append(t.Problems, flash.NewProblem(flash.Warning, place, flash.NoOffset, format, a...))
}

// confirm compares the table with the spare bytes, in which a replacement names its bad block.
func (g *Geometry) confirm(img flash.Image, t *BMT) {
	if g.Spare < spareIndex+2 || g.Sector != 0 {
		return
	}
	for i, m := range t.Map {
		b, err := flash.ReadFull(img, int64(m.Mapped)*int64(g.PagesPerBlock)*g.Stride()+int64(g.Page), spareIndex+2)
		if err != nil {
			continue
		}
		index := int(binary.LittleEndian.Uint16(b[spareIndex:]))
		t.Map[i].Confirmed = index == m.Bad
		if index != m.Bad && index != 0xffff {
			t.problem("block %d is mapped to %d, whose spare bytes name block %d", m.Bad, m.Mapped, index)
		}
	}
}

// Remap returns img, which must be a view of the data alone, with the replacement instead of each
// bad block. blockSize is Geometry.BlockSize, bytes. If the table is not trusted, or has blocks
// that img does not have, it returns img unchanged.
func (t *BMT) Remap(img flash.Image, blockSize int64) flash.Image {
	if !t.Trusted || len(t.Map) == 0 || blockSize <= 0 || img.Size()/blockSize <= int64(t.last()) {
		return img
	}
	return &remapped{img, blockSize, t.Map}
}

// last returns the highest block in the table.
func (t *BMT) last() int {
	last := t.Block
	for _, m := range t.Map {
		last = max(last, m.Bad, m.Mapped)
	}
	return last
}

// remapped is an image with replaced blocks.
type remapped struct {
	img   flash.Image
	block int64 // bytes
	rows  []Mapping
}

// Size returns the length of the image in bytes.
func (r *remapped) Size() int64 { return r.img.Size() }

// next returns the first mapping of a block that ends after off.
func (r *remapped) next(off int64) (m Mapping, start int64, ok bool) {
	i, _ := slices.BinarySearchFunc(r.rows, off, func(m Mapping, off int64) int {
		return cmp.Compare(int64(m.Bad)*r.block+r.block, off+1)
	})
	if i == len(r.rows) {
		return Mapping{}, 0, false
	}
	return r.rows[i], int64(r.rows[i].Bad) * r.block, true
}

// ReadAt implements io.ReaderAt.
func (r *remapped) ReadAt(p []byte, off int64) (int, error) {
	want, err := clip(p, off, r.Size())
	done := 0
	for done < len(want) {
		at := off + int64(done)
		from, n := at, int64(len(want)-done)
		if m, start, ok := r.next(at); ok && at < start {
			n = min(n, start-at)
		} else if ok {
			from, n = int64(m.Mapped)*r.block+at-start, min(n, start+r.block-at)
		}
		m, readErr := full(r.img, want[done:done+int(n)], from)
		done += m
		if readErr != nil {
			return done, readErr
		}
	}
	return done, err
}

// NextData implements flash.DataFinder; replaced blocks count as data.
func (r *remapped) NextData(off int64) (flash.Extent, error) {
	d, err := flash.NextData(r.img, off)
	_, start, ok := r.next(off)
	if err != nil || !ok || d.Length > 0 && d.End() <= start {
		return d, err
	}
	if d.Length > 0 && d.Offset < start {
		return flash.Extent{Offset: d.Offset, Length: start - d.Offset}, nil
	}
	at := max(off, start)
	return flash.Extent{Offset: at, Length: start + r.block - at}, nil
}

// BadBlocks returns the blocks with a bad block marker, of the factory or of a driver, on their
// first or second page. It reads two bytes of each block. It returns none for a dump without spare
// bytes, and for one whose spare bytes seem to be interleaved, because there the marker is among
// data.
//
// The error is a *flash.FormatError if more than a quarter of the blocks look bad: no chip has so
// many, so the marker must be at another offset.
func (g *Geometry) BadBlocks(img flash.Image) ([]int, error) {
	if g.Spare == 0 || g.Sector != 0 || g.PagesPerBlock == 0 {
		return nil, nil
	}
	size := int64(g.PagesPerBlock) * g.Stride()
	total := int(min(img.Size()/size, 1<<20))
	var bad []int
	for n := range total {
		for page := range int64(min(2, g.PagesPerBlock)) {
			off := int64(n)*size + page*g.Stride() + int64(g.Page) + int64(markerColumn(g.Page))
			b, err := flash.ReadFull(img, off, 1)
			if err != nil {
				return bad, &flash.FormatError{Format: "nand", Offset: off, Text: "cannot read", Err: err}
			}
			if b[0] != 0xff {
				bad = append(bad, n)
				break
			}
		}
	}
	if len(bad)*4 > total {
		return bad, uncertain("%d of %d blocks look bad: the marker must be at another offset", len(bad), total)
	}
	return bad, nil
}
