package source

import (
	"errors"
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/nand"
)

// nandSpare is the region of the spare bytes, which are no part of any partition but
// of the dump.
const nandSpare flash.Region = "NAND_SPARE"

// chip finds out whether a file is a dump of raw NAND flash. Of one with spare bytes it
// makes two regions: the data, as partitions count them, and the spare bytes alone.
func chip(img flash.Image) (placement, bool) {
	g, err := nand.Detect(img)
	if errors.Is(err, flash.ErrNotThis) {
		return placement{}, false
	}
	p := placement{storage: flash.NAND, boot: true}
	if err != nil { // one, but not to be taken apart
		p.problems = []flash.Problem{{Severity: flash.Error, Place: string(flash.NANDWhole), Offset: flash.NoOffset, Text: err.Error()}}
		p.parts = []flash.Part{{Region: flash.NANDWhole, Image: img}}
		return p, true
	}
	p.problems = append(p.problems, g.Problems...)
	logical := g.Logical(img)
	p.parts = []flash.Part{{Region: flash.NANDWhole, Image: logical}}
	if spares := g.Spares(img); spares.Size() > 0 {
		p.parts = append(p.parts, flash.Part{Region: nandSpare, Image: spares})
		p.note(flash.Note, "pages of %s bytes: the partitions are cut from the data alone, the spare bytes are kept beside them; join makes the two again, each as a file", g)
	}
	p.badBlocks(img, g)
	return p, true
}

func (p *placement) note(s flash.Severity, format string, a ...any) {
	p.problems = append(p.problems, flash.Problem{Severity: s, Place: string(flash.NANDWhole), Offset: flash.NoOffset, Text: fmt.Sprintf(format, a...)})
}

// badBlocks reports what the chip says of its bad blocks. Nothing is moved: a read-back
// by logical addresses has the good data in place already.
func (p *placement) badBlocks(img flash.Image, g *nand.Geometry) {
	if bad, err := g.BadBlocks(img); err == nil && len(bad) > 0 {
		p.note(flash.Warning, "%d blocks are marked bad: %v", len(bad), bad[:min(len(bad), 16)])
	}
	t, err := g.BMT(img)
	if err != nil {
		return
	}
	p.problems = append(p.problems, t.Problems...)
	for _, m := range t.Map {
		p.note(flash.Warning, "the bad block table says that block %d stands in for bad block %d; what lies in the bad one is left as read", m.Mapped, m.Bad)
	}
}
