package erofs

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
)

var le = binary.LittleEndian

const (
	superOffset = 0x400
	superSize   = 128
	magic       = 0xE0F5E1E2

	offChecksum     = 0x04
	offCompatible   = 0x08
	offBlockBits    = 0x0C
	offRoot         = 0x0E
	offInodes       = 0x10
	offBuildTime    = 0x18
	offBlocks       = 0x24
	offMetaBlock    = 0x28
	offUUID         = 0x30
	offLabel        = 0x40
	offIncompatible = 0x50
	offAlgorithms   = 0x54
	offDirBits      = 0x5A
	offPacked       = 0x60
)

// Features.
const (
	compatChecksum = 0x1

	incompatZeroPadding = 0x1  // compressed data are at the end of their blocks
	incompatConfigs     = 0x2  // the superblock lists algorithms
	incompatFragments   = 0x20 // there is a packed inode, or data are shared
	incompat48Bit       = 0x80
	incompatMetaBox     = 0x100
	incompatKnown       = 0x7F
)

// FS is a file system. It is a files.System.
type FS struct {
	files.Damage

	Label string
	UUID  string // as blkid prints it
	Built time.Time
	Size  int64 // bytes according to the superblock; the image may have fewer

	img          flash.Image
	bits         uint // log of the block size
	block        int64
	meta         int64 // offset of inode 0, bytes
	root, packed uint64
	incompatible uint32
	algorithms   uint16 // set of bits

	packedOnce sync.Once
	packedFile flash.Image
	packedErr  error
}

// Sniff reports whether an image begins with an EROFS.
func Sniff(img flash.Image) bool {
	b, err := flash.ReadFull(img, superOffset, 4)
	return err == nil && le.Uint32(b) == magic
}

// Read reads the superblock. The error is a *flash.FormatError; it wraps
// flash.ErrNotThis if there is none.
func Read(img flash.Image) (*FS, error) {
	f := &FS{img: img}
	b, err := flash.ReadFull(img, superOffset, superSize)
	if errors.Is(err, io.ErrUnexpectedEOF) || err == nil && le.Uint32(b) != magic {
		err = flash.ErrNotThis
	}
	if err != nil {
		return nil, f.fail(superOffset, "no EROFS superblock", err)
	}
	f.bits = uint(b[offBlockBits])
	if f.bits < 9 || f.bits > 16 {
		return nil, f.fail(superOffset+offBlockBits, fmt.Sprintf("blocks of 1<<%d bytes", f.bits), flash.ErrNotThis)
	}
	f.incompatible = le.Uint32(b[offIncompatible:])
	switch unknown := f.incompatible &^ incompatKnown; {
	case unknown&(incompat48Bit|incompatMetaBox) != 0:
		return nil, f.fail(superOffset+offIncompatible, "it has the 48-bit form of 2025, which is not supported", nil)
	case unknown != 0:
		return nil, f.fail(superOffset+offIncompatible, fmt.Sprintf("the features 0x%x are not known", unknown), nil)
	case b[offDirBits] != 0:
		return nil, f.fail(superOffset+offDirBits, "directory blocks are larger than blocks", nil)
	}
	f.parse(b)
	f.judge(b)
	return f, nil
}

func (f *FS) parse(b []byte) {
	f.block = 1 << f.bits
	f.root, f.packed = uint64(le.Uint16(b[offRoot:])), le.Uint64(b[offPacked:])
	f.meta = int64(le.Uint32(b[offMetaBlock:])) << f.bits
	f.Size = int64(le.Uint32(b[offBlocks:])) << f.bits
	f.algorithms = 1 // LZ4; early images have no list
	if f.incompatible&incompatConfigs != 0 {
		f.algorithms = le.Uint16(b[offAlgorithms:])
	}
	u := hex.EncodeToString(b[offUUID : offUUID+16])
	f.UUID = strings.Join([]string{u[:8], u[8:12], u[12:16], u[16:20], u[20:]}, "-")
	f.Label = text(b[offLabel : offLabel+16])
	if at := le.Uint64(b[offBuildTime:]); at != 0 && at < 1<<40 {
		f.Built = time.Unix(int64(at), 0).UTC()
	}
}

// judge reports why the files may be wrong.
func (f *FS) judge(b []byte) {
	if have := f.img.Size(); f.Size > have {
		f.Add(flash.Warning, "file system", have, "is cut: the image has 0x%x of its 0x%x bytes", have, f.Size)
	}
	if le.Uint32(b[offCompatible:])&compatChecksum == 0 {
		return
	}
	n := f.block // the checksum covers the block, from the superblock on
	if n > superOffset {
		n -= superOffset
	}
	all, err := flash.ReadFull(f.img, superOffset, int(n))
	if err != nil {
		return // the image is cut, which was already reported
	}
	clear(all[offChecksum : offChecksum+4])
	if ^crc32.Checksum(all, castagnoli) != le.Uint32(b[offChecksum:]) {
		f.Add(flash.Warning, "superblock", superOffset+offChecksum, "its checksum is wrong")
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (f *FS) fail(off int64, text string, cause error) error {
	return &flash.FormatError{Format: "erofs", Offset: off, Text: text, Err: cause}
}

// BlockSize returns the size of a block in bytes.
func (f *FS) BlockSize() int64 { return f.block }

// Root implements files.System.
func (f *FS) Root() uint64 { return f.root }

// text makes a printable name from a field.
func text(b []byte) string {
	b, _, _ = bytes.Cut(b, []byte{0})
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, string(b))
}
