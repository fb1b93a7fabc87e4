package image

import (
	"encoding/binary"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/boot"
)

// A kernel alone, as recovery unpack writes it and as device trees of TWRP contain it.
// A 32-bit ARM kernel (a zImage) has a magic at 0x24, its start at 0x28 and its end at
// 0x2C. An arm64 kernel (an Image) has only the memory size that it needs. Device trees
// may follow both. Source: Linux Documentation/arm/booting and arm64/booting.
const (
	zImageAt, zImageMagic = 0x24, "\x18\x28\x6F\x01"
	arm64At, arm64Magic   = 0x38, "ARM\x64"

	zImageStart, zImageEnd = 0x28, 0x2C

	// maxPacked is the largest compressed file that is looked into, in bytes: kernels
	// and ramdisks.
	maxPacked = 64 << 20
	maxTrees  = 64 // behind a kernel
)

// readZImage reads the kernel's end; trees that follow have their own sizes.
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

// treeLength returns the length of the device tree at off from its header; 0 if there
// is none.
func treeLength(img flash.Image, off int64) int64 {
	b, err := flash.ReadFull(img, off, 8)
	if err != nil || string(b[:4]) != treeMagic {
		return 0
	}
	return int64(binary.BigEndian.Uint32(b[4:]))
}

func tellBareKernel(i *Info) { tellKernel(i, i.img) }

// tellPacked looks into a compressed file: a ramdisk or a kernel.
func tellPacked(i *Info) {
	if i.Size > maxPacked {
		return
	}
	if recovery, _, ok := lookInside(i.img); ok {
		i.add("holds", "a ramdisk, %s", map[bool]string{true: "with the recovery program", false: "without a recovery program"}[recovery])
		return
	}
	if k, err := boot.ReadKernel(i.img); err == nil && k.Version != "" {
		i.add("holds", "a kernel")
		i.add("kernel version", "%s", k.Version)
		tellTrees(i, k.Trees)
	}
}
