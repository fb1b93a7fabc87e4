package image

import (
	"encoding/binary"
	"unicode/utf16"

	"github.com/mtkkit/mtkkit/flash"
)

// readF2FS reads the superblock at 0x400; its name is UTF-16.
func readF2FS(h *head) (string, int64, bool) {
	const logBlock, blocks, volume, volumeSize = 0x410, 0x424, 0x47C, 64
	if log := h.u32(logBlock); log < 9 || log > 16 {
		return "", 0, false
	}
	units := make([]uint16, volumeSize)
	for i := range units {
		units[i] = h.u16(volume + 2*i)
	}
	return printable([]byte(string(utf16.Decode(units)))), shifted(h.u64(blocks), h.u32(logBlock)), true
}

// tellF2FS adds how full it is, from the newer of the two checkpoints.
func tellF2FS(i *Info) {
	const (
		logBlock, logSegment = 0x410, 0x414
		checkpoint           = 0x44C
		used, valid          = 8, 16 // in a checkpoint, behind its version
	)
	h := i.head
	log := h.u32(logBlock)
	var newest, total, taken uint64
	for n := range int64(2) {
		at := (h.u32(checkpoint) + n<<min(h.u32(logSegment), 20)) << log
		b, err := flash.ReadFull(i.img, at, 24)
		if err != nil {
			continue
		}
		le := binary.LittleEndian
		if v := le.Uint64(b); v > newest && le.Uint64(b[valid:]) <= le.Uint64(b[used:]) {
			newest, total, taken = v, le.Uint64(b[used:]), le.Uint64(b[valid:])
		}
	}
	if newest > 0 {
		i.use(shifted(total, log), shifted(total-taken, log))
	}
}
