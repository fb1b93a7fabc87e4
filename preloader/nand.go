package preloader

import (
	"bytes"
	"encoding/binary"

	"github.com/mtkkit/mtkkit/flash"
)

// NANDHeader is the first page of a NAND boot region, as u-boot's
// tools/mtk_nand_headers.c writes it. It has three kinds:
//
//	"BOOTLOADER!" "V006" "NFIINFO"   geometry as u16; BRLYT on page 1, counted in pages
//	"NANDCFG!"                       geometry as u32; no BRLYT, the file is on page 1
//	"SPINAND!"                       the same for SPI NAND
//
// It was read on u-boot's output only: Verified is always false, and Read says so in
// a Problem.
type NANDHeader struct {
	ID            string `json:"id"`
	Version       string `json:"version,omitempty"` // "V006" of the first kind
	PageSize      uint32 `json:"page_size"`         // bytes
	SpareSize     uint32 `json:"spare_size"`        // bytes a page
	PagesPerBlock uint32 `json:"pages_per_block"`
	Blocks        uint32 `json:"blocks,omitempty"`
	Verified      bool   `json:"verified"`
}

// First words of the three kinds of NAND header.
const (
	nandClassic = "BOOTLOADER!"
	nandHSM     = "NANDCFG!"
	nandSPI     = "SPINAND!"
)

const nandHeaderSize = 0x80 // enough for every field we read

func nandID(b []byte) string {
	for _, id := range []string{nandClassic, nandHSM, nandSPI} {
		if bytes.HasPrefix(b, []byte(id)) {
			return id
		}
	}
	return ""
}

func parseNAND(b []byte) *NANDHeader {
	id := nandID(b)
	if id == "" || len(b) < nandHeaderSize {
		return nil
	}
	u16 := func(off int) uint32 { return uint32(binary.LittleEndian.Uint16(b[off:])) }
	u32 := func(off int) uint32 { return binary.LittleEndian.Uint32(b[off:]) }
	h := &NANDHeader{ID: id}
	switch id {
	case nandClassic:
		h.Version = cString(b[0x0C:0x10])
		h.PageSize, h.SpareSize = u16(0x1A), u16(0x1E)
		h.PagesPerBlock, h.Blocks = u16(0x20), u16(0x22)
	case nandHSM:
		h.PageSize, h.SpareSize = u32(0x20), u32(0x24)
		h.PagesPerBlock, h.Blocks = u32(0x28), u32(0x2C)
	case nandSPI:
		h.PageSize, h.SpareSize = u32(0x10), u32(0x14)
		h.PagesPerBlock = u16(0x18)
	}
	return h
}

// page returns the page size in bytes when it is one that chips have, else 0.
func (h *NANDHeader) page() int64 {
	p := int64(h.PageSize)
	if p < 512 || p > 0x10000 || p&(p-1) != 0 {
		return 0
	}
	return p
}

func (h *NANDHeader) check() []flash.Problem {
	ps := []flash.Problem{warn("NAND header", 0,
		"%s is read as u-boot writes it and was never verified on a real phone's bytes", h.ID)}
	if h.page() == 0 {
		ps = append(ps, warn("NAND header", 0, "page size 0x%x is not one of a NAND chip", h.PageSize))
	}
	return ps
}
