package nand

import (
	"io"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/nfi"
)

// bootHeader has the values of the BootROM's header in block 0.
type bootHeader struct {
	pair
	*nfi.Header
	pagesPerBlock int
	blocks        int // 0: this kind of header does not have it
}

// readHeader reads a boot header at the start. A header with impossible numbers is ignored.
func (d *detector) readHeader() error {
	b := make([]byte, nfi.Size)
	n, err := d.img.ReadAt(b, 0)
	if err != nil && err != io.EOF {
		return &flash.FormatError{Format: "nand", Offset: 0, Text: "cannot read", Err: err}
	}
	if n < nfi.Size {
		return notThis("shorter than a page")
	}
	if h := nfi.Parse(b); h != nil && h.Sound() {
		d.header = &bootHeader{pair{int(h.PageSize), int(h.SpareSize)}, h, int(h.PagesPerBlock), int(h.Blocks)}
	}
	return nil
}

// neighbours reports whether the blocks that must follow the header are at the distance of p's
// pages.
func (h *bootHeader) neighbours(img flash.Image, p pair) bool {
	at := func(page int64, magic string) bool {
		b, err := flash.ReadFull(img, page*p.stride(), len(magic))
		return err == nil && string(b) == magic
	}
	return h.LayoutPage() > 0 && at(h.LayoutPage(), "BRLYT\x00") || at(h.FilePage(), "MMM\x01")
}
