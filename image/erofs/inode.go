package erofs

import (
	"fmt"
	"io/fs"
	"math"
	"time"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
)

// Offsets of the fields of an inode; from size on they differ in the extended form.
const (
	offFormat     = 0x00
	offAttributes = 0x02 // number of 4-byte units of attributes, plus one for their header
	offMode       = 0x04
	offLinks      = 0x06
	offSize       = 0x08
	offData       = 0x10 // start block, device, chunk format or number of compressed blocks
	offUID        = 0x18
	offGID        = 0x1A
	compactSize   = 32

	offExtUID    = 0x18
	offExtGID    = 0x1C
	offExtTime   = 0x20
	offExtNano   = 0x28
	offExtLinks  = 0x2C
	extendedSize = 64

	slotSize         = 32 // unit of inode numbers, bytes
	attributesHeader = 12
)

// layout is the way in which an inode's data are stored.
type layout int

const (
	flatPlain layout = iota
	compressedFull
	flatInline
	compressedCompact
	chunkBased
)

// inode holds the fields that files.Inode does not have.
type inode struct {
	layout layout
	data   uint32
	at     int64 // its offset in the image
	end    int64 // end of its attributes
}

func sysOf(n *files.Inode) *inode { return n.Sys.(*inode) }

// Inode implements files.System.
func (f *FS) Inode(num uint64) (*files.Inode, error) {
	if num > uint64(f.img.Size())/slotSize {
		return nil, f.fail(flash.NoOffset, fmt.Sprintf("inode %d is behind the end of the image", num), nil)
	}
	at := f.meta + int64(num)*slotSize
	b, err := flash.ReadFull(f.img, at, compactSize)
	if err != nil {
		return nil, f.fail(at, fmt.Sprintf("inode %d", num), err)
	}
	format := le.Uint16(b[offFormat:])
	own := &inode{layout: layout(format >> 1 & 7), data: le.Uint32(b[offData:]), at: at, end: at + compactSize}
	if own.layout > chunkBased || format>>4 != 0 {
		return nil, f.fail(at, fmt.Sprintf("inode %d has the unknown format 0x%x", num, format), nil)
	}
	n := &files.Inode{
		Num: num, Mode: fileMode(le.Uint16(b[offMode:])), Sys: own, ModTime: f.Built,
		Size: int64(le.Uint32(b[offSize:])), Links: uint32(le.Uint16(b[offLinks:])),
		UID: uint32(le.Uint16(b[offUID:])), GID: uint32(le.Uint16(b[offGID:])),
	}
	if format&1 != 0 {
		if err := f.extended(n, own); err != nil {
			return nil, err
		}
	}
	if units := int64(le.Uint16(b[offAttributes:])); units > 0 {
		own.end += attributesHeader + 4*(units-1)
	}
	if n.Mode&fs.ModeIrregular != 0 {
		return nil, f.fail(at, fmt.Sprintf("inode %d is not in use", num), nil)
	}
	if n.Mode&fs.ModeDevice != 0 {
		v := own.data
		n.Major, n.Minor = v>>8&0xFFF, v&0xFF|v>>12&0xFFF00
	}
	return n, nil
}

// extended reads the second half of the extended form.
func (f *FS) extended(n *files.Inode, own *inode) error {
	b, err := flash.ReadFull(f.img, own.at, extendedSize)
	if err != nil {
		return f.fail(own.at, fmt.Sprintf("inode %d", n.Num), err)
	}
	own.end = own.at + extendedSize
	size := le.Uint64(b[offSize:])
	if size > math.MaxInt64/2 {
		return f.fail(own.at+offSize, fmt.Sprintf("inode %d is larger than any file", n.Num), nil)
	}
	n.Size, n.Links = int64(size), le.Uint32(b[offExtLinks:])
	n.UID, n.GID = le.Uint32(b[offExtUID:]), le.Uint32(b[offExtGID:])
	if sec := le.Uint64(b[offExtTime:]); sec < 1<<40 {
		n.ModTime = time.Unix(int64(sec), int64(le.Uint32(b[offExtNano:]))).UTC()
	}
	return nil
}

// fileMode turns the mode of an inode into a mode of Go.
func fileMode(m uint16) fs.FileMode {
	mode := fs.FileMode(m & 0o777)
	for bit, is := range map[uint16]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky} {
		if m&bit != 0 {
			mode |= is
		}
	}
	return mode | fileTypes[m>>12]
}

// fileTypes has the types by the high bits of a mode.
var fileTypes = [16]fs.FileMode{
	fs.ModeIrregular, fs.ModeNamedPipe, fs.ModeDevice | fs.ModeCharDevice, fs.ModeIrregular,
	fs.ModeDir, fs.ModeIrregular, fs.ModeDevice, fs.ModeIrregular,
	0, fs.ModeIrregular, fs.ModeSymlink, fs.ModeIrregular,
	fs.ModeSocket, fs.ModeIrregular, fs.ModeIrregular, fs.ModeIrregular,
}
