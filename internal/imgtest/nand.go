package imgtest

import (
	"bytes"
	"encoding/binary"
)

// NANDSpec describes the boot header of a NAND chip and its form.
type NANDSpec struct {
	Page, Spare, PagesPerBlock, Blocks int
	Long                               bool   // the form with 14 zero bytes behind the address cycles
	Version                            string // "" means V006
}

// NANDBoot makes the boot region of a NAND chip: the boot header, the boot layout on
// page 1 and the preloader file on page 2, up to the file's end.
func NANDBoot(s NANDSpec, file []byte) []byte {
	le := binary.LittleEndian
	h := make([]byte, 0x80)
	version := s.Version
	if version == "" {
		version = "V006"
	}
	copy(h, "BOOTLOADER!\x00"+version)
	copy(h[0x10:], "NFIINFO\x00")
	le.PutUint16(h[0x1A:], uint16(s.Page))
	le.PutUint16(h[0x1C:], 5)
	at := 0x1E
	if s.Long {
		at, h = 0x2C, append(h, make([]byte, 0x80)...)
	}
	for i, v := range []int{s.Spare, s.PagesPerBlock, s.Blocks} {
		le.PutUint16(h[at+2*i:], uint16(v))
	}
	out := make([]byte, 2*s.Page, 2*s.Page+len(file))
	copy(out, bytes.Repeat(h, min(4, s.Page/len(h))))
	end := uint32(2 + (len(file)+s.Page-1)/s.Page)
	layout := append([]byte("BRLYT\x00\x00\x00"), make([]byte, 0x30)...)
	for i, v := range []uint32{1, 2, end, 0x42424242, 0x00010002, 2, end, 1} {
		le.PutUint32(layout[8+4*i:], v)
	}
	copy(out[s.Page:], layout)
	return append(out, file...)
}

// WithSpare adds spare bytes of noise behind each page of data, with a good block's
// marker first. Behind an erased page they are erased.
func WithSpare(data []byte, page, spare int) []byte {
	out := make([]byte, 0, len(data)/page*(page+spare))
	for at := 0; at+page <= len(data); at += page {
		p := data[at : at+page]
		s := bytes.Repeat([]byte{0xFF}, spare)
		if len(bytes.Trim(p, "\xFF")) > 0 {
			copy(s[spare/2:], Noise(string(rune(at)), spare/2))
		}
		out = append(append(out, p...), s...)
	}
	return out
}
