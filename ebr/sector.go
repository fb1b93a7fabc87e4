package ebr

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
)

// sectorSize is the unit of every number in the chain and the length of a table sector,
// in bytes.
const sectorSize = 512

// Offsets in a table sector and in an entry, in bytes.
const (
	offDiskID    = 0x1B8
	offEntries   = 0x1BE
	entrySize    = 16
	offSignature = 0x1FE

	offType  = 4
	offStart = 8
	offCount = 12
)

// mtkLink is the sector of EBR1 in every MediaTek layout of this generation: directly
// behind the 512 KiB of the MBR's own partition.
const mtkLink = 0x400

const (
	typeUnused     = 0x00
	typeLinux      = 0x83
	typeProtective = 0xEE
)

// Entry is one of the four slots of a table sector, as stored.
type Entry struct {
	Status byte
	Type   byte
	Start  uint32 // sectors; the base depends on the sector (see the package comment)
	Count  uint32 // sectors
}

// used reports whether the slot holds anything.
func (e Entry) used() bool { return e.Type != typeUnused }

// link reports whether the entry leads to another table sector.
func (e Entry) link() bool { return e.Type == 0x05 || e.Type == 0x0F || e.Type == 0x85 }

// parseSector reads the four slots of one table sector, an MBR or an EBR. Bytes behind
// the first 512 are ignored. It returns an error if b is shorter than a sector or does
// not end in 55 AA. It does not check the content of the slots.
func parseSector(b []byte) ([4]Entry, error) {
	var entries [4]Entry
	if len(b) < sectorSize {
		return entries, fmt.Errorf("ebr: %d bytes are less than a sector of %d", len(b), sectorSize)
	}
	if s := b[offSignature:sectorSize]; s[0] != 0x55 || s[1] != 0xAA {
		return entries, fmt.Errorf("ebr: % x instead of 55 aa at 0x%x of the sector", s, offSignature)
	}
	for i := range entries {
		e := b[offEntries+i*entrySize:][:entrySize]
		entries[i] = Entry{
			Status: e[0],
			Type:   e[offType],
			Start:  binary.LittleEndian.Uint32(e[offStart:]),
			Count:  binary.LittleEndian.Uint32(e[offCount:]),
		}
	}
	return entries, nil
}

// parseMBR reads b as the MBR at the start of an image of size bytes. why tells what b
// is instead; it is empty if b can be an MBR.
func parseMBR(b []byte, size int64) (entries [4]Entry, why string) {
	entries, err := parseSector(b)
	if err != nil {
		return entries, "no MBR: the first sector does not end in 55 aa"
	}
	for _, e := range entries {
		if e.Type == typeProtective {
			return entries, "protective MBR of a GPT"
		}
	}
	switch {
	case entries[0].link() && entries[0].Start == mtkLink:
		return entries, ""
	case isBootSector(b):
		return entries, "boot sector of a file system"
	case isLoneEBR(b, entries, size):
		return entries, "EBR without its MBR; its rows count from an offset that it does not contain"
	}
	return entries, implausible(entries)
}

// implausible checks the slots of an MBR that is not MediaTek's against the values that
// partition tools write, so that code that happens to end in 55 AA is not accepted.
func implausible(entries [4]Entry) string {
	used := 0
	for i, e := range entries {
		switch {
		case e.Status&^0x80 != 0:
			return fmt.Sprintf("no MBR: status 0x%02x in slot %d is neither 0 nor 0x80", e.Status, i)
		case e.used() && e.Start == 0:
			return fmt.Sprintf("no MBR: slot %d starts at sector 0", i)
		case e.used():
			used++
		case e.Start != 0 || e.Count != 0:
			return fmt.Sprintf("no MBR: slot %d is unused, but not empty", i)
		}
	}
	if used == 0 {
		return "MBR without a single entry"
	}
	return ""
}

// isBootSector reports whether b is the first sector of a FAT, exFAT or NTFS file
// system, which also ends in 55 AA: it has a jump, and the file system's name at a
// fixed offset.
func isBootSector(b []byte) bool {
	if b[0] != 0xEB && b[0] != 0xE9 {
		return false
	}
	return bytes.HasPrefix(b[0x36:], []byte("FAT")) || bytes.HasPrefix(b[0x52:], []byte("FAT")) ||
		bytes.HasPrefix(b[3:], []byte("EXFAT")) || bytes.HasPrefix(b[3:], []byte("NTFS"))
}

// isLoneEBR recognises MediaTek's EBR1 and EBR2 files, which have no mark of their own:
// no disk id, no CHS, data (not the link) in the first slot, and at most the 512 KiB of
// the partition that holds one.
func isLoneEBR(b []byte, entries [4]Entry, size int64) bool {
	if entries[0].Type != typeLinux || size > mtkLink*sectorSize {
		return false
	}
	for i := range entries {
		e := b[offEntries+i*entrySize:]
		if !flash.IsZero(e[1:4]) || !flash.IsZero(e[5:8]) {
			return false
		}
	}
	return flash.IsZero(b[offDiskID:offEntries])
}
