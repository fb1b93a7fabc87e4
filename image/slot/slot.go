// Package slot finds out from which of its two slots a phone starts. It reads the boot
// control block in the partition misc, or para on older phones, and writes nothing.
//
//	misc + 0x800, AOSP                             the same place, libavb_ab
//	+0  suffix "_a\0\0" or "_b\0\0"                +0  "\0AB0"
//	+4  u32 magic "BCAB"                           +4  u8 major version, u8 minor
//	+8  u8 version 1, u8 slots (low 3 bits)        +8  2 × u8 priority, tries left, started, 0
//	+12 4 × u16: priority (4 bits), tries          +28 u32 CRC-32 of all before, big-endian
//	    left (3), started well (1), corrupt (1)
//	+28 u32 CRC-32 of all before, little-endian
//
// The slot with the higher priority starts, the first one if both are equal. The boot
// loader decides which of the two forms a phone has.
//
// Sources: AOSP bootable/recovery/bootloader_message.h, hardware/interfaces boot
// libboot_control, and external/avb libavb_ab/avb_ab_flow.h.
package slot

import (
	"encoding/binary"
	"hash/crc32"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

const (
	offset = 0x800
	size   = 32
	offCRC = 28

	offMagic = 4
	offSlots = 12
	avbSlots = 8
)

// Active returns "a" or "b", the slot from which the phone starts according to misc. It
// returns "" if there is no boot control block, or if its checksum is wrong.
func Active(misc flash.Image) string {
	b, err := flash.ReadFull(misc, offset, size)
	if err != nil {
		return ""
	}
	sum := crc32.ChecksumIEEE(b[:offCRC])
	var rank [2]int
	switch {
	case string(b[offMagic:offMagic+4]) == "BCAB" && binary.LittleEndian.Uint32(b[offCRC:]) == sum:
		for i := range rank {
			rank[i] = bootable(int(b[offSlots+2*i])&0xF, int(b[offSlots+2*i])>>4&7, int(b[offSlots+2*i])>>7)
		}
	case string(b[:4]) == "\x00AB0" && binary.BigEndian.Uint32(b[offCRC:]) == sum:
		for i := range rank {
			s := b[avbSlots+4*i:]
			rank[i] = bootable(int(s[0]), int(s[1]), int(s[2]))
		}
	default:
		return ""
	}
	switch {
	case rank[0] == 0 && rank[1] == 0:
		return ""
	case rank[1] > rank[0]:
		return "b"
	}
	return "a"
}

// bootable returns the priority of a slot, 0 if the boot loader would not try it.
func bootable(priority, tries, started int) int {
	if tries == 0 && started == 0 {
		return 0
	}
	return priority
}

// Cut separates the slot from a partition's name: boot_a is boot in slot a. A name
// without a slot is returned unchanged, with slot "".
func Cut(name string) (base, slot string) {
	for _, slot := range []string{"a", "b"} {
		if base, ok := strings.CutSuffix(name, "_"+slot); ok && base != "" {
			return base, slot
		}
	}
	return name, ""
}
