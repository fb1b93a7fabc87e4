package image

import (
	"encoding/binary"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/boot"
)

// A kernel by itself, as recovery unpack writes it and device trees of TWRP carry it.
// 32-bit ARM (a zImage): 0x24 magic, 0x28 where it starts, 0x2C where it ends; arm64 (an
// Image) states only how much memory it takes. Device trees may follow either.
// Source: Linux Documentation/arm/booting and arm64/booting.
const (
	zImageAt, zImageMagic = 0x24, "\x18\x28\x6F\x01"
	arm64At, arm64Magic   = 0x38, "ARM\x64"

	zImageStart, zImageEnd = 0x28, 0x2C

	// maxPacked bounds the packed files that are looked into: kernels and ramdisks.
	maxPacked = 64 << 20
	maxTrees  = 64 // behind a kernel
)

// readZImage: the kernel states its end; trees that follow state theirs.
func readZImage(h *head) (string, int64, bool) {
	end := h.u32(zImageEnd) - h.u32(zImageStart)
	if end <= zImageEnd {
		return "", 0, true
	}
	for range maxTrees {
		tree := treeLength(h.img, end)
		if tree == 0 {
			break
		}
		end += tree
	}
	return "", end, true
}

// treeLength is the length of the device tree at off, by its header; 0 for none.
func treeLength(img flash.Image, off int64) int64 {
	b, err := flash.ReadFull(img, off, 8)
	if err != nil || string(b[:4]) != treeMagic {
		return 0
	}
	return int64(binary.BigEndian.Uint32(b[4:]))
}

func tellBareKernel(i *Info) { tellKernel(i, i.img) }

// tellPacked looks into what is packed by itself: a ramdisk, or a kernel.
func tellPacked(i *Info) {
	if i.Size > maxPacked {
		return
	}
	if recovery, _, ok := lookInside(i.img); ok {
		i.add("holds", "a ramdisk, %s", map[bool]string{true: "the recovery program in it", false: "no recovery program in it"}[recovery])
		return
	}
	if k, err := boot.ReadKernel(i.img); err == nil && k.Version != "" {
		i.add("holds", "a kernel")
		i.add("kernel version", "%s", k.Version)
		tellTrees(i, k.Trees)
	}
}
