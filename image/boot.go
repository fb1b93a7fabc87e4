package image

import (
	"cmp"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/boot"
)

// Offsets of the fields of an Android boot image, versions 0 to 2 (AOSP bootimg.h).
// Some vendors used the version word of version 0 for the size of a device tree.
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

// smallestDTB is the size of a device tree's header in bytes. A smaller number in the
// version word is not the size of a tree; it is then an unknown version.
const smallestDTB = 40

func readBoot(h *head) (string, int64, bool) {
	if b, err := boot.Read(h.img); err == nil && b.Loader != nil {
		return printable([]byte(b.Facts().Board)), b.Length, true
	}
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

// paged adds a header and parts that each fill whole pages, in bytes; 0 if the page
// size is impossible.
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

// Offsets of the fields of a vendor boot image, versions 3 and 4.
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
	vendor3BytesWrong = 2108 // mkbootimg of Android 11 writes this instead of 2112
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

// tellBoot adds facts of the header and of the kernel.
func tellBoot(i *Info) {
	b, err := boot.Read(i.img)
	if err != nil {
		i.failed(err)
		return
	}
	i.Problems = append(i.Problems, b.Problems...)
	f := b.Facts()
	i.add("version", "%d, pages of %d bytes", b.Version, b.Page)
	i.add("OS version", "%s", f.OSVersion)
	i.add("patch level", "%s", f.PatchLevel)
	i.add("holds", "%s", BootRole(i.img))
	for _, p := range b.Parts {
		section := ""
		if p.Section != nil {
			section = ", behind a MediaTek header " + printable([]byte(p.Section.Name))
		}
		i.add(p.Name, "%s at 0x%x%s", flash.Size(p.Length), p.Offset, section)
		switch p.Name {
		case boot.Kernel:
			tellKernel(i, p.Payload())
		case boot.DTB, boot.DT:
			if trees, err := boot.ReadTrees(p.Bytes()); err == nil {
				tellTrees(i, trees)
			}
		}
	}
	i.add("command line", "%s", f.Cmdline)
}

// tellKernel adds the version inside a kernel, compressed or not.
func tellKernel(i *Info, payload flash.Image) {
	k, err := boot.ReadKernel(payload)
	if err != nil {
		i.failed(err)
		return
	}
	i.add("kernel version", "%s", cmp.Or(k.Version, "not found"))
	tellTrees(i, k.Trees)
}

func tellTrees(i *Info, trees []boot.DeviceTree) {
	for _, t := range trees {
		i.add("device tree", "%s", printable([]byte(strings.Join(t.Compatible, " "))))
	}
}
