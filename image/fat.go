package image

import (
	"encoding/binary"

	"github.com/mtkkit/mtkkit/flash"
)

// readFAT reads the BIOS parameter block. Its magic is that of every boot sector, so
// the jump and the geometry must also be those of a FAT.
func readFAT(h *head) (string, int64, bool) {
	const (
		bytesPerSector, sectorsPerCluster = 0x0B, 0x0D
		reserved, fats, total16, media    = 0x0E, 0x10, 0x13, 0x15
		sectorsPerFAT16, total32          = 0x16, 0x20
		extended16, extended32            = 0x26, 0x42 // 0x29 before serial and label
	)
	bytes := int64(h.u16(bytesPerSector))
	switch {
	case h.b[0] != 0xEB && h.b[0] != 0xE9,
		!powerOfTwo(bytes) || bytes < 512 || bytes > 4096,
		!powerOfTwo(int64(h.b[sectorsPerCluster])),
		h.u16(reserved) == 0, h.b[fats] < 1 || h.b[fats] > 2, h.b[media] < 0xF0:
		return "", 0, false
	}
	sectors, extended := int64(h.u16(total16)), extended16
	if sectors == 0 {
		sectors = h.u32(total32)
	}
	if h.u16(sectorsPerFAT16) == 0 {
		extended = extended32
	}
	label := ""
	if h.b[extended] == 0x29 {
		label = h.text(extended+5, 11)
	}
	return label, sectors * bytes, true
}

// fatLayout holds the offsets and sizes in a FAT file system.
type fatLayout struct {
	sector, cluster  int64 // bytes
	table            int64 // offset of the first table, bytes
	clusters         int64
	bits             int64 // of an entry of the table
	infoSector, free int64 // FAT32: offset of the number of free clusters; -1 if unknown
}

func (h *head) fatLayout() fatLayout {
	sector := int64(h.u16(0x0B))
	l := fatLayout{sector: sector, cluster: int64(h.b[0x0D]) * sector, table: int64(h.u16(0x0E)) * sector, free: -1}
	sectors, perTable := int64(h.u16(0x13)), int64(h.u16(0x16))
	if sectors == 0 {
		sectors = h.u32(0x20)
	}
	if perTable == 0 {
		perTable = h.u32(0x24)
		l.infoSector = int64(h.u16(0x30)) * sector
	}
	root := (int64(h.u16(0x11))*32 + sector - 1) / sector
	data := sectors - int64(h.u16(0x0E)) - int64(h.b[0x10])*perTable - root
	l.clusters = max(data, 0) * sector / l.cluster
	switch {
	case l.clusters < 4085:
		l.bits = 12
	case l.clusters < 65525:
		l.bits = 16
	default:
		l.bits = 32
	}
	return l
}

// tellFAT adds which of the three FATs it is, and how full it is. FAT32 stores the
// number of free clusters; for the others the table is read, at most 128 KiB.
func tellFAT(i *Info) {
	l := i.head.fatLayout()
	i.add("type", "FAT%d, clusters of %s", l.bits, flash.Size(l.cluster))
	if l.bits == 32 {
		if b, err := flash.ReadFull(i.img, l.infoSector+0x1E4, 8); err == nil && string(b[:4]) == "rrAa" {
			l.free = int64(binary.LittleEndian.Uint32(b[4:]))
		}
	} else if b, err := flash.ReadFull(i.img, l.table, int((l.clusters+2)*l.bits/8+1)); err == nil {
		l.free = 0
		for n := range l.clusters {
			if fatEntry(b, n+2, l.bits) == 0 {
				l.free++
			}
		}
	}
	i.use(l.clusters*l.cluster, l.free*l.cluster)
}

// fatEntry returns an entry of 12 or 16 bits of a table.
func fatEntry(b []byte, n, bits int64) uint16 {
	v := binary.LittleEndian.Uint16(b[n*bits/8:])
	switch {
	case bits == 16:
		return v
	case n%2 == 1:
		return v >> 4
	}
	return v & 0xFFF
}
