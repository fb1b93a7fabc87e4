package image

// readExt4 reads the superblock at 0x400. Its magic has two bytes only, so the fields
// that limit each other must agree before it is accepted.
func readExt4(h *head) (string, int64, bool) {
	const (
		inodes, blocksLow      = 0x400, 0x404
		firstBlock, logBlock   = 0x414, 0x418
		inodesPerGroup         = 0x428
		revision, incompatible = 0x44C, 0x460
		volume, blocksHigh     = 0x478, 0x550
		feature64Bit           = 0x80
	)
	log, blocks := h.u32(logBlock), uint64(h.u32(blocksLow))
	if h.u32(incompatible)&feature64Bit != 0 {
		blocks |= uint64(h.u32(blocksHigh)) << 32
	}
	switch {
	case h.u32(inodes) == 0, blocks == 0, log > 6, h.u32(firstBlock) > 1, h.u32(revision) > 1:
		return "", 0, false
	case h.u32(inodesPerGroup) == 0, h.u32(inodesPerGroup) > 8*1024<<log: // one block of bits
		return "", 0, false
	}
	return h.text(volume, 16), shifted(blocks, 10+log), true
}

// tellExt4 adds which of the three file systems it is, how full it is, and where it was
// mounted.
func tellExt4(i *Info) {
	const (
		blocksLow, freeLow      = 0x404, 0x40C
		logBlock, writeTime     = 0x418, 0x430
		state                   = 0x43A
		compatible              = 0x45C
		incompatible, roCompat  = 0x460, 0x464
		lastMounted, mkfsTime   = 0x488, 0x508
		blocksHigh, freeHigh    = 0x550, 0x558
		hasJournal, sharesBlock = 0x4, 0x4000
		only4Incompatible       = 0x40 | 0x80 | 0x200 | 0x8000 // extents, 64bit, flex_bg, inline_data
		only4RO                 = 0x8 | 0x10 | 0x20 | 0x200 | 0x400
	)
	h := i.head
	wide := uint64(0)
	if h.u32(incompatible)&0x80 != 0 {
		wide = 1
	}
	log := 10 + h.u32(logBlock)
	blocks := uint64(h.u32(blocksLow)) | wide*uint64(h.u32(blocksHigh))<<32
	free := uint64(h.u32(freeLow)) | wide*uint64(h.u32(freeHigh))<<32
	switch {
	case h.u32(incompatible)&only4Incompatible != 0 || h.u32(roCompat)&only4RO != 0:
		i.add("type", "ext4")
	case h.u32(compatible)&hasJournal != 0:
		i.add("type", "ext3")
	default:
		i.add("type", "ext2")
	}
	i.use(shifted(blocks, log), shifted(free, log))
	i.add("last mounted on", "%s", h.text(lastMounted, 64))
	i.made("made", h.u32(mkfsTime))
	i.made("last written", h.u32(writeTime))
	if h.u16(state)&1 == 0 {
		i.add("state", "not cleanly unmounted")
	}
	if h.u32(roCompat)&sharesBlock != 0 {
		i.add("shared blocks", "yes: it can only be mounted read-only")
	}
}
