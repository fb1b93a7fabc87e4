package image

import "strings"

// readPreloader reads the file's length from the GFH record at the start of a
// preloader.
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

// readBootRegion returns the name in the first block, which is the kind of memory that
// the BootROM reads it from.
func readBootRegion(h *head) (string, int64, bool) {
	return strings.TrimRight(h.text(0, 12), "!"), 0, true
}
