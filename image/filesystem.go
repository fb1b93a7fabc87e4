package image

import (
	"encoding/binary"
	"math"
	"unicode/utf16"

	"github.com/mtkkit/mtkkit/flash"
)

// readExt4 takes the superblock at 0x400. Its magic has two bytes only, so the
// fields that bound each other must agree before it is believed.
func readExt4(h *head) (string, int64, bool) {
	const (
		inodes, blocksLow      = 0x400, 0x404
		firstBlock, logBlock   = 0x414, 0x418
		inodesPerGroup         = 0x428
		revision, incompatible = 0x44C, 0x460
		volume, blocksHigh     = 0x478, 0x550
		feature64Bit           = 0x80
	)
	log, blocks := h.u32(logBlock), uint64(h.u32(blocksLow))
	if h.u32(incompatible)&feature64Bit != 0 {
		blocks |= uint64(h.u32(blocksHigh)) << 32
	}
	switch {
	case h.u32(inodes) == 0, blocks == 0, log > 6, h.u32(firstBlock) > 1, h.u32(revision) > 1:
		return "", 0, false
	case h.u32(inodesPerGroup) == 0, h.u32(inodesPerGroup) > 8*1024<<log: // one block of bits
		return "", 0, false
	}
	return h.text(volume, 16), shifted(blocks, 10+log), true
}

// readF2FS takes the superblock at 0x400; its name is UTF-16.
func readF2FS(h *head) (string, int64, bool) {
	const logBlock, blocks, volume, volumeSize = 0x410, 0x424, 0x47C, 64
	if log := h.u32(logBlock); log < 9 || log > 16 {
		return "", 0, false
	}
	units := make([]uint16, volumeSize)
	for i := range units {
		units[i] = h.u16(volume + 2*i)
	}
	return printable([]byte(string(utf16.Decode(units)))), shifted(h.u64(blocks), h.u32(logBlock)), true
}

// readEROFS takes the superblock at 0x400.
func readEROFS(h *head) (string, int64, bool) {
	const logBlock, blocks, volume = 0x40C, 0x424, 0x440
	log := int64(h.b[logBlock])
	if log < 9 || log > 16 {
		return "", 0, false
	}
	return h.text(volume, 16), shifted(uint64(h.u32(blocks)), log), true
}

// readSquashFS takes the superblock at 0; images are padded to 4096 bytes, if there
// is room.
func readSquashFS(h *head) (string, int64, bool) {
	const major, used = 0x1C, 0x28
	n := h.u64(used)
	switch {
	case h.u16(major) != 4:
		return "", 0, false
	case n > uint64(h.img.Size()):
		return "", 0, true
	}
	return "", min(align(int64(n), page), h.img.Size()), true
}

// readFAT takes the BIOS parameter block. Its magic is that of every boot sector, so
// the jump and the geometry have to be a FAT's.
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

// readMBR accepts a table sector, MBR or EBR: a status of 0 or 0x80 in all four
// entries, one of them used, and not the protective entry of a GPT.
func readMBR(h *head) (string, int64, bool) {
	used := false
	for at := 0x1BE; at < 0x1FE; at += 16 {
		kind := h.b[at+4]
		if h.b[at]&^0x80 != 0 || kind == 0xEE {
			return "", 0, false
		}
		used = used || kind != 0
	}
	return "", 0, used
}

// shifted returns n<<log, or 0 when that is beyond any device.
func shifted(n uint64, log int64) int64 {
	if n > math.MaxInt64>>log {
		return 0
	}
	return int64(n << log)
}

// Offsets of the dynamic partitions' metadata (AOSP liblp metadata_format.h). The first
// slot follows the two copies of the geometry.
const (
	superGeometry = 0x1000
	superMetadata = 0x3000

	lpHeaderSize   = 0x08 // of the header: the tables follow it
	lpBlockDevices = 0x74 // descriptor: offset in the tables, count, entry size
	lpDeviceSize   = 0x10 // in a block device's entry, bytes
	lpDeviceName   = 0x18
)

// readSuper takes name and size of the device that super is from its own metadata.
func readSuper(h *head) (string, int64, bool) {
	b, err := flash.ReadFull(h.img, superMetadata, page)
	if err != nil || string(b[:4]) != "0PLA" {
		return "", 0, true
	}
	u32 := func(off int) int { return int(binary.LittleEndian.Uint32(b[off:])) }
	entry := u32(lpHeaderSize) + u32(lpBlockDevices)
	if u32(lpBlockDevices+4) < 1 || u32(lpHeaderSize) > page || entry < 0 || entry > page-64 {
		return "", 0, true
	}
	size := binary.LittleEndian.Uint64(b[entry+lpDeviceSize:])
	if size > 1<<50 {
		size = 0
	}
	return printable(b[entry+lpDeviceName : entry+lpDeviceName+36]), int64(size), true
}
