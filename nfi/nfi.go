// Package nfi reads the header at the start of a MediaTek NAND chip, which gives the BootROM the
// geometry of the chip. It was never verified with the chip of a real phone.
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
// "pages" are the pages of a block, "spare" are the spare bytes of one page. The first kind has a
// boot layout (BRLYT) on page 1, with offsets in pages; the others have none, and their preloader
// begins on page 1.
//
// Sources: u-boot's tools/mtk_nand_headers.c and .h. The long form is used on MT8516 and MT8167,
// with 14 zero bytes after the address cycles. V006 is the only known version; other versions are
// accepted, too.
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

// Size is how many bytes Parse needs.
const Size = 0x80

// Header has the values of the header, right or wrong; see Sound.
type Header struct {
	ID            string `json:"id"`
	Version       string `json:"version,omitempty"` // "V006" of the first kind
	PageSize      uint32 `json:"page_size"`         // bytes
	SpareSize     uint32 `json:"spare_size"`        // bytes for each page
	PagesPerBlock uint32 `json:"pages_per_block"`
	Blocks        uint32 `json:"blocks,omitempty"` // of the chip; 0: this kind of header does not have it
	Verified      bool   `json:"verified"`         // always false: no chip of a phone was available
}

// ID returns the first word if b begins like one of the three kinds, otherwise "".
func ID(b []byte) string {
	for _, id := range []string{Classic, HSM, SPI} {
		if bytes.HasPrefix(b, []byte(id)) {
			return id
		}
	}
	return ""
}

// Parse reads the header at the start of b. It returns nil if b begins with none, or is shorter
// than Size.
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

// Offsets of the numbers after the address cycles, for the two forms of the classic header.
const (
	shortForm = 0x1E
	longForm  = 0x2C
)

func isZero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

// Limits of real chips: bytes of a page, pages of a block, blocks.
const (
	minPage   = 512
	MaxPage   = 64 << 10
	MaxPages  = 4096 // of a block
	maxBlocks = 1 << 20
)

// Page returns the page size in bytes, or 0 if it is impossible.
func (h *Header) Page() int64 {
	if p := h.PageSize; p >= minPage && p <= MaxPage && p&(p-1) == 0 {
		return int64(p)
	}
	return 0
}

// Sound reports whether a chip with all these numbers is possible. The first word alone proves
// little.
func (h *Header) Sound() bool {
	return h.Page() > 0 && h.SpareSize <= h.PageSize/4 && h.Blocks <= maxBlocks &&
		h.PagesPerBlock > 0 && h.PagesPerBlock <= MaxPages && h.PagesPerBlock&(h.PagesPerBlock-1) == 0
}

// LayoutPage returns the page of the boot layout, or 0 if this kind has none.
func (h *Header) LayoutPage() int64 {
	if h.ID == Classic {
		return 1
	}
	return 0
}

// FilePage returns the page on which the preloader usually begins. On the first kind the boot
// layout has the actual page, which may differ.
func (h *Header) FilePage() int64 { return h.LayoutPage() + 1 }

// Chip returns the data bytes of the whole chip, or 0 if the header does not tell.
func (h *Header) Chip() int64 {
	if !h.Sound() {
		return 0
	}
	return int64(h.Blocks) * int64(h.PagesPerBlock) * int64(h.PageSize)
}
