package preloader

import (
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/nfi"
)

// NANDHeader is the first page of a NAND boot region. Verified is always false, and Read adds a
// Problem about it.
type NANDHeader = nfi.Header

// checkNAND returns the problems of a NAND header.
func checkNAND(h *NANDHeader) []flash.Problem {
	ps := []flash.Problem{warn("NAND header", 0,
		"%s is read as public sources describe it, which was never verified with the bytes of a real phone", h.ID)}
	switch {
	case h.Page() == 0:
		ps = append(ps, warn("NAND header", 0, "page size 0x%x is impossible for a NAND chip", h.PageSize))
	case !h.Sound():
		ps = append(ps, warn("NAND header", 0, "no chip has %d spare bytes a page, %d pages a block and %d blocks", h.SpareSize, h.PagesPerBlock, h.Blocks))
	}
	return ps
}
