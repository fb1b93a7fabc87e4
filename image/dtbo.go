package image

import (
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/boot"
)

// readDTBO reads the table's size, big-endian. On signed phones MediaTek's certificates
// follow as sections.
func readDTBO(h *head) (string, int64, bool) {
	const headerSize = 32
	total := h.be32(4)
	if h.be32(8) != headerSize || total < headerSize {
		return "", 0, true
	}
	if end, ok := walk(h.img, align(total, sectionAlign), nil); ok {
		return "", end, true
	} else if end != 0 {
		return "", 0, true // impossible certificates
	}
	return "", total, true
}

// tellDTBO adds the number of trees and the certificates.
func tellDTBO(i *Info) {
	i.add("trees", "%d", i.head.be32(0x10))
	walk(i.img, align(i.head.be32(4), sectionAlign), i.section)
}

const treeMagic = "\xD0\x0D\xFE\xED"

// readDeviceTree reads a flattened tree, big-endian; the size is behind the magic.
func readDeviceTree(h *head) (string, int64, bool) {
	const smallest, tooBig = 40, 64 << 20
	n := h.be32(4)
	return "", n, n >= smallest && n <= tooBig
}

func tellDeviceTree(i *Info) {
	if trees, err := boot.ReadTrees(flash.Slice(i.img, flash.Extent{Length: i.head.be32(4)})); err == nil {
		tellTrees(i, trees)
	}
}
