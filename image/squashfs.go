package image

import "github.com/mtkkit/mtkkit/flash"

// readSquashFS reads the superblock at 0; images are padded to 4096 bytes if there is
// room.
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

// tellSquashFS adds no free space, because a SquashFS is always full.
func tellSquashFS(i *Info) {
	const inodes, mkfsTime, block, compression = 0x04, 0x08, 0x0C, 0x14
	names := []string{1: "gzip", 2: "lzma", 3: "lzo", 4: "xz", 5: "lz4", 6: "zstd"}
	h := i.head
	i.add("files", "%d", h.u32(inodes))
	if n := int(h.u16(compression)); n > 0 && n < len(names) {
		i.add("compressed", "%s, blocks of %s", names[n], flash.Size(h.u32(block)))
	}
	i.made("made", h.u32(mkfsTime))
}
