package lp

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
)

// Offsets in a super partition, and the limits of this package.
const (
	reserved     = 0x1000 // bytes before the geometry
	geometryRoom = 0x1000
	geometrySize = 52
	sector       = 512

	// A phone has 64 KiB of metadata and two or three slots.
	maxMetadata = 1 << 20
	maxSlots    = 16
)

var (
	geometryMagic = []byte("gDla")
	metadataMagic = []byte("0PLA")
)

// Geometry holds the sizes by which the metadata are found, in bytes.
type Geometry struct {
	MetadataMaxSize  int64 `json:"metadata_max_size"`
	Slots            int   `json:"slots"`
	LogicalBlockSize int64 `json:"logical_block_size"`
}

// Sniff reports whether img begins like a super partition or like a super_empty.img.
func Sniff(img flash.Image) bool {
	for _, off := range []int64{0, reserved, reserved + geometryRoom} {
		if b, err := flash.ReadFull(img, off, len(geometryMagic)); err == nil && bytes.Equal(b, geometryMagic) {
			return true
		}
	}
	return false
}

// readGeometry reads one copy of the geometry.
func readGeometry(img flash.Image, off int64) (Geometry, error) {
	b, err := flash.ReadFull(img, off, geometrySize)
	switch {
	case err != nil:
		return Geometry{}, broken(off, "the geometry cannot be read", err)
	case !bytes.Equal(b[:4], geometryMagic):
		return Geometry{}, broken(off, "no geometry", flash.ErrNotThis)
	}
	u32 := func(at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
	sum := bytes.Clone(b[0x08:0x28])
	clear(b[0x08:0x28])
	g := Geometry{int64(u32(0x28)), int(min(u32(0x2C), maxSlots+1)), int64(u32(0x30))}
	switch {
	case u32(4) != geometrySize:
		return g, broken(off+4, fmt.Sprintf("the geometry has %d bytes, not %d", u32(4), geometrySize), nil)
	case sha256.Sum256(b) != [sha256.Size]byte(sum):
		return g, broken(off+8, "the checksum of the geometry is wrong", nil)
	case g.MetadataMaxSize < headerSize || g.MetadataMaxSize > maxMetadata || g.MetadataMaxSize%sector != 0:
		return g, broken(off+0x28, fmt.Sprintf("a metadata size of 0x%x bytes is impossible", g.MetadataMaxSize), nil)
	case g.Slots < 1 || g.Slots > maxSlots:
		return g, broken(off+0x2C, fmt.Sprintf("%d slots are impossible", u32(0x2C)), nil)
	}
	return g, nil
}

func broken(off int64, text string, cause error) error {
	return &flash.FormatError{Format: "lp", Offset: off, Text: text, Err: cause}
}
