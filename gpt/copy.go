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

// Copy is one of the two copies of a table, or a table that is a file of its own.
// Offsets are bytes into the image that was read.
type Copy struct {
	Header
	Role          string // "primary" or "backup"
	HeaderOffset  int64  // flash.NoOffset when the entries stand without a header
	EntriesOffset int64  // flash.NoOffset when the entries could not be read
	HeaderOK      bool   // the header's checksum holds
	EntriesOK     bool   // the entries' checksum holds
	Template      bool   // no checksums at all: a flash tool was to fill in addresses
	Standalone    bool   // not where its own LBA says: a copy of the table, not a device
	Missing       int    // entries the image ends before
	Entries       []Entry
	Problems      flash.Problems

	sector int64
	raw    []byte // the header's sector
}

// load reads the copy whose header lies at off, in sectors of the given size. It
// returns nil when there is no header. An error is one of the image; what the copy
// could be read of is returned beside it.
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
		c.Role = backup // a file that begins with the header of the backup
	}
	c.Template = c.HeaderCRC == 0 && c.EntriesCRC == 0
	c.checkHeader()
	at, ok := lbaOffset(c.MyLBA, sector)
	c.Standalone = off == 0 || c.HeaderOK && off != sector && (!ok || at != off)
	return c, errors.Join(err, c.readEntries(img))
}

// checkHeader judges the header alone. Nothing here makes a copy unusable.
func (c *Copy) checkHeader() {
	n := c.HeaderSize
	if n < headerMin || int64(n) > int64(len(c.raw)) {
		c.problem(flash.Warning, c.HeaderOffset+offHeaderSize,
			"header size %d is not between %d and %d, its checksum cannot be judged", n, headerMin, len(c.raw))
		return
	}
	sum := headerCRC(c.raw, n)
	c.HeaderOK = sum == c.HeaderCRC
	if !c.HeaderOK && !c.Template {
		c.problem(flash.Warning, c.HeaderOffset+offHeaderCRC,
			"header checksum is 0x%08x, the header says 0x%08x", sum, c.HeaderCRC)
	}
}

// array is a place where the entries may be.
type array struct {
	off     int64
	data    []byte // what of it lies within the image
	ok      bool   // the checksum holds
	entries []Entry
	sane    int // how many of them are believable
}

// readArray reads size bytes of entries at off, as far as the image goes. Checking
// size is the caller's.
func (c *Copy) readArray(img flash.Image, off, size int64) (*array, error) {
	data, err := flash.ReadFull(img, off, int(min(size, img.Size()-off)))
	if err != nil {
		return nil, err
	}
	a := &array{off: off, data: data, entries: decodeEntries(data, int(c.EntrySize))}
	// A file that was cut behind the last used entry still verifies: what follows is zero.
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

// better reports whether a is a likelier place for the entries than b.
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

// first reports whether slot 0 is in use. Every table of the field fills it; an array
// looked for in the wrong sector size does not begin with it.
func (a *array) first() bool { return len(a.entries) > 0 && a.entries[0].Index == 0 }

// places lists where the entries may be, likeliest first: where the header says,
// counted from itself (which also holds in a file that begins at the header) and from
// the start of the image; then behind the header, then before it, where they are when
// the header's LBA is damaged.
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

// said returns where the header says the entries are, counted from itself.
func (c *Copy) said() (int64, bool) {
	mine, ok := lbaOffset(c.MyLBA, c.sector)
	at, ok2 := lbaOffset(c.EntriesLBA, c.sector)
	if !ok || !ok2 || at-mine > math.MaxInt64-c.HeaderOffset {
		return 0, false
	}
	return c.HeaderOffset + at - mine, true
}

// readEntries finds the entries and takes them. An error is one of the image, not of
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

// take accepts the array and writes down what is wrong with it.
func (c *Copy) take(a *array, size int64) {
	c.EntriesOffset, c.EntriesOK, c.Entries = a.off, a.ok, a.entries
	if said, ok := c.said(); !ok || said != a.off {
		c.problem(flash.Warning, a.off, "entries lie here, the header says LBA 0x%x", c.EntriesLBA)
	}
	short := size - int64(len(a.data))
	c.Missing = int(c.EntryCount) - len(a.data)/int(c.EntrySize)
	switch {
	case short > 0 && a.ok:
		c.problem(flash.Note, a.off+int64(len(a.data)),
			"the image ends 0x%x bytes (%d entries) before the array does; the checksum proves them empty", short, c.Missing)
	case short > 0:
		c.problem(flash.Warning, a.off+int64(len(a.data)),
			"the image ends 0x%x bytes before the array does: %d of %d entries are missing", short, c.Missing, c.EntryCount)
	}
	switch {
	case c.Template:
		c.problem(flash.Warning, c.HeaderOffset,
			"template: it has no checksums, and the flash tool was to fill in the addresses it lacks")
	case !a.ok && short == 0:
		c.problem(flash.Warning, a.off, "entries checksum is 0x%08x, the header says 0x%08x",
			crc32.ChecksumIEEE(a.data), c.EntriesCRC)
	}
	c.judgeEntries()
}

// judgeEntries adds a problem for every slot that is not a sound row.
func (c *Copy) judgeEntries() {
	for _, e := range c.Entries {
		at := c.EntriesOffset + int64(e.Index)*int64(c.EntrySize)
		add := func(s flash.Severity, text string) {
			c.Problems.AddAt(s, e.place(), at, "%s", text)
		}
		if e.leftover() {
			add(flash.Note, "the slot has neither type nor name: remains of a deleted partition, not a row")
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

// unplaced reports whether e is a row that a template leaves to the flash tool.
func (c *Copy) unplaced(e Entry) bool { return c.Template && e.FirstLBA == 0 }

// wild says why the entry's sectors cannot be true, or "".
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

// lastLBA returns the device's last sector as this copy's header proves it, or 0. It
// is the LBA of the backup header. Tables for evaluation boards name LBA 1 there, and
// templates a number of their own.
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

// extent returns the bytes of a row. What cannot be expressed has no length.
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

// sane reports whether there are entries and none of them is wild.
func (c *Copy) sane() bool {
	for _, e := range c.Entries {
		if !e.leftover() && c.wild(e) != "" {
			return false
		}
	}
	return len(c.Entries) > 0
}

// How far a copy can be believed, best first.
const (
	proven       = iota // both checksums hold
	rowsProven          // the entries' checksum holds, which is proof enough for the rows
	plausible           // no checksum, but every row makes sense
	headless            // the same without a header
	doubtful            // some rows make sense
	templateOnly        // rows without addresses
	empty               // nothing in it, and no checksum to say that is right
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
