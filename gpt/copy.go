package gpt

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/mtkkit/mtkkit/flash"
)

// The roles of a copy.
const (
	primary = "primary"
	backup  = "backup"
)

// Copy is one of the two copies of a table, or a table in a file of its own. Offsets
// are bytes in the image that was read.
type Copy struct {
	Header
	Role          string // "primary" or "backup"
	HeaderOffset  int64  // flash.NoOffset if the entries have no header
	EntriesOffset int64  // flash.NoOffset when the entries could not be read
	HeaderOK      bool   // the header's checksum is correct
	EntriesOK     bool   // the entries' checksum is correct
	Template      bool   // no checksums: the flash tool fills in the addresses
	Standalone    bool   // not at the offset of its own LBA: a copy of the table, not a device
	Missing       int    // number of entries behind the end of the image
	Entries       []Entry
	Problems      flash.Problems

	sector int64
	raw    []byte // the header's sector

	sum    string         // the fault of the entries' checksum, "" for none
	doubts flash.Problems // faults of the entries; finish adds them to Problems
}

// load reads the copy with its header at off, in sectors of the given size. It returns
// nil if there is no header. An error comes from the image; the part of the copy that
// could be read is returned with it.
func load(img flash.Image, off, sector int64, role string) (*Copy, error) {
	if off < 0 || off > img.Size()-headerMin {
		return nil, nil
	}
	b, err := flash.ReadFull(img, off, int(min(sector, img.Size()-off)))
	if err != nil && len(b) < headerMin {
		return nil, err
	}
	if !bytes.HasPrefix(b, []byte(signature)) {
		return nil, nil
	}
	c := &Copy{Header: decodeHeader(b), Role: role, HeaderOffset: off,
		EntriesOffset: flash.NoOffset, sector: sector, raw: b}
	if off == 0 && c.MyLBA > c.AlternateLBA && c.AlternateLBA > 0 {
		c.Role = backup // a file that begins with the backup's header
	}
	c.Template = c.HeaderCRC == 0 && c.EntriesCRC == 0
	c.checkHeader()
	at, ok := lbaOffset(c.MyLBA, sector)
	c.Standalone = off == 0 || c.HeaderOK && off != sector && (!ok || at != off)
	return c, errors.Join(err, c.readEntries(img))
}

// checkHeader checks the header alone. A fault found here does not make a copy
// unusable.
func (c *Copy) checkHeader() {
	n := c.HeaderSize
	if n < headerMin || int64(n) > int64(len(c.raw)) {
		c.problem(flash.Warning, c.HeaderOffset+offHeaderSize,
			"header size %d is not between %d and %d, so its checksum cannot be checked", n, headerMin, len(c.raw))
		return
	}
	sum := headerCRC(c.raw, n)
	c.HeaderOK = sum == c.HeaderCRC
	if !c.HeaderOK && !c.Template {
		c.problem(flash.Warning, c.HeaderOffset+offHeaderCRC,
			"the header checksum is 0x%08x, but the header contains 0x%08x", sum, c.HeaderCRC)
	}
}

// array is a range that may hold the entries.
type array struct {
	off     int64
	data    []byte // the part that is in the image
	ok      bool   // the checksum is correct
	entries []Entry
	sane    int // number of plausible entries
}

// readArray reads size bytes of entries at off, up to the end of the image. The caller
// checks size.
func (c *Copy) readArray(img flash.Image, off, size int64) (*array, error) {
	data, err := flash.ReadFull(img, off, int(min(size, img.Size()-off)))
	if err != nil {
		return nil, err
	}
	a := &array{off: off, data: data, entries: decodeEntries(data, int(c.EntrySize))}
	// The checksum of a file that was cut behind the last used entry is still correct:
	// the rest is zero.
	sum := crc32.ChecksumIEEE(data)
	var zero [entryMin]byte
	for left := size - int64(len(data)); left > 0; left -= entryMin {
		sum = crc32.Update(sum, crc32.IEEETable, zero[:min(left, entryMin)])
	}
	a.ok = sum == c.EntriesCRC && !c.Template
	for _, e := range a.entries {
		if e.believable() {
			a.sane++
		}
	}
	return a, nil
}

// better reports whether a is more likely to be the entries than b.
func (a *array) better(b *array) bool {
	if b == nil || a == nil {
		return b == nil && a != nil
	}
	if a.ok != b.ok {
		return a.ok
	}
	if x, y := a.first(), b.first(); x != y {
		return x
	}
	return a.sane > b.sane
}

// first reports whether slot 0 is in use. It is used in every known table. An array
// that was read with the wrong sector size does not begin with slot 0.
func (a *array) first() bool { return len(a.entries) > 0 && a.entries[0].Index == 0 }

// places lists the offsets where the entries may be, the most likely first: where the
// header gives them, counted from the header itself (which also works in a file that
// begins at the header) and from the start of the image; then behind the header, then
// before it, for a header with a damaged LBA.
func (c *Copy) places(size int64) []int64 {
	var out []int64
	if at, ok := c.said(); ok {
		out = append(out, at)
	}
	if at, ok := lbaOffset(c.EntriesLBA, c.sector); ok {
		out = append(out, at)
	}
	before := (size + c.sector - 1) / c.sector * c.sector
	return append(out, c.HeaderOffset+c.sector, c.HeaderOffset-before)
}

// said returns the entries' offset from the header's LBAs, counted from the header
// itself.
func (c *Copy) said() (int64, bool) {
	mine, ok := lbaOffset(c.MyLBA, c.sector)
	at, ok2 := lbaOffset(c.EntriesLBA, c.sector)
	if !ok || !ok2 || at-mine > math.MaxInt64-c.HeaderOffset {
		return 0, false
	}
	return c.HeaderOffset + at - mine, true
}

// readEntries finds the entries and uses them. An error comes from the image, not from
// the table.
func (c *Copy) readEntries(img flash.Image) error {
	size, p := c.arraySize(c.HeaderOffset)
	if p != nil {
		c.problem(p.Severity, p.Offset, "%s", p.Text)
		return nil
	}
	var best *array
	var failed error
	tried := map[int64]bool{c.HeaderOffset: true}
	for _, off := range c.places(size) {
		if off < 0 || off >= img.Size() || tried[off] {
			continue
		}
		tried[off] = true
		a, err := c.readArray(img, off, size)
		if err != nil {
			failed = err
		} else if a.better(best) {
			best = a
		}
		if best != nil && best.ok {
			break
		}
	}
	if best == nil {
		c.problem(flash.Error, c.HeaderOffset+offEntriesLBA,
			"entries at LBA 0x%x are outside the image", c.EntriesLBA)
		return failed
	}
	c.take(best, size)
	return failed
}

// take accepts the array and records the faults in it.
func (c *Copy) take(a *array, size int64) {
	c.EntriesOffset, c.EntriesOK, c.Entries = a.off, a.ok, a.entries
	if said, ok := c.said(); !ok || said != a.off {
		c.problem(flash.Warning, a.off, "the entries are here, but the header contains LBA 0x%x", c.EntriesLBA)
	}
	short := size - int64(len(a.data))
	c.Missing = int(c.EntryCount) - len(a.data)/int(c.EntrySize)
	switch {
	case short > 0 && a.ok:
		c.problem(flash.Note, a.off+int64(len(a.data)),
			"the image ends 0x%x bytes (%d entries) before the array does; the checksum proves that these entries are empty", short, c.Missing)
	case short > 0:
		c.problem(flash.Warning, a.off+int64(len(a.data)),
			"the image ends 0x%x bytes before the array does: %d of %d entries are missing", short, c.Missing, c.EntryCount)
	}
	switch {
	case c.Template:
		c.problem(flash.Warning, c.HeaderOffset,
			"this is a template: it has no checksums, and the flash tool fills in the missing addresses")
	case !a.ok && short == 0:
		c.sum = fmt.Sprintf("the entries checksum is 0x%08x, but the header contains 0x%08x", crc32.ChecksumIEEE(a.data), c.EntriesCRC)
	}
	c.judgeEntries()
}

// judgeEntries collects a problem for every slot that is not a correct row.
func (c *Copy) judgeEntries() {
	for _, e := range c.Entries {
		at := c.EntriesOffset + int64(e.Index)*int64(c.EntrySize)
		add := func(s flash.Severity, text string) {
			c.doubts.AddAt(s, e.place(), at, "%s", text)
		}
		if e.leftover() {
			add(flash.Note, "the slot has no type and no name: it is the rest of a deleted partition, not a row")
			continue
		}
		if w := c.wild(e); w != "" {
			add(flash.Error, w)
		}
		if e.TypeGUID == (GUID{}) {
			add(flash.Note, "the type GUID is empty; kept because the entry has a name")
		}
	}
}

// unplaced reports whether e is a row whose address the flash tool fills in.
func (c *Copy) unplaced(e Entry) bool { return c.Template && e.FirstLBA == 0 }

// wild returns why the entry's sectors are impossible, or "".
func (c *Copy) wild(e Entry) string {
	if c.unplaced(e) {
		return ""
	}
	if e.LastLBA < e.FirstLBA {
		return fmt.Sprintf("ends at LBA 0x%x before it starts at LBA 0x%x", e.LastLBA, e.FirstLBA)
	}
	if e.FirstLBA < c.tableEnd() {
		return fmt.Sprintf("starts at LBA 0x%x, over the table itself", e.FirstLBA)
	}
	if _, ok := lbaOffset(e.LastLBA, c.sector); !ok {
		return fmt.Sprintf("LBA 0x%x..0x%x is beyond any device", e.FirstLBA, e.LastLBA)
	}
	if last := c.lastLBA(); last > 0 && e.LastLBA > last {
		return fmt.Sprintf("ends at LBA 0x%x, the device at LBA 0x%x", e.LastLBA, last)
	}
	return ""
}

// tableEnd returns the first sector behind the primary table: MBR, header and entries.
func (c *Copy) tableEnd() uint64 {
	size := uint64(c.EntryCount) * uint64(c.EntrySize)
	return 2 + (size+uint64(c.sector)-1)/uint64(c.sector)
}

// lastLBA returns the device's last sector according to this copy's header, or 0. It is
// the LBA of the backup header. Tables for evaluation boards have LBA 1 there, and
// templates have an arbitrary number.
func (c *Copy) lastLBA() uint64 {
	last := c.AlternateLBA
	if c.Role == backup {
		last = c.MyLBA
	}
	_, ok := lbaOffset(last, c.sector)
	if !c.HeaderOK || c.Template || !ok || last <= c.LastUsableLBA || last < 3 {
		return 0
	}
	return last
}

// extent returns the bytes of a row. A row that cannot be expressed in bytes has length
// 0.
func (c *Copy) extent(e Entry) flash.Extent {
	start, ok := lbaOffset(e.FirstLBA, c.sector)
	last, ok2 := lbaOffset(e.LastLBA, c.sector)
	switch {
	case c.unplaced(e) && ok2:
		return flash.Extent{Offset: flash.Unplaced, Length: last} // the last LBA is the size in sectors
	case c.unplaced(e) || !ok:
		return flash.Extent{Offset: flash.Unplaced}
	case !ok2 || e.LastLBA < e.FirstLBA:
		return flash.Extent{Offset: start}
	}
	return flash.Extent{Offset: start, Length: last - start + c.sector}
}

// sane reports whether there are entries and all of them are possible.
func (c *Copy) sane() bool {
	for _, e := range c.Entries {
		if !e.leftover() && c.wild(e) != "" {
			return false
		}
	}
	return len(c.Entries) > 0
}

// The ranks of a copy, the most reliable first.
const (
	proven       = iota // both checksums are correct
	rowsProven          // the entries' checksum is correct, which proves the rows
	plausible           // no correct checksum, but every row is plausible
	headless            // the same without a header
	doubtful            // some rows are plausible
	templateOnly        // rows without addresses
	empty               // no rows, and no checksum that proves an empty table
	unusable
)

func (c *Copy) rank() int {
	switch {
	case c == nil || c.EntriesOffset == flash.NoOffset:
		return unusable
	case c.Template:
		return templateOnly
	case c.HeaderOK && c.EntriesOK:
		return proven
	case len(c.Entries) == 0:
		return empty
	case c.EntriesOK:
		return rowsProven
	case !c.sane():
		return doubtful
	case c.HeaderOffset == flash.NoOffset:
		return headless
	}
	return plausible
}

// problem adds a problem of the copy as a whole.
func (c *Copy) problem(s flash.Severity, off int64, format string, a ...any) {
	c.Problems.AddAt(s, "gpt "+c.Role, off, format, a...)
}
