package ext4

import (
	"fmt"
	"io/fs"
	"time"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
)

// Fields of an inode.
const (
	offMode         = 0x00
	offUIDLow       = 0x02
	offSizeLow      = 0x04
	offModTime      = 0x10
	offGIDLow       = 0x18
	offLinks        = 0x1A
	offFlags        = 0x20
	offBlock        = 0x28
	sizeBlock       = 60
	offGeneration   = 0x64
	offSizeHigh     = 0x6C
	offUIDHigh      = 0x78
	offGIDHigh      = 0x7A
	offChecksumLow  = 0x7C
	smallInode      = 0x80 // the size in ext2; the fields behind it exist if the extra size covers them
	offExtraSize    = 0x80
	offChecksumHigh = 0x82
	offModTimeExtra = 0x88
)

// Flags of an inode.
const (
	flagCompressed = 0x4 // never merged into Linux
	flagEncrypted  = 0x800
	flagIndex      = 0x1000
	flagExtents    = 0x80000
	flagInline     = 0x10000000
)

// inode holds the fields that files.Inode does not have.
type inode struct {
	flags uint32
	seed  uint32 // of the checksums of its blocks
	at    int64  // its offset in the image
	raw   []byte
}

func (i *inode) has(flag uint32) bool { return i.flags&flag != 0 }
func (i *inode) block() []byte        { return i.raw[offBlock : offBlock+sizeBlock] }

func sysOf(n *files.Inode) *inode { return n.Sys.(*inode) }

// Inode implements files.System.
func (f *FS) Inode(num uint64) (*files.Inode, error) {
	if num == 0 || num > uint64(f.inodes) {
		return nil, f.fail(flash.NoOffset, fmt.Sprintf("inode %d of %d", num, f.inodes), nil)
	}
	group, index := uint32(num-1)/f.inodeGroup, uint32(num-1)%f.inodeGroup
	table, err := f.table(group)
	if err != nil {
		return nil, err
	}
	at := table + int64(index)*f.inodeSize
	b, err := flash.ReadFull(f.img, at, int(f.inodeSize))
	if err != nil {
		return nil, f.fail(at, fmt.Sprintf("inode %d", num), err)
	}
	mode := le.Uint16(b[offMode:])
	if mode == 0 {
		return nil, f.fail(at, fmt.Sprintf("inode %d is not in use", num), nil)
	}
	own := &inode{flags: le.Uint32(b[offFlags:]), at: at, raw: b}
	own.seed = crc32cNumbers(f.seed, uint32(num), le.Uint32(b[offGeneration:]))
	f.checkInode(num, own)
	n := &files.Inode{
		Num: num, Mode: fileMode(mode), Sys: own, Encrypted: own.has(flagEncrypted),
		UID:   uint32(le.Uint16(b[offUIDLow:])) | uint32(le.Uint16(b[offUIDHigh:]))<<16,
		GID:   uint32(le.Uint16(b[offGIDLow:])) | uint32(le.Uint16(b[offGIDHigh:]))<<16,
		Links: uint32(le.Uint16(b[offLinks:])), ModTime: modTime(b),
	}
	n.Size = int64(le.Uint32(b[offSizeLow:]))
	if n.Mode.IsRegular() || n.Mode.IsDir() && f.has(incompatLargeDir) {
		n.Size |= int64(le.Uint32(b[offSizeHigh:])) << 32
	}
	if n.Size < 0 || n.Size > lastLogical*f.block {
		return nil, f.fail(at+offSizeHigh, fmt.Sprintf("inode %d is larger than any file", num), nil)
	}
	if n.Mode&fs.ModeDevice != 0 {
		n.Major, n.Minor = device(own.block())
	}
	return n, nil
}

func (f *FS) checkInode(num uint64, i *inode) {
	if !f.checksums() {
		return
	}
	b := i.raw
	want, mask := uint32(le.Uint16(b[offChecksumLow:])), uint32(0xFFFF)
	sum := crc32cZeros(crc32c(i.seed, b[:offChecksumLow]), 2)
	sum = crc32c(sum, b[offChecksumLow+2:smallInode])
	if len(b) > smallInode {
		rest := b[smallInode:]
		if extra(b) >= 4 {
			want, mask = want|uint32(le.Uint16(b[offChecksumHigh:]))<<16, 0xFFFFFFFF
			sum = crc32cZeros(crc32c(sum, b[smallInode:offChecksumHigh]), 2)
			rest = b[offChecksumHigh+2:]
		}
		sum = crc32c(sum, rest)
	}
	if sum&mask != want {
		f.Add(flash.Warning, fmt.Sprintf("inode %d", num), i.at, "its checksum is wrong")
	}
}

// extra returns how many bytes of fields follow the small inode, 0 if the number is
// impossible.
func extra(b []byte) int {
	if len(b) <= smallInode {
		return 0
	}
	n := int(le.Uint16(b[offExtraSize:]))
	if n%4 != 0 || smallInode+n > len(b) {
		return 0
	}
	return n
}

func modTime(b []byte) time.Time {
	sec, nsec := int64(int32(le.Uint32(b[offModTime:]))), int64(0)
	if extra(b) >= offModTimeExtra+4-smallInode {
		x := le.Uint32(b[offModTimeExtra:])
		sec += int64(x&3) << 32
		nsec = int64(x >> 2)
	}
	return time.Unix(sec, nsec).UTC()
}

// fileMode turns the mode of an inode into a mode of Go.
func fileMode(m uint16) fs.FileMode {
	mode := fs.FileMode(m & 0o777)
	for bit, is := range map[uint16]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky} {
		if m&bit != 0 {
			mode |= is
		}
	}
	switch m >> 12 {
	case 0x1:
		return mode | fs.ModeNamedPipe
	case 0x2:
		return mode | fs.ModeDevice | fs.ModeCharDevice
	case 0x4:
		return mode | fs.ModeDir
	case 0x6:
		return mode | fs.ModeDevice
	case 0x8:
		return mode
	case 0xA:
		return mode | fs.ModeSymlink
	case 0xC:
		return mode | fs.ModeSocket
	}
	return mode | fs.ModeIrregular
}

// device reads the numbers of a device: the old form in the first word of i_block, or
// else the new form in the second.
func device(b []byte) (major, minor uint32) {
	if v := le.Uint32(b); v != 0 {
		return v >> 8 & 0xFF, v & 0xFF
	}
	v := le.Uint32(b[4:])
	return v >> 8 & 0xFFF, v&0xFF | v>>12&0xFFF00
}
