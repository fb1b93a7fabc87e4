package image

import (
	"encoding/binary"

	"github.com/mtkkit/mtkkit/flash"
)

// UBI cuts NAND into physical erase blocks, each with a header at its start
// (Linux drivers/mtd/ubi/ubi-media.h, big-endian):
//
//	0x00 "UBI#"   0x10 u32 offset of the volume header   0x14 u32 offset of the data
//
//	volume header: "UBI!", 0x08 u32 volume, 0x0C u32 its block
//	table of volumes, the data of volume 0x7FFFEFFF: 172 bytes each
//	    0x00 u32 blocks   0x0C u8 type   0x0E u16 name length   0x10 name[128]
const (
	ubiVolumeHeader = 0x10
	ubiData         = 0x14
	ubiLayoutVolume = 0x7FFFEFFF
	ubiRecord       = 172
	ubiMaxVolumes   = 128

	// Limits of the search: the smallest and the largest erase block in bytes, and
	// their number.
	ubiSmallest, ubiLargest = 16 << 10, 4 << 20
	ubiMaxBlocks            = 1 << 16
)

// tellUBI adds the erase blocks and the volumes. UBI ends at the end of its last erase
// block.
func tellUBI(i *Info) {
	size := int64(ubiSmallest)
	for ; size <= ubiLargest && !isUBI(i.img, size); size *= 2 {
	}
	if size > ubiLargest {
		i.Known = "no second erase block was found, so the size of an erase block is not known"
		return
	}
	count, last := 0, int64(0)
	volumes := []byte(nil)
	for n := int64(0); n < min(i.Size/size, ubiMaxBlocks); n++ {
		if !isUBI(i.img, n*size) {
			continue
		}
		count, last = count+1, n
		if volumes == nil {
			volumes = ubiTable(i.img, n*size)
		}
	}
	i.add("erase block", "%s", flash.Size(size))
	i.add("erase blocks", "%d with a header", count)
	if (last+1)*size <= i.Size && i.Size/size <= ubiMaxBlocks {
		i.Length, i.Known = (last+1)*size, "its last erase block with a header ends there; blocks without a header may also belong to it"
	}
	for at := 0; at+ubiRecord <= len(volumes); at += ubiRecord {
		r := volumes[at:]
		blocks, n := binary.BigEndian.Uint32(r), binary.BigEndian.Uint16(r[14:])
		if blocks > 0 && n <= 127 {
			i.add("volume", "%s, %d erase blocks", printable(r[16:16+n]), blocks)
		}
	}
}

func isUBI(img flash.Image, at int64) bool {
	b, err := flash.ReadFull(img, at, 4)
	return err == nil && string(b) == "UBI#"
}

// ubiTable returns the table of volumes if the erase block at that offset contains it.
func ubiTable(img flash.Image, at int64) []byte {
	h, err := flash.ReadFull(img, at, 64)
	if err != nil {
		return nil
	}
	vid, data := int64(binary.BigEndian.Uint32(h[ubiVolumeHeader:])), int64(binary.BigEndian.Uint32(h[ubiData:]))
	v, err := flash.ReadFull(img, at+vid, 16)
	if err != nil || string(v[:4]) != "UBI!" || binary.BigEndian.Uint32(v[8:]) != ubiLayoutVolume {
		return nil
	}
	b, err := flash.ReadFull(img, at+data, ubiRecord*ubiMaxVolumes)
	if err != nil {
		return nil
	}
	return b
}

// readUBIFS reads the superblock node: 24 bytes of node header, of type 6, then its
// fields (Linux fs/ubifs/ubifs-media.h).
func readUBIFS(h *head) (string, int64, bool) {
	const nodeType, superblock, lebSize, lebCount = 0x14, 6, 0x24, 0x28
	if h.b[nodeType] != superblock {
		return "", 0, false
	}
	size, count := h.u32(lebSize), h.u32(lebCount)
	if !plausibleLEB(size) {
		return "", 0, true
	}
	return "", size * count, true
}

func plausibleLEB(n int64) bool { return n >= 8<<10 && n <= ubiLargest }

func tellUBIFS(i *Info) {
	const flags, minIO, lebSize, lebCount, maxLEBs, compression = 0x1C, 0x20, 0x24, 0x28, 0x2C, 0x54
	h := i.head
	i.add("erase blocks", "%d of %s, it may grow to %d", h.u32(lebCount), flash.Size(h.u32(lebSize)), h.u32(maxLEBs))
	i.add("smallest write", "%s", flash.Size(h.u32(minIO)))
	if names := []string{"none", "lzo", "zlib", "zstd"}; int(h.u16(compression)) < len(names) {
		i.add("compressed", "%s", names[h.u16(compression)])
	}
}
