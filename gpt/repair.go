package gpt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"strings"
	"unicode/utf16"

	diskgpt "github.com/diskfs/go-diskfs/partition/gpt"

	"github.com/mtkkit/mtkkit/flash"
)

// Repaired is a corrected table, ready to be written.
type Repaired struct {
	Primary      []byte // protective MBR, header and entries, for offset 0
	Backup       []byte // entries and header, for BackupOffset; ends at the end of the device
	BackupOffset int64  // bytes
	DeviceSize   int64  // bytes
	Problems     flash.Problems
}

// Files returns the two copies as files, "pgpt.bin" and "sgpt.bin", with their offsets
// in the user area.
func (r *Repaired) Files() []RepairedFile {
	return []RepairedFile{{"pgpt.bin", 0, r.Primary}, {"sgpt.bin", r.BackupOffset, r.Backup}}
}

// RepairedFile is one copy of a repaired table.
type RepairedFile struct {
	Name   string
	Offset int64 // in the user area, bytes
	Bytes  []byte
}

// Repair encodes both copies again from the best copy, so that they are correct and
// equal. Rows, GUIDs, attributes, names, the disk GUID and the usable sectors do not
// change. The entries go to their usual offsets, LBA 2 and directly before the backup
// header. The size of the device is the one that the table proves; if it proves none,
// imageSize is used, the size of the whole image in bytes.
//
// Repair returns an error if something would have to be guessed: for templates, entries
// without a header, and rows that overlap, cover the table or are impossible. The error
// names the first of these rows.
func (g *GPT) Repair(imageSize int64) (*Repaired, error) {
	c := g.Best()
	if err := g.repairable(c); err != nil {
		return nil, err
	}
	device := g.DeviceSize()
	if device == 0 {
		device = imageSize
	}
	l, err := g.layout(c, device)
	if err != nil {
		return nil, err
	}
	disk, err := l.encode()
	if err != nil {
		return nil, err
	}
	r := &Repaired{
		Primary:      disk.bytes(0, l.entriesEnd()),
		BackupOffset: l.offset(l.last - l.arraySectors),
		DeviceSize:   device,
		Problems:     l.problems,
	}
	r.Backup = disk.bytes(r.BackupOffset, device)
	copy(r.Primary, g.keptLBA0(r.Primary[:mbrSignature+2], c.sector))
	l.correct(r)
	return r, nil
}

// repairable returns an error for copies that are not a whole table.
func (g *GPT) repairable(c *Copy) error {
	switch {
	case c == nil:
		return fmt.Errorf("gpt: there is no table to repair from")
	case c.Template:
		return fmt.Errorf("gpt: the table at offset 0x%x is a template without the addresses of this device", max(c.HeaderOffset, c.EntriesOffset-c.sector))
	case c.HeaderOffset == flash.NoOffset:
		return fmt.Errorf("gpt: the entries at offset 0x%x have no header to repair from", c.EntriesOffset)
	case c.Missing > 0 && !c.EntriesOK:
		return fmt.Errorf("gpt: %d entries are missing from the table at offset 0x%x", c.Missing, c.EntriesOffset)
	case c.EntrySize != entryMin:
		return fmt.Errorf("gpt: entries of %d bytes cannot be written, only of %d", c.EntrySize, entryMin)
	}
	return nil
}

// layout holds the offsets and sectors of a correct table.
type layout struct {
	c            *Copy
	arraySectors uint64
	first, last  uint64 // first usable LBA, LBA of the backup header
	lastUsable   uint64
	problems     flash.Problems
}

func (l *layout) offset(lba uint64) int64 { return int64(lba) * l.c.sector }

// entriesEnd returns the end of the primary copy, in bytes.
func (l *layout) entriesEnd() int64 { return l.offset(2 + l.arraySectors) }

// layout checks that no row covers one of the two copies.
func (g *GPT) layout(c *Copy, device int64) (*layout, error) {
	array := int64(c.EntryCount) * entryMin
	l := &layout{c: c, arraySectors: uint64((array + c.sector - 1) / c.sector)}
	if device%c.sector != 0 || device < 2*l.entriesEnd() {
		return nil, fmt.Errorf("gpt: the table does not prove the size of the device, and 0x%x bytes are not possible", device)
	}
	l.last = uint64(device/c.sector) - 1
	l.first, l.lastUsable = c.FirstUsableLBA, c.LastUsableLBA
	low, high := 2+l.arraySectors, l.last-l.arraySectors-1
	// Usable sectors that include the table, or that leave out a row while no checksum
	// proves them, are not what was written at first.
	from, to := l.span()
	if l.first < low || l.first > high || !c.HeaderOK && l.first > from {
		l.note("first usable LBA 0x%x becomes 0x%x", l.first, low)
		l.first = low
	}
	if l.lastUsable > high || l.lastUsable < l.first || !c.HeaderOK && l.lastUsable < to {
		l.note("last usable LBA 0x%x becomes 0x%x", l.lastUsable, high)
		l.lastUsable = high
	}
	if !c.EntriesOK {
		l.problems.AddAt(flash.Warning, "gpt "+c.Role, c.EntriesOffset, "no copy has entries with a correct checksum; the rows are written unchanged")
	}
	return l, l.checkRows(device)
}

// span returns the first and the last LBA of all rows.
func (l *layout) span() (from, to uint64) {
	from = math.MaxUint64
	for _, e := range l.c.Entries {
		if !e.leftover() {
			from, to = min(from, e.FirstLBA), max(to, e.LastLBA)
		}
	}
	return from, to
}

func (l *layout) note(format string, a ...any) {
	l.problems.AddAt(flash.Note, "gpt "+l.c.Role, l.c.HeaderOffset, format, a...)
}

// checkRows returns an error that names the first rows that a correct table cannot contain.
func (l *layout) checkRows(device int64) error {
	var bad []string
	t := &flash.Table{}
	for _, e := range l.c.Entries {
		switch w := l.c.wild(e); {
		case e.leftover():
		case w != "":
			bad = append(bad, e.place()+" "+w)
		case e.FirstLBA < 2+l.arraySectors || e.LastLBA > l.last-l.arraySectors-1:
			bad = append(bad, e.place()+" covers the table or ends behind the device")
		default:
			t.Partitions = append(t.Partitions, flash.Partition{Name: e.place(), Extent: l.c.extent(e)})
		}
	}
	for _, p := range t.Check("", device) {
		bad = append(bad, p.Place+" "+p.Text)
	}
	if more := len(bad) - maxDoubts; more > 1 {
		bad = append(bad[:maxDoubts], fmt.Sprintf("and %d more", more))
	}
	if len(bad) > 0 {
		return fmt.Errorf("gpt: the table at offset 0x%x is not repaired: %s", l.c.EntriesOffset, strings.Join(bad, "; "))
	}
	return nil
}

// encode writes both copies with go-diskfs onto a disk in memory.
//
// Its Table type keeps the entry count, the usable sectors and the offset of the backup
// private and sets them only from a table that it has read. So it reads one first: a
// header with our numbers before an empty array.
func (l *layout) encode() (*sparseDisk, error) {
	disk := &sparseDisk{size: l.offset(l.last + 1)}
	empty := make([]byte, int(l.c.EntryCount)*entryMin)
	head := make([]byte, l.c.sector)
	copy(head, signature)
	le := binary.LittleEndian
	le.PutUint32(head[offRevision:], 0x00010000)
	le.PutUint32(head[offHeaderSize:], headerMin)
	le.PutUint64(head[offMyLBA:], 1)
	le.PutUint64(head[offAlternate:], l.last)
	le.PutUint64(head[offFirst:], l.first)
	le.PutUint64(head[offLast:], l.lastUsable)
	copy(head[offDiskGUID:], l.c.DiskGUID[:])
	le.PutUint64(head[offEntriesLBA:], 2)
	le.PutUint32(head[offCount:], l.c.EntryCount)
	le.PutUint32(head[offEntrySize:], entryMin)
	le.PutUint32(head[offEntriesCRC:], crc32.ChecksumIEEE(empty))
	le.PutUint32(head[offHeaderCRC:], headerCRC(head, headerMin))
	if _, err := disk.WriteAt(head, l.c.sector); err != nil {
		return nil, fmt.Errorf("gpt: encoding: %w", err)
	}
	t, err := diskgpt.Read(disk, int(l.c.sector), int(l.c.sector))
	if err != nil {
		return nil, fmt.Errorf("gpt: encoding: %w", err)
	}
	t.ProtectiveMBR = true
	for _, e := range l.c.Entries {
		t.Partitions = append(t.Partitions, &diskgpt.Partition{
			Index: e.Index + 1, Start: e.FirstLBA, End: e.LastLBA, Name: e.Name,
			Type: diskgpt.Type(e.TypeGUID.String()), GUID: e.GUID.String(), Attributes: e.Attributes,
		})
	}
	if err := t.Write(disk, disk.size); err != nil {
		return nil, fmt.Errorf("gpt: encoding: %w", err)
	}
	return disk, nil
}

// correct changes what go-diskfs does not write, and computes the checksums again: an
// array that does not fill its last sector (go-diskfs rounds the offset of the backup
// down, into the header), entries without a type (it leaves them out), names that are
// not text (half a surrogate pair) or have other bytes behind the NUL, a longer header,
// and a protective MBR for more sectors than 32 bits can count.
func (l *layout) correct(r *Repaired) {
	s := l.c.sector
	array := make([]byte, int64(l.arraySectors)*s)
	copy(array, r.Primary[2*s:2*s+int64(l.c.EntryCount)*entryMin])
	for _, e := range l.c.Entries {
		if !e.plain() {
			copy(array[e.Index*entryMin:], e.raw)
		}
	}
	copy(r.Primary[2*s:], array)
	copy(r.Backup, array)
	sum := crc32.ChecksumIEEE(array[:int(l.c.EntryCount)*entryMin])
	l.seal(r.Primary[s:2*s], 2, sum)
	l.seal(r.Backup[len(r.Backup)-int(s):], l.last-l.arraySectors, sum)
	if e := r.Primary[mbrEntry:]; l.last > 0xffffffff && e[4] == protective {
		binary.LittleEndian.PutUint32(e[12:], 0xffffffff)
	}
}

// plain reports whether the entry's fields contain all of it: it has a type, and its
// name is text followed by zeros.
func (e Entry) plain() bool {
	var name [entryMin - offName]byte
	for i, u := range utf16.Encode([]rune(e.Name)) {
		binary.LittleEndian.PutUint16(name[2*i:], u)
	}
	return e.TypeGUID != GUID{} && bytes.Equal(name[:], e.raw[offName:entryMin])
}

// seal sets the fields of the header h that depend on the entries, and its checksum.
func (l *layout) seal(h []byte, entriesLBA uint64, sum uint32) {
	le := binary.LittleEndian
	size := uint32(headerMin)
	if l.c.HeaderOK {
		size = l.c.HeaderSize
		copy(h[headerMin:size], l.c.raw[headerMin:size])
	}
	le.PutUint32(h[offHeaderSize:], size)
	le.PutUint64(h[offEntriesLBA:], entriesLBA)
	le.PutUint32(h[offEntriesCRC:], sum)
	le.PutUint32(h[offHeaderCRC:], headerCRC(h, size))
}

// keptLBA0 returns the first sector for the repaired table: the image's own if it is a
// protective MBR for this device, or else made, with the boot code of the image.
func (g *GPT) keptLBA0(made []byte, sector int64) []byte {
	if int64(len(g.lba0)) < sector {
		return made
	}
	n := binary.LittleEndian.Uint32(made[mbrEntry+12:])
	if p := g.protectiveSize(); g.ProtectiveMBR && (p == 0 || p == uint64(n)) {
		return g.lba0[:sector]
	}
	out := slices.Clone(made)
	if bytes.Equal(g.lba0[mbrSignature:mbrSignature+2], made[mbrSignature:]) {
		copy(out, g.lba0[:mbrEntry])
	}
	return out
}
