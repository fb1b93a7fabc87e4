package boot

import (
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
)

// Magic words at offset 0.
const (
	magic       = "ANDROID!"
	vendorMagic = "VNDRBOOT"
)

// field is the range of one field in a header: offset and length in bytes.
type field struct{ off, size int }

// partField is a part and the offset of its size, a u32.
type partField struct {
	name string
	size field
}

// layout holds the offsets of the fields in one kind of header. A field of size 0 does
// not exist.
type layout struct {
	bytes   int64 // of the header itself
	page    int64 // fixed page size in bytes, 0 if the header states one at pageAt
	pageAt  field
	version field
	parts   []partField // in the order of the file

	osVersion, board, id                                   field
	cmdline, moreCmdline                                   field
	kernelAddr, ramdiskAddr, secondAddr, tagsAddr, dtbAddr field
	headerSize, dtboOffset, tableEntries, tableEntrySize   field
}

// old returns the header layout of versions 0 to 2; each version adds fields.
func old(version int64, deviceTree bool) *layout {
	l := &layout{
		bytes:  0x660,
		pageAt: field{0x24, 4}, version: field{0x28, 4},
		parts: []partField{{Kernel, field{0x08, 4}}, {Ramdisk, field{0x10, 4}}, {Second, field{0x18, 4}}},

		osVersion: field{0x2C, 4}, board: field{0x30, 16}, id: field{0x240, 32},
		cmdline: field{0x40, 512}, moreCmdline: field{0x260, 1024},
		kernelAddr: field{0x0C, 4}, ramdiskAddr: field{0x14, 4}, secondAddr: field{0x1C, 4}, tagsAddr: field{0x20, 4},
	}
	if deviceTree {
		l.version = field{}
		l.parts = append(l.parts, partField{DT, field{0x28, 4}})
	}
	if version >= 1 {
		l.bytes, l.headerSize, l.dtboOffset = 0x670, field{0x66C, 4}, field{0x664, 8}
		l.parts = append(l.parts, partField{RecoveryDTBO, field{0x660, 4}})
	}
	if version == 2 {
		l.bytes, l.dtbAddr = 0x67C, field{0x674, 8}
		l.parts = append(l.parts, partField{DTB, field{0x670, 4}})
	}
	return l
}

// generic returns the header layout of versions 3 and 4, which is the same on all
// phones.
func generic(version int64) *layout {
	l := &layout{
		bytes: 0x62C, page: 4096, version: field{0x28, 4}, headerSize: field{0x14, 4},
		parts:     []partField{{Kernel, field{0x08, 4}}, {Ramdisk, field{0x0C, 4}}},
		osVersion: field{0x10, 4}, cmdline: field{0x2C, 1536},
	}
	if version == 4 {
		l.bytes = 0x630
		l.parts = append(l.parts, partField{Signature, field{0x62C, 4}})
	}
	return l
}

// vendor returns the header layout of a vendor_boot.
func vendor(version int64) *layout {
	l := &layout{
		bytes: 2112, pageAt: field{0x0C, 4}, version: field{0x08, 4}, headerSize: field{0x830, 4},
		parts:   []partField{{Ramdisk, field{0x18, 4}}, {DTB, field{0x834, 4}}},
		cmdline: field{0x1C, 2048}, board: field{0x820, 16},
		kernelAddr: field{0x10, 4}, ramdiskAddr: field{0x14, 4}, tagsAddr: field{0x81C, 4}, dtbAddr: field{0x838, 8},
	}
	if version == 4 {
		l.bytes = 2128
		l.parts = append(l.parts, partField{RamdiskTable, field{0x840, 4}}, partField{Bootconfig, field{0x84C, 4}})
		l.tableEntries, l.tableEntrySize = field{0x844, 4}, field{0x848, 4}
	}
	return l
}

// smallestDTB is the size of a device tree's header in bytes. A smaller number in the
// version word is not the size of a tree; it is then an unknown version.
const smallestDTB = 40

// choose returns the layout of the header that begins with head, which has at least
// 0x40 bytes, and its version.
func choose(head []byte) (*layout, int, error) {
	if string(head[:8]) == vendorMagic {
		v := get(head, field{0x08, 4})
		if v != 3 && v != 4 {
			return nil, 0, wrong(0x08, "header version %d of a vendor_boot is not known", v)
		}
		return vendor(v), int(v), nil
	}
	switch v := get(head, field{0x28, 4}); {
	case v <= 2:
		return old(v, false), int(v), nil
	case v <= 4:
		return generic(v), int(v), nil
	case v >= smallestDTB:
		return old(0, true), 0, nil
	default:
		return nil, 0, wrong(0x28, "header version %d is not known", v)
	}
}

// pageSize returns the page size in bytes.
func (l *layout) pageSize(head []byte) (int64, error) {
	if l.page != 0 {
		return l.page, nil
	}
	const most = 1 << 20
	n := get(head, l.pageAt)
	if n < 512 || n > most || n&(n-1) != 0 {
		return 0, wrong(int64(l.pageAt.off), "page size %d is not a power of two between 512 and %d", n, most)
	}
	return n, nil
}

func wrong(off int64, format string, a ...any) error {
	return &flash.FormatError{Format: "boot", Offset: off, Text: fmt.Sprintf(format, a...)}
}
