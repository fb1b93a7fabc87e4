package image

// readEROFS reads the superblock at 0x400.
func readEROFS(h *head) (string, int64, bool) {
	const logBlock, blocks, volume = 0x40C, 0x424, 0x440
	log := int64(h.b[logBlock])
	if log < 9 || log > 16 {
		return "", 0, false
	}
	return h.text(volume, 16), shifted(uint64(h.u32(blocks)), log), true
}

// tellEROFS adds no free space, because an EROFS is always full.
func tellEROFS(i *Info) {
	const inodes, buildTime, features = 0x410, 0x418, 0x450
	h := i.head
	i.add("files", "%d", h.u64(inodes))
	if h.u32(features)&1 != 0 {
		i.add("compressed", "yes")
	}
	i.add("block", "%d bytes", 1<<h.b[0x40C])
	i.made("made", int64(min(h.u64(buildTime), 1<<40)))
}
