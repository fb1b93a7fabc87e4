// Package nfi reads the header with which a MediaTek NAND chip begins: what the
// BootROM must know of the chip before it can read a second page.
//
//	"BOOTLOADER!"  short     long        "NANDCFG!"         "SPINAND!"
//	+0x0C "V006"                         +0x20 u32 page     +0x10 u32 page
//	+0x10 "NFIINFO"                      +0x24 u32 spare    +0x14 u32 spare
//	+0x18 u16 bus                        +0x28 u32 pages    +0x18 u16 pages
//	+0x1A u16 page                       +0x2C u32 blocks
//	+0x1C u16 address cycles
//	u16 spare      +0x1E     +0x2C
//	u16 pages      +0x20     +0x2E
//	u16 blocks     +0x22     +0x30
//	copies apart   0x80      0x100
//
// "pages" are those of a block, "spare" are the bytes beside one page. The first kind
// has a boot layout (BRLYT) on page 1, which counts in pages; the others have none, and
// their preloader begins on page 1.
//
// Sources: u-boot's tools/mtk_nand_headers.c and .h; the long form is that of MT8516
// and MT8167 chips, where 14 zero bytes stand behind the address cycles. Of the version
// only V006 was seen; it is read and not judged.
package nfi

import (
	"bytes"
	"encoding/binary"
)

// The first words of the three kinds.
const (
	Classic = "BOOTLOADER!"
	HSM     = "NANDCFG!"
	SPI     = "SPINAND!"
)

// Size is how many bytes Parse looks at.
const Size = 0x80

// Header is what the header says of the chip, right or wrong; see Sound.
type Header struct {
	ID            string `json:"id"`
	Version       string `json:"version,omitempty"` // "V006" of the first kind
	PageSize      uint32 `json:"page_size"`         // bytes
	SpareSize     uint32 `json:"spare_size"`        // bytes a page
	PagesPerBlock uint32 `json:"pages_per_block"`
	Blocks        uint32 `json:"blocks,omitempty"` // of the chip; 0: this kind does not say
	Verified      bool   `json:"verified"`         // always false: no chip of a phone was at hand
}

// ID returns the first word when b begins like one of the three kinds, else "".
func ID(b []byte) string {
	for _, id := range []string{Classic, HSM, SPI} {
		if bytes.HasPrefix(b, []byte(id)) {
			return id
		}
	}
	return ""
}

// Parse reads the header at the start of b. It is nil where b begins otherwise, or is
// shorter than Size.
func Parse(b []byte) *Header {
	h := &Header{ID: ID(b)}
	if h.ID == "" || len(b) < Size {
		return nil
	}
	u16 := func(off int) uint32 { return uint32(binary.LittleEndian.Uint16(b[off:])) }
	u32 := func(off int) uint32 { return binary.LittleEndian.Uint32(b[off:]) }
	switch h.ID {
	case Classic:
		version, _, _ := bytes.Cut(b[0x0C:0x10], []byte{0})
		h.Version = string(version)
		at := shortForm
		if isZero(b[shortForm:longForm]) {
			at = longForm
		}
		h.PageSize, h.SpareSize = u16(0x1A), u16(at)
		h.PagesPerBlock, h.Blocks = u16(at+2), u16(at+4)
	case HSM:
		h.PageSize, h.SpareSize = u32(0x20), u32(0x24)
		h.PagesPerBlock, h.Blocks = u32(0x28), u32(0x2C)
	case SPI:
		h.PageSize, h.SpareSize = u32(0x10), u32(0x14)
		h.PagesPerBlock = u16(0x18)
	}
	return h
}

// Where the numbers behind the address cycles stand, by the form of the classic header.
const (
	shortForm = 0x1E
	longForm  = 0x2C
)

func isZero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

// Bounds on what chips have: bytes a page, pages a block, blocks.
const (
	minPage   = 512
	MaxPage   = 64 << 10
	MaxPages  = 4096 // a block
	maxBlocks = 1 << 20
)

// Page returns the page size in bytes when it is one that chips have, else 0.
func (h *Header) Page() int64 {
	if p := h.PageSize; p >= minPage && p <= MaxPage && p&(p-1) == 0 {
		return int64(p)
	}
	return 0
}

// Sound reports whether there can be a chip with all these numbers. The first word
// alone says little.
func (h *Header) Sound() bool {
	return h.Page() > 0 && h.SpareSize <= h.PageSize/4 && h.Blocks <= maxBlocks &&
		h.PagesPerBlock > 0 && h.PagesPerBlock <= MaxPages && h.PagesPerBlock&(h.PagesPerBlock-1) == 0
}

// LayoutPage returns the page of the boot layout, 0 when this kind has none.
func (h *Header) LayoutPage() int64 {
	if h.ID == Classic {
		return 1
	}
	return 0
}

// FilePage returns the page on which the preloader begins by custom. On the first kind
// the boot layout says it, and may say otherwise.
func (h *Header) FilePage() int64 { return h.LayoutPage() + 1 }

// Chip returns the data bytes of the whole chip, 0 when the header does not say.
func (h *Header) Chip() int64 {
	if !h.Sound() {
		return 0
	}
	return int64(h.Blocks) * int64(h.PagesPerBlock) * int64(h.PageSize)
}
