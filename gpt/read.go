package gpt

import (
	"bytes"
	"encoding/binary"

	"github.com/mtkkit/mtkkit/flash"
)

// GPT is a table that was found, with its copies.
type GPT struct {
	SectorSize      int64 // bytes, of the copy that Best returns
	Primary, Backup *Copy // nil if there is none; at least one of the two is usable
	ProtectiveMBR   bool  // sector 0 is a protective MBR, as it should be
	Problems        flash.Problems

	lba0      []byte // the first sector, nil if the image does not begin with one
	imageSize int64
}

// Sniff reports whether img has the signature of a header at one of the offsets that
// Read tries first. It does not recognise entries without a header; Read does.
func Sniff(img flash.Image) bool {
	places := []int64{0}
	for _, s := range sectorSizes {
		places = append(places, s, img.Size()/s*s-s)
	}
	for _, off := range places {
		if off < 0 || off > img.Size()-headerMin {
			continue
		}
		b, err := flash.ReadFull(img, off, len(signature))
		if err == nil && string(b) == signature {
			return true
		}
	}
	return false
}

// Read reads the table of the user area img, or of a file with only a table. Damage is
// listed in the problems of the copies. If there are no usable rows, the error is a
// *flash.FormatError: it wraps flash.ErrNotThis if there is no sign of a table, or else
// the first reason why the table cannot be read.
func Read(img flash.Image) (*GPT, error) {
	s := &search{img: img}
	g := &GPT{imageSize: img.Size()}
	head := s.head()
	if head != nil && head.Role == backup {
		g.Backup = head
	} else {
		g.Primary = head
	}
	if g.Primary == nil || !g.Primary.Standalone {
		g.readLBA0(s)
	}
	if g.Backup == nil {
		g.Backup = s.tail(g.Primary, g.protectiveSize())
	}
	if g.Best() == nil {
		g.useHeadless(s)
	}
	best := g.Best()
	if best == nil {
		return nil, g.failure(s.err)
	}
	g.SectorSize = best.sector
	g.finish(s.err)
	return g, nil
}

// failure returns the error for a table that cannot be read.
func (g *GPT) failure(cause error) error {
	for _, c := range []*Copy{g.Primary, g.Backup} {
		if c == nil {
			continue
		}
		for _, p := range c.Problems {
			if p.Severity == flash.Error {
				return &flash.FormatError{Format: "gpt", Offset: p.Offset, Text: p.Text, Err: cause}
			}
		}
		return &flash.FormatError{Format: "gpt", Offset: c.HeaderOffset, Text: "header without entries", Err: cause}
	}
	if cause != nil {
		return &flash.FormatError{Format: "gpt", Offset: flash.NoOffset, Text: "image cannot be read", Err: cause}
	}
	return &flash.FormatError{Format: "gpt", Offset: flash.NoOffset, Text: "no partition table", Err: flash.ErrNotThis}
}

// Best returns the copy to use: a copy with correct checksums is better than one that
// is only plausible, and the primary is better than the backup. A template comes last.
func (g *GPT) Best() *Copy {
	best := g.Primary
	if g.Backup.rank() < best.rank() {
		best = g.Backup
	}
	if best.rank() == unusable {
		return nil
	}
	return best
}

// other returns the copy that Best does not return.
func (g *GPT) other() *Copy {
	if g.Best() == g.Primary {
		return g.Backup
	}
	return g.Primary
}

// search loads copies and keeps the first error of the image itself.
type search struct {
	img flash.Image
	err error
}

func (s *search) note(err error) {
	if s.err == nil {
		s.err = err
	}
}

func (s *search) at(off, sector int64, role string) *Copy {
	c, err := load(s.img, off, sector, role)
	s.note(err)
	return c
}

// likelier returns the better copy if one table can be read in two ways.
func likelier(a, b *Copy) *Copy {
	if b == nil || a != nil && a.rank() < b.rank() {
		return a
	}
	if a == nil || b.rank() < a.rank() {
		return b
	}
	if b.asArray().better(a.asArray()) {
		return b
	}
	return a
}

// asArray returns the values that array.better compares.
func (c *Copy) asArray() *array {
	a := &array{ok: c.EntriesOK, entries: c.Entries}
	for _, e := range c.Entries {
		if e.believable() {
			a.sane++
		}
	}
	return a
}

// head looks for a table at the start: in LBA 1, or a file that begins with a header.
func (s *search) head() *Copy {
	var best *Copy
	for _, sector := range sectorSizes {
		best = likelier(best, s.at(sector, sector, primary))
	}
	for _, sector := range sectorSizes {
		best = likelier(best, s.at(0, sector, primary))
	}
	return best
}

// tail looks for the backup: at the offset in the primary, at the end of the protective
// MBR, in the last sector of the image, and if none is sound, in the last tailScan
// bytes.
func (s *search) tail(p *Copy, last uint64) *Copy {
	sectors := sectorSizes[:]
	if r := p.rank(); r == proven || r == templateOnly {
		sectors = []int64{p.sector}
	}
	var best *Copy
	for _, sector := range sectors {
		var places []int64
		if p != nil && !p.Standalone {
			if at, ok := lbaOffset(p.AlternateLBA, sector); ok {
				places = append(places, at)
			}
		}
		if at, ok := lbaOffset(last, sector); ok {
			places = append(places, at)
		}
		for _, off := range append(places, s.img.Size()/sector*sector-sector) {
			if p == nil || off != p.HeaderOffset {
				best = likelier(best, s.at(off, sector, backup))
			}
		}
	}
	if best.rank() > rowsProven && p.rank() > proven {
		best = likelier(best, s.scan(p))
	}
	return best
}

// tailScan is the length of the range at the image's end that is searched for a backup
// header if its offset is not known: dumps that were read beyond the device's end have
// it there.
const (
	tailScan = 16 << 20
	scanStep = 1 << 20
)

// scan looks for a header near the image's end whose own LBA agrees with its offset.
func (s *search) scan(p *Copy) *Copy {
	size := s.img.Size()
	start := max(size-tailScan, 2*maxSector) &^ 511
	var best *Copy
	step := make([]byte, scanStep) // one buffer for all steps, because most images without a GPT are searched
	for off := start; off < size; off += scanStep {
		b := step[:min(scanStep, size-off)]
		if d, err := flash.NextData(s.img, off); err == nil && d.Offset >= off+int64(len(b)) {
			continue // zeros contain no header
		}
		if flash.ReadInto(s.img, b, off) != nil {
			var err error
			b, err = flash.ReadFull(s.img, off, len(b)) // the rest may be shorter
			s.note(err)
		}
		for i := 0; i+headerMin <= len(b); i += 512 {
			if !bytes.HasPrefix(b[i:], []byte(signature)) {
				continue
			}
			mine := binary.LittleEndian.Uint64(b[i+offMyLBA:])
			for _, sector := range sectorSizes {
				at, ok := lbaOffset(mine, sector)
				if ok && at == off+int64(i) && (p == nil || at != p.HeaderOffset) {
					best = likelier(best, s.at(at, sector, backup))
				}
			}
		}
	}
	return best
}

// The protective MBR: one entry of type EE for the whole device, from LBA 1.
const (
	mbrEntry     = 446
	mbrSignature = 510
	protective   = 0xee
)

func (g *GPT) readLBA0(s *search) {
	if g.imageSize < mbrSignature+2 {
		return
	}
	b, err := flash.ReadFull(s.img, 0, int(min(maxSector, g.imageSize)))
	s.note(err)
	if len(b) < mbrSignature+2 {
		return
	}
	g.lba0 = b
	g.ProtectiveMBR = b[mbrSignature] == 0x55 && b[mbrSignature+1] == 0xaa &&
		b[mbrEntry+4] == protective && binary.LittleEndian.Uint32(b[mbrEntry+8:]) == 1
}

// protectiveSize returns the last LBA of the device according to the protective MBR, or
// 0 if the MBR does not contain it (0xffffffff means: to the end).
func (g *GPT) protectiveSize() uint64 {
	if !g.ProtectiveMBR {
		return 0
	}
	n := binary.LittleEndian.Uint32(g.lba0[mbrEntry+12:])
	if n == 0xffffffff {
		return 0
	}
	return uint64(n)
}

// useHeadless looks for entries without a usable header: mtkclient writes such files,
// and one header sector is lost more easily than the 32 sectors of entries.
func (g *GPT) useHeadless(s *search) {
	try := func(copy **Copy, role string, off, sector int64) bool {
		c, err := loadHeadless(s.img, off, sector, role)
		s.note(err)
		if c == nil {
			return false
		}
		if *copy != nil {
			c.Problems = append(quieter((*copy).Problems), c.Problems...)
		}
		*copy = c
		return true
	}
	if try(&g.Primary, primary, 0, 0) {
		return
	}
	for _, sector := range sectorSizes {
		end := g.imageSize / sector * sector
		if try(&g.Primary, primary, 2*sector, sector) ||
			try(&g.Backup, backup, end-sector-usualArray, sector) {
			return
		}
	}
}

// quieter returns the problems with errors turned into warnings: a fault in a copy
// whose rows are not used does not affect the result.
func quieter(ps []flash.Problem) []flash.Problem {
	out := make([]flash.Problem, len(ps))
	for i, p := range ps {
		p.Severity = min(p.Severity, flash.Warning)
		out[i] = p
	}
	return out
}

// usualArray is the size of the entries in every known table, in bytes.
const usualArray = 128 * entryMin

// loadHeadless reads the usual 128 entries of 128 bytes at off. It accepts them only if
// there are two or more and all are plausible. If sector is 0, the sector size is found
// by the first partition, which cannot begin before LBA 34 with sectors of 512 bytes.
func loadHeadless(img flash.Image, off, sector int64, role string) (*Copy, error) {
	if off < 0 || off >= img.Size() {
		return nil, nil
	}
	c := &Copy{Header: Header{EntryCount: usualArray / entryMin, EntrySize: entryMin}, Role: role,
		HeaderOffset: flash.NoOffset, Standalone: off == 0, sector: max(sector, sectorSizes[0])}
	a, err := c.readArray(img, off, usualArray)
	if err != nil || a.sane < 2 || a.sane < len(a.entries) || !a.first() {
		return nil, err
	}
	lowest := ^uint64(0)
	for _, e := range a.entries {
		if e.FirstLBA == 0 {
			c.Template = true
		} else {
			lowest = min(lowest, e.FirstLBA)
		}
	}
	if sector == 0 && lowest < 34 {
		c.sector = maxSector
	}
	c.EntriesOffset, c.Entries = off, a.entries
	c.Missing = (usualArray - len(a.data)) / entryMin
	c.problem(flash.Warning, off,
		"the entries have no usable header: no checksum proves them, and a sector size of %d bytes is assumed", c.sector)
	if c.Missing > 0 {
		c.problem(flash.Warning, off+int64(len(a.data)), "the image ends before the last %d slots of the usual 128", c.Missing)
	}
	c.judgeEntries()
	return c, nil
}

// finish compares the copies with each other and with the image.
func (g *GPT) finish(readErr error) {
	add := func(s flash.Severity, off int64, format string, a ...any) {
		g.Problems.AddAt(s, "gpt", off, format, a...)
	}
	if readErr != nil {
		add(flash.Warning, flash.NoOffset, "part of the image could not be read: %v", readErr)
	}
	g.judgeRows(add)
	g.comparePlaces(add)
	g.compareHeaders(add)
	g.compareRows(add)
}
