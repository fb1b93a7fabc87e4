package nand

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"

	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// chip writes dumps, apart from the reader: it knows pages by their number and builds
// each with its spare bytes as it goes.
type chip struct {
	page, spare, ppb, blocks int
	sector                   int // spare bytes behind every sector, 0: behind the page

	data   [][]byte // by page number; nil is erased
	index  map[int]int
	sign   map[int]string // by page number, from spare byte 1
	marked map[int]bool   // by block
}

func newChip(page, spare, ppb, blocks int) *chip {
	return &chip{page: page, spare: spare, ppb: ppb, blocks: blocks, data: make([][]byte, ppb*blocks),
		index: map[int]int{}, sign: map[int]string{}, marked: map[int]bool{}}
}

// write puts b on the pages from the first of a block on; the last page is filled up.
func (c *chip) write(block, page int, b []byte) {
	for n := block*c.ppb + page; len(b) > 0; n++ {
		d := bytes.Repeat([]byte{0xff}, c.page)
		b = b[copy(d, b):]
		c.data[n] = d
	}
}

// logical is the data of all pages.
func (c *chip) logical() []byte {
	b := make([]byte, 0, len(c.data)*c.page)
	for _, d := range c.data {
		if d == nil {
			d = bytes.Repeat([]byte{0xff}, c.page)
		}
		b = append(b, d...)
	}
	return b
}

// spares is the spare bytes of all pages: 0xff where erased, else a good block's marker,
// what the driver keeps, and noise for the ECC.
func (c *chip) spares() []byte {
	all := make([]byte, 0, len(c.data)*c.spare)
	r := rand.New(rand.NewPCG(7, 9))
	for n, d := range c.data {
		s := bytes.Repeat([]byte{0xff}, c.spare)
		if d != nil {
			share := c.share()
			for i := range s {
				if i%share >= share/2 {
					s[i] = byte(r.Uint32())
				}
			}
			copy(s[1:], c.sign[n])
			if bad, ok := c.index[n/c.ppb]; ok && c.spare > 30 {
				binary.LittleEndian.PutUint16(s[29:], uint16(bad))
			}
		}
		marker := 0
		if c.page == 512 {
			marker, s[0] = 5, 0 // the first byte means nothing there
		}
		if c.marked[n/c.ppb] && n%c.ppb == 0 {
			s[marker] = 0
		}
		all = append(all, s...)
	}
	return all
}

// share is how many spare bytes stand together.
func (c *chip) share() int {
	if c.sector == 0 {
		return c.spare
	}
	return c.spare * c.sector / c.page
}

// dump puts data and spare bytes together.
func (c *chip) dump() []byte {
	data, spare := c.logical(), c.spares()
	share := c.share()
	sector := c.page * share / c.spare
	b := make([]byte, 0, len(data)+len(spare))
	for len(data) > 0 {
		b = append(append(b, data[:sector]...), spare[:share]...)
		data, spare = data[sector:], spare[share:]
	}
	return b
}

// boot writes a boot header of that kind with the layout and the preloader behind it.
func (c *chip) boot(kind string) {
	le := binary.LittleEndian
	h := make([]byte, 0x100)
	gfh := append([]byte("MMM\x01\x38\x00\x00\x00FILE_INFO\x00"), imgtest.Noise("preloader", 3*c.page)...)
	switch kind {
	case "":
		return
	case "BOOTLOADER!":
		h = h[:0x80]
		copy(h, "BOOTLOADER!\x00V006NFIINFO\x00")
		for i, v := range []int{0, c.page, 3, c.spare, c.ppb, c.blocks} {
			le.PutUint16(h[0x18+2*i:], uint16(v))
		}
		h = bytes.Repeat(h, 4)
		c.write(0, 1, append([]byte("BRLYT\x00\x00\x00\x01\x00\x00\x00"), make([]byte, 64)...))
		c.write(0, 2, gfh)
	case "long", "V004": // the same without u-boot's own form or version
		at, version := 0x1E, kind
		if kind == "long" {
			at, version = 0x2C, "V006"
		}
		copy(h, "BOOTLOADER!\x00"+version+"NFIINFO\x00")
		le.PutUint16(h[0x1A:], uint16(c.page))
		le.PutUint16(h[0x1C:], 5)
		for i, v := range []int{c.spare, c.ppb, c.blocks} {
			le.PutUint16(h[at+2*i:], uint16(v))
		}
		h = bytes.Repeat(h, 2)
		// The layout counts in pages; the preloader begins on page 8, not 2.
		c.write(0, 1, append([]byte("BRLYT\x00\x00\x00\x01\x00\x00\x00\x08\x00\x00\x00"), make([]byte, 64)...))
		c.write(0, 8, gfh)
	case "NANDCFG!":
		copy(h, kind)
		for i, v := range []int{c.page, c.spare, c.ppb, c.blocks} {
			le.PutUint32(h[0x20+4*i:], uint32(v))
		}
		c.write(0, 1, gfh)
	case "SPINAND!":
		copy(h, kind)
		le.PutUint32(h[0x10:], uint32(c.page))
		le.PutUint32(h[0x14:], uint32(c.spare))
		le.PutUint16(h[0x18:], uint16(c.ppb))
		c.write(0, 1, gfh)
	}
	c.write(0, 0, h)
}

// ubi writes blocks as UBI keeps them: counter, volume header a page behind, data.
func (c *chip) ubi(from, to int) {
	be := binary.BigEndian
	for n := from; n < to; n++ {
		ec := make([]byte, 64)
		copy(ec, "UBI#\x01")
		be.PutUint64(ec[8:], uint64(n))
		be.PutUint32(ec[16:], uint32(c.page))
		be.PutUint32(ec[20:], uint32(2*c.page))
		be.PutUint32(ec[60:], crc32.Update(0, crc32.IEEETable, ec[:60])^0xffffffff)
		c.write(n, 0, ec)
		c.write(n, 1, append([]byte("UBI!\x01\x01"), make([]byte, 58)...))
		c.write(n, 2, imgtest.Noise(fmt.Sprint("leb", n), 2*c.page))
	}
}

// firmware writes an image with a MediaTek header that fills a block.
func (c *chip) firmware(block int, name string) {
	c.write(block, 0, imgtest.MTKImage(name, imgtest.Noise(name, c.ppb*c.page-0x200), true))
}

// text writes a block of lines.
func (c *chip) text(block int) {
	var b []byte
	for i := 0; len(b) < c.ppb*c.page; i++ {
		b = fmt.Appendf(b, "ro.sample.key%d=value %d\n", i, i*i)
	}
	c.write(block, 0, b[:c.ppb*c.page])
}

// bmt writes the table into a block: bad block, replacement …
func (c *chip) bmt(block, pool int, rows ...uint16) {
	b := bytes.Repeat([]byte{0xff}, 20+4*0x200)
	copy(b, "BMT\x01")
	b[5] = byte(len(rows) / 2)
	clear(b[20:][:4*pool])
	for i, v := range rows {
		b[20+2*i], b[21+2*i] = byte(v), byte(v>>8)
	}
	sum := 1 + len(rows)/2
	for _, v := range b[20:][:4*pool] {
		sum += int(v)
	}
	b[6] = byte(sum)
	c.write(block, 0, b[:min(len(b), c.page)])
	c.sign[block*c.ppb] = "bmt"
	for i := 0; i+1 < len(rows); i += 2 {
		c.index[int(rows[i+1])] = int(rows[i])
		c.marked[int(rows[i])] = true
	}
}

// phone is a chip with everything on it.
func phone(page, spare, ppb int, kind string) *chip {
	c := newChip(page, spare, ppb, 16)
	c.boot(kind)
	c.firmware(1, "LK")
	c.firmware(2, "LOGO")
	c.text(3)
	c.ubi(4, 10)
	return c
}
