package nand

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/mtkkit/mtkkit/flash"
)

// bootHeader is what the boot ROM's header in block 0 states of the chip
// (u-boot tools/mtk_nand_headers.h).
type bootHeader struct {
	pair
	id            string
	pagesPerBlock int
	blocks        int // 0: this kind does not say
	layout        int // page of the boot layout (BRLYT), 0: this kind has none
	file          int // page of the preloader file
}

// headerKinds are the three kinds of header and where their numbers stand.
var headerKinds = []struct {
	magic, id                  string
	width                      int // of the numbers, bytes
	page, spare, pages, blocks int // offsets; blocks 0: not stated
	layout, file               int
}{
	{"BOOTLOADER!\x00V006NFIINFO\x00", "BOOTLOADER!", 2, 0x1A, 0x1E, 0x20, 0x22, 1, 2},
	{"NANDCFG!", "NANDCFG!", 4, 0x20, 0x24, 0x28, 0x2C, 0, 1},
	{"SPINAND!", "SPINAND!", 4, 0x10, 0x14, spiPages, 0, 0, 1},
}

const (
	headerSize = 0x30
	spiPages   = 0x18 // a u16, unlike its neighbours
	maxPage    = 64 << 10
	maxBlock   = 4096 // pages
)

// readHeader looks for a boot header at the start. Numbers that no chip has make it
// none: the word alone says little.
func (d *detector) readHeader() error {
	b := make([]byte, headerSize)
	n, err := d.img.ReadAt(b, 0)
	if err != nil && err != io.EOF {
		return &flash.FormatError{Format: "nand", Offset: 0, Text: "cannot read", Err: err}
	}
	if n < headerSize {
		return notThis("shorter than a page")
	}
	d.header = parseHeader(b)
	return nil
}

// parseHeader reads the header in b, of headerSize bytes, or returns nil.
func parseHeader(b []byte) *bootHeader {
	for _, k := range headerKinds {
		if !bytes.HasPrefix(b, []byte(k.magic)) {
			continue
		}
		num := func(off int) int {
			if k.width == 2 || off == spiPages && k.id == "SPINAND!" {
				return int(binary.LittleEndian.Uint16(b[off:]))
			}
			return int(min(binary.LittleEndian.Uint32(b[off:]), 1<<30))
		}
		h := &bootHeader{pair: pair{num(k.page), num(k.spare)}, id: k.id, pagesPerBlock: num(k.pages), layout: k.layout, file: k.file}
		if k.blocks > 0 {
			h.blocks = num(k.blocks)
		}
		if !h.possible() {
			return nil
		}
		return h
	}
	return nil
}

func (h *bootHeader) possible() bool {
	power := func(n int) bool { return n > 0 && n&(n-1) == 0 }
	return power(h.page) && h.page >= 512 && h.page <= maxPage && h.spare <= h.page/4 &&
		power(h.pagesPerBlock) && h.pagesPerBlock <= maxBlock && h.blocks <= 1<<20
}

// neighbours reports whether what must stand behind the header does, at the distance of
// p's pages.
func (h *bootHeader) neighbours(img flash.Image, p pair) bool {
	at := func(page int, magic string) bool {
		b, err := flash.ReadFull(img, int64(page)*p.stride(), len(magic))
		return err == nil && string(b) == magic
	}
	return h.layout > 0 && at(h.layout, "BRLYT\x00") || at(h.file, "MMM\x01")
}
