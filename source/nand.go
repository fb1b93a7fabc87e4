package source

import (
	"bytes"
	"errors"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/nand"
	"github.com/mtkkit/mtkkit/preloader"
)

// nandSpare is the region of the spare bytes, which are no part of any partition but
// of the dump.
const nandSpare flash.Region = "NAND_SPARE"

// bootAlone is the size up to which a file may be the boot region of a chip without the
// rest. Boot loaders of the field end below it.
const bootAlone = 8 << 20

// chip finds out whether a file is a dump of raw NAND flash. Of one with spare bytes it
// makes two regions: the data, as partitions count them, and the spare bytes alone. A
// file that begins with the boot header of NAND is one, whatever else it holds.
func chip(img flash.Image) (placement, bool) {
	g, err := nand.Detect(img)
	headed := preloader.StorageOf(preloader.Medium(img)) == flash.NAND
	if errors.Is(err, flash.ErrNotThis) && !headed {
		return placement{}, false
	}
	p := placement{storage: flash.NAND, boot: true}
	if err != nil { // one, but not to be taken apart
		p.unknownPages(img, err)
		return p, true
	}
	p.problems = append(p.problems, g.Problems...)
	logical := g.Logical(img)
	region, cut := flash.NANDBoot, "the boot region is its data alone"
	if !isBootAlone(logical) {
		region, cut = flash.NANDWhole, "the partitions are cut from the data alone"
		p.table = true // a whole chip: a device, not the start of one
	}
	p.parts = []flash.Part{{Region: region, Image: logical}}
	if spares := g.Spares(img); spares.Size() > 0 {
		p.parts = append(p.parts, flash.Part{Region: nandSpare, Image: spares})
		p.note(flash.Note, "pages of %s bytes: %s, the spare bytes are kept beside them; join makes the two again, each as a file", g, cut)
	}
	p.badBlocks(img, g)
	return p, true
}

// unknownPages takes a dump as it is: nothing shows where its pages end. A boot region
// whose preloader is found at the pages of its header holds no spare bytes.
func (p *placement) unknownPages(img flash.Image, err error) {
	p.parts = []flash.Part{{Region: flash.NANDWhole, Image: img}}
	switch {
	case isBootAlone(img):
		p.parts[0].Region = flash.NANDBoot
	case errors.Is(err, flash.ErrNotThis):
		p.table = true
		p.note(flash.Warning, "begins with the boot header of a NAND chip, which states no pages that a chip has: taken as data without spare bytes")
	default:
		p.table = true
		p.note(flash.Error, "%s", err.Error())
	}
}

// isBootAlone reports whether img is the boot region of a NAND chip and nothing else:
// it ends within the room that the boot layout gives the preloader, or is blank behind it.
func isBootAlone(img flash.Image) bool {
	if img.Size() > bootAlone || preloader.StorageOf(preloader.Medium(img)) != flash.NAND {
		return false
	}
	r, err := preloader.Read(img)
	if err != nil || r.Main() == nil || r.NAND == nil || r.NAND.Chip() > 0 && img.Size() >= r.NAND.Chip() {
		return false
	}
	end := int64(0)
	for _, f := range r.Files {
		end = max(end, f.Extent.End())
	}
	if r.Layout != nil {
		for _, e := range r.Layout.Entries {
			end = max(end, int64(e.Boundary)*r.NAND.Page())
		}
	}
	return end >= img.Size() || isBlank(flash.Slice(img, flash.Extent{Offset: end, Length: img.Size() - end}))
}

// isBlank reports whether img, of at most bootAlone bytes, holds erased flash or zeros.
func isBlank(img flash.Image) bool {
	b, err := flash.ReadFull(img, 0, int(min(img.Size(), bootAlone)))
	return err == nil && len(bytes.Trim(b, "\x00\xFF")) == 0
}

func (p *placement) note(s flash.Severity, format string, a ...any) {
	p.problems.Add(s, string(flash.NANDWhole), format, a...)
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
