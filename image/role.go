package image

import (
	"bytes"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/image/ramdisk"
)

// maxRamdisk is the largest size to which a ramdisk is unpacked to look at its files,
// in bytes.
const maxRamdisk = 64 << 20

// BootRole tells by the ramdisk whether img is a recovery or a boot image: "recovery",
// "boot", or "" if the ramdisk cannot be read. Images of the MBR generation have the
// role in the section header of their ramdisk (RECOVERY or ROOTFS); in later ones a
// recovery contains the recovery program.
func BootRole(img flash.Image) string {
	img = boot.WithoutLoader(img)
	h := &head{img: img}
	n, _ := img.ReadAt(h.b[:min(img.Size(), headSize)], 0)
	if h.n = n; !h.has(0, "ANDROID!") {
		return ""
	}
	at, size := ramdiskOf(h)
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

// ramdiskOf returns the ramdisk's range from the header.
func ramdiskOf(h *head) (at, size int64) {
	if v := h.u32(bootVersion); v == 3 || v == 4 {
		return boot3Page + align(h.u32(bootKernelSize), boot3Page), h.u32(boot3RamdiskSize)
	}
	page := h.u32(bootPageSize)
	if !powerOfTwo(page) || page > 1<<20 {
		return 0, 0
	}
	return page + align(h.u32(bootKernelSize), page), h.u32(bootRamdiskSize)
}

// recoveryProgram lists the paths of the program that makes a ramdisk a recovery's.
var recoveryProgram = []string{"sbin/recovery", "system/bin/recovery"}

// firstStage is the folder with the files of the kernel's first program for the start
// of Android. Boot images that also contain the recovery (AOSP's
// BOARD_USES_RECOVERY_AS_BOOT) have it, and recovery images do not.
const firstStage = "first_stage_ramdisk"

// roleOfFiles tells whether a ramdisk is that of a recovery or of a boot image, "" if
// it cannot be read.
func roleOfFiles(rd flash.Image) string {
	switch recovery, android, ok := lookInside(rd); {
	case !ok:
		return "" // cut or not readable here: the missing part may contain the program
	case recovery && !android:
		return "recovery"
	}
	return "boot"
}

// lookInside looks in a ramdisk for the path of the recovery program, and reports
// whether the ramdisk also starts Android. It does not use the content of files,
// because the init of many boot images also contains the program's name.
func lookInside(rd flash.Image) (recovery, android, ok bool) {
	files, err := ramdisk.Read(rd, maxRamdisk)
	if err != nil || len(files.Entries()) == 0 {
		return false, false, false
	}
	for _, name := range recoveryProgram {
		e := files.Find(name)
		recovery = recovery || e != nil && e.Type() != ramdisk.Dir
	}
	return recovery, files.Find(firstStage) != nil, true
}
