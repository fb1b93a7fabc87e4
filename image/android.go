package image

import "strings"

// Field offsets of an Android boot image, versions 0 to 2 (AOSP bootimg.h). Vendors
// used the version word of version 0 for the size of a device tree.
const (
	bootKernelSize  = 0x08
	bootRamdiskSize = 0x10
	bootSecondSize  = 0x18
	bootPageSize    = 0x24
	bootVersion     = 0x28
	bootName        = 0x30
	bootDTBOSize    = 0x660
	bootDTBSize     = 0x670

	boot3RamdiskSize   = 0x0C
	boot4SignatureSize = 0x62C
	boot3Page          = 4096
)

// smallestDTB is the size of a device tree's header; less in the version word is
// neither a version we know nor the size of a tree.
const smallestDTB = 40

func readBoot(h *head) (string, int64, bool) {
	version := h.u32(bootVersion)
	if version == 3 || version == 4 {
		parts := []int64{h.u32(bootKernelSize), h.u32(boot3RamdiskSize)}
		if version == 4 {
			parts = append(parts, h.u32(boot4SignatureSize))
		}
		return "", paged(boot3Page, boot3Page, parts...), true
	}
	name := h.text(bootName, 16)
	if h.u32(bootKernelSize) == 0 || version > 4 && version < smallestDTB {
		return name, 0, true
	}
	parts := []int64{h.u32(bootKernelSize), h.u32(bootRamdiskSize), h.u32(bootSecondSize)}
	switch {
	case version > 4:
		parts = append(parts, version)
	case version == 2:
		parts = append(parts, h.u32(bootDTBOSize), h.u32(bootDTBSize))
	case version == 1:
		parts = append(parts, h.u32(bootDTBOSize))
	}
	size := h.u32(bootPageSize)
	return name, paged(size, size, parts...), true
}

// paged adds up a header and parts that each fill whole pages; 0 when the page size
// is none.
func paged(page, header int64, parts ...int64) int64 {
	if !powerOfTwo(page) || page < 512 || page > 1<<20 {
		return 0
	}
	length := align(header, page)
	for _, n := range parts {
		length += align(n, page)
	}
	return length
}

// Field offsets of a vendor boot image, versions 3 and 4.
const (
	vendorVersion     = 0x08
	vendorPage        = 0x0C
	vendorRamdiskSize = 0x18
	vendorName        = 0x820
	vendorHeaderSize  = 0x830
	vendorDTBSize     = 0x834
	vendor4TableSize  = 0x840
	vendor4ConfigSize = 0x84C

	vendor3Bytes      = 2112
	vendor3BytesWrong = 2108 // what mkbootimg of Android 11 writes for 2112
	vendor4Bytes      = 2128
)

func readVendorBoot(h *head) (string, int64, bool) {
	name := h.text(vendorName, 16)
	parts := []int64{h.u32(vendorRamdiskSize), h.u32(vendorDTBSize)}
	header := h.u32(vendorHeaderSize)
	switch version := h.u32(vendorVersion); {
	case version == 3 && (header == vendor3Bytes || header == vendor3BytesWrong):
	case version == 4 && header == vendor4Bytes:
		parts = append(parts, h.u32(vendor4TableSize), h.u32(vendor4ConfigSize))
	default:
		return name, 0, true
	}
	return name, paged(h.u32(vendorPage), header, parts...), true
}

// readVBMeta: a header of 256 bytes, then the authentication and the auxiliary block,
// big-endian. The label is the release of the tool that made it.
func readVBMeta(h *head) (string, int64, bool) {
	const headerSize, tooBig = 256, 1 << 20
	label := h.text(0x80, 48)
	auth, aux := h.be64(0x0C), h.be64(0x14)
	if auth > tooBig || aux > tooBig {
		return label, 0, true
	}
	return label, headerSize + int64(auth+aux), true
}

// readDTBO: the table states its size, big-endian; on signed phones MediaTek's
// certificates follow as sections.
func readDTBO(h *head) (string, int64, bool) {
	const headerSize = 32
	total := h.be32(4)
	if h.be32(8) != headerSize || total < headerSize {
		return "", 0, true
	}
	if end, ok := walk(h.img, align(total, sectionAlign)); ok {
		return "", end, true
	} else if end != 0 {
		return "", 0, true // certificates that make no sense
	}
	return "", total, true
}

// readPreloader: the GFH record that opens a preloader states the file's length.
func readPreloader(h *head) (string, int64, bool) {
	const (
		recordSize, recordType = 0x04, 0x06
		name                   = 0x08
		fileLen, contentOffset = 0x20, 0x28
		fileInfoSize           = 0x38
	)
	if h.u16(recordSize) != fileInfoSize || h.u16(recordType) != 0 || !h.has(name, "FILE_INFO") {
		return "", 0, false
	}
	if c := h.u32(contentOffset); c < fileInfoSize || c > h.u32(fileLen) {
		return "", 0, true
	}
	return "", h.u32(fileLen), true
}

// readBootRegion: the name in the first block is the kind of memory the BootROM reads
// it from.
func readBootRegion(h *head) (string, int64, bool) {
	return strings.TrimRight(h.text(0, 12), "!"), 0, true
}
