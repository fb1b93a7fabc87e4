package image

import (
	"bytes"
	"compress/gzip"
	"io"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/boot"
)

// maxRamdisk bounds how much of an unpacked ramdisk is searched, bytes.
const maxRamdisk = 64 << 20

// BootRole tells a recovery from a boot image by its ramdisk: "recovery", "boot", or
// "" when the ramdisk cannot be read. Images of the MBR era say it in the section
// header of their ramdisk (RECOVERY or ROOTFS); later ones hold the recovery program.
func BootRole(img flash.Image) string {
	img = boot.WithoutLoader(img)
	h := &head{img: img}
	n, _ := img.ReadAt(h.b[:min(img.Size(), headSize)], 0)
	if h.n = n; !h.has(0, "ANDROID!") {
		return ""
	}
	at, size := ramdisk(h)
	if size <= 0 || size > img.Size() || at > img.Size()-size {
		return ""
	}
	rd := flash.Slice(img, flash.Extent{Offset: at, Length: size})
	if s, ok := readSection(rd, 0); ok {
		switch name, _ := flash.ReadFull(rd, offSectionName, 8); string(bytes.TrimRight(name, "\x00\xff")) {
		case "RECOVERY":
			return "recovery"
		case "ROOTFS":
			return "boot"
		}
		rd = flash.Slice(rd, flash.Extent{Offset: s.header, Length: size})
	}
	return roleOfFiles(rd)
}

// ramdisk gives the ramdisk's place by the header.
func ramdisk(h *head) (at, size int64) {
	if v := h.u32(bootVersion); v == 3 || v == 4 {
		return boot3Page + align(h.u32(bootKernelSize), boot3Page), h.u32(boot3RamdiskSize)
	}
	page := h.u32(bootPageSize)
	if !powerOfTwo(page) || page > 1<<20 {
		return 0, 0
	}
	return page + align(h.u32(bootKernelSize), page), h.u32(bootRamdiskSize)
}

// roleOfFiles looks for the recovery program among the names of a gzip-compressed
// cpio archive.
func roleOfFiles(rd flash.Image) string {
	z, err := gzip.NewReader(io.NewSectionReader(rd, 0, rd.Size()))
	if err != nil {
		return ""
	}
	const overlap = 32
	buf, kept, role := make([]byte, 256<<10), 0, ""
	for total := 0; total < maxRamdisk; {
		n, err := z.Read(buf[kept:])
		if total == 0 && bytes.HasPrefix(buf, []byte("070701")) {
			role = "boot" // an archive at least, unless the program turns up
		}
		seen := buf[:kept+n]
		for _, name := range []string{"sbin/recovery\x00", "system/bin/recovery\x00"} {
			if bytes.Contains(seen, []byte(name)) {
				return "recovery"
			}
		}
		total += n
		kept = copy(buf, seen[max(len(seen)-overlap, 0):])
		if err != nil {
			if err != io.EOF {
				return "" // cut: the rest may have held it
			}
			break
		}
	}
	return role
}
