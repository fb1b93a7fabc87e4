package boot

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Entries of a vendor_boot's ramdisk table: size, offset and type, each a u32, then a
// name of 32 bytes and a board id of 16 words.
const (
	entryBytes = 108
	entrySize  = 0x00
	entryOff   = 0x04
	entryType  = 0x08
	entryName  = 0x0C
	maxEntries = 256
)

// Types of ramdisks, by their number in the table.
var ramdiskTypes = []string{"", "platform", "recovery", "dlkm"}

// splitRamdisks makes a part of each ramdisk in a vendor_boot's table. If the table
// does not cover the ramdisks without gaps, they stay one part.
func (b *Image) splitRamdisks(img flash.Image) error {
	at := slices.IndexFunc(b.Parts, func(p Part) bool { return p.Name == Ramdisk })
	table := b.Part(RamdiskTable)
	if at < 0 || table == nil || b.Cut() {
		return nil
	}
	whole := b.Parts[at]
	n, size := get(b.Header, b.layout.tableEntries), get(b.Header, b.layout.tableEntrySize)
	if size != entryBytes || n < 1 || n > maxEntries || n*size > table.Length {
		b.problem(flash.Warning, RamdiskTable, table.Offset, "states %d entries of %d bytes: the ramdisks are read as one", n, size)
		return nil
	}
	rows, err := flash.ReadFull(table.bytes, 0, int(n*size))
	if err != nil {
		return err
	}
	parts, off := make([]Part, 0, n), int64(0)
	for i := range int(n) {
		row := rows[i*entryBytes:]
		e := flash.Extent{Offset: whole.Offset + off, Length: int64(binary.LittleEndian.Uint32(row[entrySize:]))}
		if int64(binary.LittleEndian.Uint32(row[entryOff:])) != off || e.End() > whole.End() {
			b.problem(flash.Warning, RamdiskTable, table.Offset, "entry %d does not follow the one before: the ramdisks are read as one", i)
			return nil
		}
		parts = append(parts, Part{Name: fmt.Sprintf("%s%d", Ramdisk, i), Label: label(row), Extent: e, bytes: flash.Slice(img, e)})
		off += e.Length
	}
	if off != whole.Length {
		b.problem(flash.Warning, RamdiskTable, table.Offset, "covers 0x%x of 0x%x bytes: the ramdisks are read as one", off, whole.Length)
		return nil
	}
	parts[n-1].pad = whole.pad
	b.Parts = slices.Replace(b.Parts, at, at+1, parts...)
	return nil
}

// label returns the type of a ramdisk and its name.
func label(row []byte) string {
	kind := ""
	if t := binary.LittleEndian.Uint32(row[entryType:]); t < uint32(len(ramdiskTypes)) {
		kind = ramdiskTypes[t]
	}
	name := text(row[entryName : entryName+32])
	if name == "" || kind == "" {
		return name + kind
	}
	return kind + " " + name
}

// isRamdisk recognises the ramdisk and the parts it may be split into.
func isRamdisk(name string) bool { return strings.HasPrefix(name, Ramdisk) && name != RamdiskTable }

// Ramdisks returns the parts that are ramdisks.
func (b *Image) Ramdisks() []*Part {
	var out []*Part
	for i := range b.Parts {
		if isRamdisk(b.Parts[i].Name) {
			out = append(out, &b.Parts[i])
		}
	}
	return out
}

// fillTable writes the sizes and offsets of the ramdisks into their table.
func (b *Image) fillTable() error {
	table := b.Part(RamdiskTable)
	if table == nil || b.Part(Ramdisk) != nil {
		return nil
	}
	rows, err := flash.ReadFull(table.bytes, 0, int(table.Length))
	if err != nil {
		return err
	}
	off := int64(0)
	for i, p := range b.Ramdisks() {
		row := rows[i*entryBytes:]
		binary.LittleEndian.PutUint32(row[entrySize:], uint32(p.Length))
		binary.LittleEndian.PutUint32(row[entryOff:], uint32(off))
		off += p.Length
	}
	table.bytes = bytes.NewReader(rows)
	return nil
}
