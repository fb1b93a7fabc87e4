package image

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/slot"
)

// The kinds that only FindShipped knows.
const (
	Zip   Kind = "zip archive"
	Bzip2 Kind = "bzip2 data"
)

// Shipped is a file that lies at the start of a partition as it comes in a firmware package: folded
// or packed. A phone cannot use it there; it needs the bytes that the file stands for.
type Shipped struct {
	Kind Kind
	Size int64 // of the image in an Android sparse file, bytes; 0 for packed files
}

// shippedHead is the number of bytes that FindShipped reads at most.
const shippedHead = 64

// FindShipped checks whether a partition begins with an Android sparse file or a packed file. Name
// is the canonical name of the partition, length its length in the table in bytes; img has the
// bytes at hand, which may be fewer. A packed file is only reported in a partition whose name says
// that it contains something else: other partitions have content of their makers' choice.
func FindShipped(name string, length int64, img flash.Image) (s Shipped, ok bool) {
	b, err := flash.ReadFull(img, 0, int(min(img.Size(), shippedHead)))
	if err != nil {
		return s, false
	}
	if size, ok := sparseAtRest(b, length); ok {
		return Shipped{Kind: SparseAndroid, Size: size}, true
	}
	base, _ := slot.Cut(name)
	if _, known := promises[base]; !known {
		return s, false
	}
	i := slices.IndexFunc(packedHeads, func(p packedHead) bool { return p.is(b) })
	if i < 0 {
		return s, false
	}
	return Shipped{Kind: packedHeads[i].kind}, true
}

// sparseAtRest checks the header of an Android sparse file and that of its first chunk, and returns
// the size of the image in bytes, which is at most limit.
func sparseAtRest(b []byte, limit int64) (size int64, ok bool) {
	if len(b) < sparseHeader+chunkHeader || binary.LittleEndian.Uint32(b) != sparseMagic {
		return 0, false
	}
	u16 := func(off int64) int64 { return int64(binary.LittleEndian.Uint16(b[off:])) }
	u32 := func(off int64) int64 { return int64(binary.LittleEndian.Uint32(b[off:])) }
	head, chunk, block, blocks := u16(offSparseHeader), u16(offSparseChunk), u32(offSparseBlock), u32(offSparseBlocks)
	switch {
	case u16(offSparseMajor) != 1 || head < sparseHeader || chunk < chunkHeader || max(head, chunk) > maxSparseHeader:
		return 0, false
	case block == 0 || block%4 != 0 || blocks == 0 || u32(offSparseChunks) == 0 || blocks > math.MaxInt64/block || blocks*block > limit:
		return 0, false
	case head+chunkHeader > int64(len(b)): // of a later version: its chunks are not looked at
		return blocks * block, true
	}
	c := chunkFields{
		kind: uint16(u16(head + offChunkType)), bytes: u32(head+offChunkBlocks) * block,
		data: u32(head+offChunkBytes) - chunk,
	}
	return blocks * block, c.wrong(blocks*block) == ""
}

// packedHead is the start of a packed file. Its checks need more than the magic, which two to four
// bytes of other data may equal.
type packedHead struct {
	kind Kind
	is   func(b []byte) bool
}

var packedHeads = []packedHead{
	{Gzip, func(b []byte) bool { // method deflate, no reserved flag, compression and system of known values
		return begins(b, "\x1F\x8B\x08", 18) && b[3]&0xE0 == 0 && (b[8] == 0 || b[8] == 2 || b[8] == 4) && (b[9] <= 13 || b[9] == 255)
	}},
	{LZ4, func(b []byte) bool { // version 1, no reserved bit, a block size of 64 KiB to 4 MiB
		return begins(b, "\x04\x22\x4D\x18", 7) && b[4]&0xC2 == 0x40 && b[5]&0x8F == 0 && b[5] >= 0x40
	}},
	{XZ, func(b []byte) bool { // the checksum of the stream's flags
		return begins(b, "\xFD7zXZ\x00\x00", 12) && binary.LittleEndian.Uint32(b[8:]) == crc32.ChecksumIEEE(b[6:8])
	}},
	{Zstd, func(b []byte) bool { // no reserved bit in the header of the frame
		return begins(b, "\x28\xB5\x2F\xFD", 9) && b[4]&0x08 == 0
	}},
	{Zip, func(b []byte) bool { // needs a version up to 6.3; stored or deflated, with a name
		return begins(b, "PK\x03\x04", 30) && binary.LittleEndian.Uint16(b[4:]) <= 63 &&
			(b[8] == 0 || b[8] == 8) && b[9] == 0 && binary.LittleEndian.Uint16(b[26:]) > 0
	}},
	{Bzip2, func(b []byte) bool { // the magic of the first block
		return begins(b, "BZh", 10) && b[3] >= '1' && b[3] <= '9' && string(b[4:10]) == "1AY&SY"
	}},
}

// begins reports whether b begins with a magic and has n bytes.
func begins(b []byte, magic string, n int) bool {
	return len(b) >= n && bytes.HasPrefix(b, []byte(magic))
}
