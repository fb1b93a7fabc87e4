package gpt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"unicode"
	"unicode/utf16"

	"github.com/mtkkit/mtkkit/flash"
)

const signature = "EFI PART"

// Offsets of the header's fields, in bytes.
const (
	offRevision   = 8
	offHeaderSize = 12
	offHeaderCRC  = 16
	offMyLBA      = 24
	offAlternate  = 32
	offFirst      = 40
	offLast       = 48
	offDiskGUID   = 56
	offEntriesLBA = 72
	offCount      = 80
	offEntrySize  = 84
	offEntriesCRC = 88
	headerMin     = 92 // the fields above; a header may state a larger size
)

// Offsets of an entry's fields, in bytes.
const (
	offType       = 0
	offUnique     = 16
	offFirstLBA   = 32
	offLastLBA    = 40
	offAttributes = 48
	offName       = 56
	entryMin      = 128
)

// Limits of the numbers in a header. Known tables have 128 entries of 128 bytes; the
// limits allow more and keep the largest array at 4 MiB.
const (
	maxEntries   = 1024
	maxEntrySize = 4096
)

// GUID is a GUID as the table stores it, its first three groups little-endian.
type GUID [16]byte

// String prints the GUID in the usual form, upper case.
func (g GUID) String() string {
	return fmt.Sprintf("%08X-%04X-%04X-%X-%X", binary.LittleEndian.Uint32(g[0:]),
		binary.LittleEndian.Uint16(g[4:]), binary.LittleEndian.Uint16(g[6:]), g[8:10], g[10:])
}

// Header holds the fields of a header as they are stored, right or wrong. LBAs count
// sectors, from 0.
type Header struct {
	Revision       uint32
	HeaderSize     uint32 // bytes
	HeaderCRC      uint32
	MyLBA          uint64
	AlternateLBA   uint64
	FirstUsableLBA uint64
	LastUsableLBA  uint64
	DiskGUID       GUID
	EntriesLBA     uint64
	EntryCount     uint32
	EntrySize      uint32 // bytes
	EntriesCRC     uint32
}

// decodeHeader takes the fields from at least headerMin bytes.
func decodeHeader(b []byte) Header {
	le := binary.LittleEndian
	return Header{
		Revision:       le.Uint32(b[offRevision:]),
		HeaderSize:     le.Uint32(b[offHeaderSize:]),
		HeaderCRC:      le.Uint32(b[offHeaderCRC:]),
		MyLBA:          le.Uint64(b[offMyLBA:]),
		AlternateLBA:   le.Uint64(b[offAlternate:]),
		FirstUsableLBA: le.Uint64(b[offFirst:]),
		LastUsableLBA:  le.Uint64(b[offLast:]),
		DiskGUID:       GUID(b[offDiskGUID:]),
		EntriesLBA:     le.Uint64(b[offEntriesLBA:]),
		EntryCount:     le.Uint32(b[offCount:]),
		EntrySize:      le.Uint32(b[offEntrySize:]),
		EntriesCRC:     le.Uint32(b[offEntriesCRC:]),
	}
}

// headerCRC computes the checksum of a header of n bytes, with its own field as zero.
func headerCRC(b []byte, n uint32) uint32 {
	h := bytes.Clone(b[:n])
	clear(h[offHeaderCRC : offHeaderCRC+4])
	return crc32.ChecksumIEEE(h)
}

// arraySize returns the length of the entry array in bytes, or why the header's numbers
// are impossible. It must be called before anything is allocated.
func (h Header) arraySize(headerOffset int64) (int64, *flash.Problem) {
	bad := func(off int64, format string, a ...any) (int64, *flash.Problem) {
		return 0, &flash.Problem{Severity: flash.Error, Offset: headerOffset + off, Text: fmt.Sprintf(format, a...)}
	}
	switch n, size := h.EntryCount, h.EntrySize; {
	case n > maxEntries:
		return bad(offCount, "entry count %d exceeds %d", n, maxEntries)
	case n == 0:
		return bad(offCount, "entry count is 0")
	case size < entryMin || size > maxEntrySize || size&(size-1) != 0:
		return bad(offEntrySize, "entry size %d is not 128, 256, 512 … %d", size, maxEntrySize)
	}
	return int64(h.EntryCount) * int64(h.EntrySize), nil
}

// maxSector is the largest known sector size, in bytes.
const maxSector = 4096

// sectorSizes are the sector sizes of known tables in bytes: eMMC, UFS.
var sectorSizes = [...]int64{512, maxSector}

// lbaOffset turns an LBA into an offset in bytes. ok is false if the sector's end is
// larger than the largest offset, so that adding one sector is always safe.
func lbaOffset(lba uint64, sector int64) (int64, bool) {
	if lba > uint64((math.MaxInt64-sector)/sector) {
		return 0, false
	}
	return int64(lba) * sector, true
}

// Entry is a used slot of the array, as it is stored. LBAs count sectors.
type Entry struct {
	Index      int // slot, from 0
	TypeGUID   GUID
	GUID       GUID
	FirstLBA   uint64
	LastLBA    uint64 // included
	Attributes uint64
	Name       string // up to the first NUL; untrusted

	raw []byte // the whole slot
}

// decodeEntries returns the used slots of an array: all that have a byte other than
// zero. A last slot that is cut is not used.
func decodeEntries(array []byte, size int) []Entry {
	var out []Entry
	le := binary.LittleEndian
	for i := 0; (i+1)*size <= len(array); i++ {
		b := array[i*size : (i+1)*size]
		if flash.IsZero(b) {
			continue
		}
		out = append(out, Entry{
			Index:      i,
			TypeGUID:   GUID(b[offType:]),
			GUID:       GUID(b[offUnique:]),
			FirstLBA:   le.Uint64(b[offFirstLBA:]),
			LastLBA:    le.Uint64(b[offLastLBA:]),
			Attributes: le.Uint64(b[offAttributes:]),
			Name:       decodeName(b[offName:entryMin]),
			raw:        b,
		})
	}
	return out
}

func decodeName(b []byte) string {
	var u []uint16
	for ; len(b) >= 2; b = b[2:] {
		c := binary.LittleEndian.Uint16(b)
		if c == 0 {
			break
		}
		u = append(u, c)
	}
	return string(utf16.Decode(u))
}

// leftover reports whether the slot is unused by the specification (no type) and has
// no name either: it is the rest of a deleted partition, not a row.
func (e Entry) leftover() bool { return e.TypeGUID == GUID{} && e.Name == "" }

// place returns the name of this entry for a Problem.
func (e Entry) place() string {
	if e.Name == "" {
		return fmt.Sprintf("entry %d", e.Index)
	}
	return e.Name
}

// believable reports whether the slot looks like a partition without the help of a
// checksum: it has a type and a readable name, and its sectors are in order.
func (e Entry) believable() bool {
	if e.TypeGUID == (GUID{}) || e.Name == "" || e.FirstLBA != 0 && e.LastLBA < e.FirstLBA {
		return false
	}
	if _, ok := lbaOffset(e.LastLBA, maxSector); !ok {
		return false
	}
	for _, r := range e.Name {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
