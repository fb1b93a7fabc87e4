package image

import (
	"encoding/binary"

	"github.com/mtkkit/mtkkit/flash"
)

// maxLogos limits the table of a logo; phones have some 60 pictures.
const maxLogos = 4096

// tellLogo reads the payload of a logo: u32 count, u32 total size, u32 offset of each
// picture. Each picture is a zlib stream of pixels, without width or height.
func tellLogo(i *Info, payload flash.Image) {
	b, err := flash.ReadFull(payload, 0, 8)
	if err != nil {
		i.failed(err)
		return
	}
	count, total := binary.LittleEndian.Uint32(b), int64(binary.LittleEndian.Uint32(b[4:]))
	switch {
	case count == 0 || count > maxLogos:
		i.add("holds", "no table of pictures")
		return
	case total != payload.Size():
		i.problem(flash.Note, flash.NoOffset, "the table of pictures states 0x%x bytes, but the section has 0x%x", total, payload.Size())
	}
	b, err = flash.ReadFull(payload, 8, 4*int(count))
	if err != nil {
		i.failed(err)
		return
	}
	packed := 0
	for n := range int(count) {
		at := int64(binary.LittleEndian.Uint32(b[4*n:]))
		if head, err := flash.ReadFull(payload, at, 2); err == nil && head[0] == 0x78 && binary.BigEndian.Uint16(head)%31 == 0 { // RFC 1950
			packed++
		}
	}
	i.add("holds", "%d pictures, %d of them zlib streams", count, packed)
}
