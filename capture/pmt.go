package capture

import (
	"bytes"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// Offsets and sizes with which boot loaders search a PMT, bytes.
const (
	pmtFromEnd = 0x100000 // eMMC: this far before the end of the user area
	pmtRegion  = 0x1000   // eMMC: length of the block; the mirror follows
	pmtOld     = 0x800    // first eMMC phones: length of a block in the PMT partition
	pmtStep    = 0x200    // every offset is a multiple of it
	nandPool   = 80       // NAND: blocks of the bad block pool at the end of the chip
	maxSearch  = 12 << 20 // how much of an extent is searched, as in boot loaders
	readChunk  = 64 << 10
	maxHits    = 64
)

// FindPMT searches a PMT (partition management table) in the image of a user area or of a NAND
// chip: at the offsets that boot loaders use, and in the first 12 MiB of each extent of where (give
// the extent of a partition named PMT, if it is known). It reads only these parts of the image. A
// signature alone is not enough: names, sizes and addresses must be valid.
//
// The result is the table and the offset of its block in the image, bytes. Addresses in a PMT are
// linear; if it has a row named MBR, offsets are relative to that row, as in scatter files. The
// error is a *flash.FormatError and wraps flash.ErrNotThis if there is no PMT.
//
// The layouts are known only from boot loader sources, and a Note in the result reports that they
// are unverified on real bytes.
func FindPMT(img flash.Image, where ...flash.Extent) (*flash.Table, int64, error) {
	for _, e := range slices.Concat(pmtPlaces(img.Size()), where) {
		hits, err := searchPMT(img, e)
		if err != nil {
			return nil, 0, &flash.FormatError{Format: "pmt", Offset: e.Offset, Text: "cannot be read", Err: err}
		}
		if len(hits) > 0 {
			best := pickPMT(hits)
			return best.table(hits), best.offset, nil
		}
	}
	return nil, 0, &flash.FormatError{Format: "pmt", Offset: flash.NoOffset, Err: flash.ErrNotThis,
		Text: "no partition management table at its possible offsets"}
}

// pmtPlaces returns the ranges in which a boot loader searches: on eMMC the block and its mirror;
// on NAND the two blocks before the bad block pool, for each possible size of a block. A file as
// small as a PMT partition is searched completely.
func pmtPlaces(size int64) (out []flash.Extent) {
	out = append(out, flash.Extent{Offset: size - pmtFromEnd, Length: 2 * pmtRegion})
	for block := int64(0x20000); block <= 0x100000; block *= 2 {
		out = append(out, flash.Extent{Offset: size - (nandPool+2)*block, Length: 2 * block})
	}
	if size <= maxSearch {
		out = append(out, flash.Extent{Length: size})
	}
	return out
}

// searchPMT returns the tables within an extent, in the order of their offsets.
func searchPMT(img flash.Image, e flash.Extent) (hits []*pmt, err error) {
	if e.Offset < 0 || e.Length <= 0 || e.Offset >= img.Size() {
		return nil, nil
	}
	end := min(e.Offset+min(e.Length, maxSearch), img.Size())
	for at := e.Offset; at < end && len(hits) < maxHits; at += readChunk {
		chunk, err := flash.ReadFull(img, at, int(min(readChunk, end-at)))
		if err != nil {
			return nil, err
		}
		for i := 0; i+4 <= len(chunk) && len(hits) < maxHits; i += pmtStep {
			if _, _, ok := pmtSignature(chunk[i:]); !ok {
				continue
			}
			b, err := flash.ReadFull(img, at+int64(i), int(min(pmtMax, img.Size()-at-int64(i))))
			if err != nil {
				return nil, err
			}
			if t := parsePMT(b, at+int64(i)); t != nil {
				hits = append(hits, t)
			}
		}
	}
	return hits, nil
}

// pickPMT chooses one of several tables: a main table before a mirror; then the first, as boot
// loaders do on eMMC, but on NAND the last, because each new table is written to the next page of
// the block.
func pickPMT(hits []*pmt) *pmt {
	best := hits[0]
	for _, t := range hits[1:] {
		switch {
		case best.mirror && !t.mirror, best.mirror == t.mirror && t.form.nand:
			best = t
		}
	}
	return best
}

// table makes a flash.Table from t; others are all tables of the same range.
func (t *pmt) table(others []*pmt) *flash.Table {
	out := &flash.Table{Format: "pmt"}
	say := func(s flash.Severity, place, text string, args ...any) {
		out.Problems.AddAt(s, place, t.offset, text, args...)
	}
	say(flash.Note, "pmt", "the layout of this table is known from boot loader sources; it is unverified on real bytes")
	if t.mirror {
		say(flash.Warning, "pmt", "this is the mirror; the main table is missing or damaged")
	}
	if t.tail > 0 && !t.tailOK {
		say(flash.Warning, "pmt", "the signature is not repeated at the end of the block")
	}
	if slices.ContainsFunc(others, func(o *pmt) bool { return !slices.Equal(o.rows, t.rows) }) {
		say(flash.Warning, "pmt", "there are %d tables here, and they differ", len(others))
	}
	base := t.base()
	for _, row := range t.rows {
		p := flash.Partition{Index: len(out.Partitions), Name: row.name, Witness: flash.WitnessPMT, Attributes: row.flags}
		p.Region, p.Extent = t.region(row), flash.Extent{Length: int64(row.size), Offset: int64(row.offset)}
		switch {
		case counted(row.name, row.offset):
			p.Reserved, p.Offset = true, flash.Unplaced
			say(flash.Note, row.name, "is counted from the end of the region and gets no offset")
		case p.Region != flash.EMMCUser:
		case row.offset < base:
			p.Offset = flash.Unplaced
			say(flash.Warning, row.name, "address 0x%x is before the user area", row.offset)
		default:
			p.Offset -= int64(base)
		}
		out.Partitions = append(out.Partitions, p)
	}
	for _, p := range resolveToEnd(out.Partitions, nil) {
		p.Offset = t.offset
		out.Problems = append(out.Problems, p)
	}
	return out
}

// base returns the linear address of the user area, or 0 if no row has it.
func (t *pmt) base() uint64 {
	for _, row := range t.rows {
		if !t.form.nand && bytes.EqualFold([]byte(row.name), []byte("mbr")) {
			return row.offset
		}
	}
	return 0
}

// region returns the region of a row.
func (t *pmt) region(row pmtRow) flash.Region {
	if t.form.nand || pageMode(row.part) {
		return flash.NANDWhole
	}
	if t.form.part {
		switch row.part {
		case 1:
			return flash.EMMCBoot1
		case 2:
			return flash.EMMCBoot2
		case 3:
			return flash.EMMCRPMB
		}
	}
	if boot := bootRegion(row.name); boot != "" {
		return boot
	}
	return flash.EMMCUser
}
