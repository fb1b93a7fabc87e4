package image

import "fmt"

// readMBR accepts a table sector, MBR or EBR: the status is 0 or 0x80 in all four
// entries, at least one is used, and none is the protective entry of a GPT.
func readMBR(h *head) (string, int64, bool) {
	used := false
	for at := 0x1BE; at < 0x1FE; at += 16 {
		kind := h.b[at+4]
		if h.b[at]&^0x80 != 0 || kind == 0xEE {
			return "", 0, false
		}
		used = used || kind != 0
	}
	return "", 0, used
}

// tellMBR adds the used rows, in sectors of 512 bytes.
func tellMBR(i *Info) {
	h := i.head
	for n := range 4 {
		at := 0x1BE + 16*n
		if h.b[at+4] != 0 {
			i.add(fmt.Sprintf("row %d", n), "type 0x%02x, sector 0x%x, 0x%x sectors", h.b[at+4], h.u32(at+8), h.u32(at+12))
		}
	}
}

// tellGPT adds only the header; package gpt reads the table.
func tellGPT(i *Info) {
	for _, at := range []int{0, 0x200, 0x1000} {
		if h := i.head; h.has(at, "EFI PART") {
			i.add("header", "at 0x%x, sector %d of the flash", at, h.u64(at+0x18))
			i.add("rows", "%d of %d bytes", h.u32(at+0x50), h.u32(at+0x54))
			return
		}
	}
}
