package source

import (
	"bytes"
	"errors"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/nand"
	"github.com/mtkkit/mtkkit/preloader"
)

// nandSpare is the region of the spare bytes. They belong to the dump, but not to any partition.
const nandSpare flash.Region = "NAND_SPARE"

// bootAlone is the largest size of a file that may be only the boot region of a chip. Boot
// loaders of these phones are smaller.
const bootAlone = 8 << 20

// chip reports whether a file is a dump of raw NAND flash, and divides it. A dump with spare
// bytes has two regions: the data, by which partitions are counted, and the spare bytes. A file
// that begins with the boot header of NAND is such a dump, whatever else it contains.
func chip(img flash.Image) (placement, bool) {
	g, err := nand.Detect(img)
	headed := preloader.StorageOf(preloader.Medium(img)) == flash.NAND
	if errors.Is(err, flash.ErrNotThis) && !headed {
		return placement{}, false
	}
	p := placement{storage: flash.NAND, boot: true}
	if err != nil { // a NAND dump, but its pages are unknown
		p.unknownPages(img, err)
		return p, true
	}
	p.problems = append(p.problems, g.Problems...)
	logical := g.Logical(img)
	region, cut := flash.NANDBoot, "the boot region has only the data"
	if !isBootAlone(logical) {
		region, cut = flash.NANDWhole, "the partitions are cut from the data only"
		p.table = true // a whole chip, not only its boot region
	}
	p.parts = []flash.Part{{Region: region, Image: logical}}
	if spares := g.Spares(img); spares.Size() > 0 {
		p.parts = append(p.parts, flash.Part{Region: nandSpare, Image: spares})
		p.note(flash.Note, "pages of %s bytes: %s, and the spare bytes are a file of their own; join writes both files again", g, cut)
	}
	p.badBlocks(img, g)
	return p, true
}

// unknownPages takes a dump as it is, because its page size is unknown. A boot region has no
// spare bytes if its preloader is found at the pages of its header.
func (p *placement) unknownPages(img flash.Image, err error) {
	p.parts = []flash.Part{{Region: flash.NANDWhole, Image: img}}
	switch {
	case isBootAlone(img):
		p.parts[0].Region = flash.NANDBoot
	case errors.Is(err, flash.ErrNotThis):
		p.table = true
		p.note(flash.Warning, "begins with the boot header of a NAND chip, but no chip has the page size in it: read as data without spare bytes")
	default:
		p.table = true
		p.note(flash.Error, "%s", err.Error())
	}
}

// isBootAlone reports whether img is only the boot region of a NAND chip: it ends within the
// room that the boot layout gives the preloader, or is blank behind it.
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

// isBlank reports whether img, of at most bootAlone bytes, has only erased bytes (FF) or zeros.
func isBlank(img flash.Image) bool {
	b, err := flash.ReadFull(img, 0, int(min(img.Size(), bootAlone)))
	return err == nil && len(bytes.Trim(b, "\x00\xFF")) == 0
}

func (p *placement) note(s flash.Severity, format string, a ...any) {
	p.problems.Add(s, string(flash.NANDWhole), format, a...)
}

// badBlocks reports the chip's bad blocks. It moves no data: a read-back by logical addresses
// already has the good data at the proper offsets.
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
		p.note(flash.Warning, "the bad block table says that block %d replaces bad block %d; the bytes of the bad block are kept as they were read", m.Mapped, m.Bad)
	}
}
