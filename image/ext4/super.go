package ext4

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
)

var le = binary.LittleEndian

const (
	superOffset = 0x400
	superSize   = 0x400
	magic       = 0xEF53
	rootInode   = 2

	offInodes        = 0x00
	offBlocksLow     = 0x04
	offFirstBlock    = 0x14
	offLogBlock      = 0x18
	offLogCluster    = 0x1C
	offPerGroup      = 0x20
	offInodesGroup   = 0x28
	offWritten       = 0x30
	offMagic         = 0x38
	offState         = 0x3A
	offRevision      = 0x4C
	offInodeSize     = 0x58
	offGroupNumber   = 0x5A
	offCompatible    = 0x5C
	offIncompatible  = 0x60
	offReadOnly      = 0x64
	offUUID          = 0x68
	offLabel         = 0x78
	offLastMounted   = 0x88
	offDescSize      = 0xFE
	offFirstMeta     = 0x104
	offBlocksHigh    = 0x150
	offBackupGroups  = 0x24C // two, with sparse_super2
	offChecksumSeed  = 0x270
	offSuperChecksum = 0x3FC
)

// Features by the names that mke2fs gives them.
const (
	compatSparseSuper2 = 0x200

	incompatCompression = 0x1
	incompatFiletype    = 0x2
	incompatRecover     = 0x4
	incompatJournalDev  = 0x8
	incompatMetaBG      = 0x10
	incompat64Bit       = 0x80
	incompatCsumSeed    = 0x2000
	incompatLargeDir    = 0x4000
	incompatKnown       = 0x2 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000

	readOnlySparseSuper  = 0x1
	readOnlyUninitBG     = 0x10
	readOnlyMetadataCsum = 0x400
)

// FS is a file system. It is a files.System.
type FS struct {
	files.Damage

	Label       string
	UUID        string // as blkid prints it
	LastMounted string // where it was mounted last, "" if unknown
	Written     time.Time
	Size        int64 // bytes according to the superblock; the image may have fewer
	Backup      int   // the group whose copy of the superblock is used, 0 for the primary

	img   flash.Image
	block int64
	super int64 // block of the superblock that is used

	blocks, firstBlock   int64
	inodes               uint32
	perGroup, inodeGroup uint32 // blocks and inodes of each group
	inodeSize, descSize  int64
	firstMeta            uint32
	backupGroups         [2]uint32

	compatible, incompatible, readOnly uint32
	uuid                               [16]byte
	seed                               uint32 // seed of all checksums

	groups groupCache
}

// Sniff reports whether an image begins with an ext2, ext3 or ext4 file system.
func Sniff(img flash.Image) bool {
	b, err := flash.ReadFull(img, superOffset, superSize)
	return err == nil && plausible(b) == nil
}

// Read reads the superblock, or the first readable copy of it. The error is a
// *flash.FormatError; it wraps flash.ErrNotThis if there is none.
func Read(img flash.Image) (*FS, error) {
	f := &FS{img: img}
	b, why := f.candidate(superOffset)
	if why != nil {
		var err error
		if b, err = f.findBackup(); err != nil {
			return nil, err
		}
		if b == nil {
			return nil, &flash.FormatError{Format: "ext4", Offset: superOffset, Text: "no ext2, ext3 or ext4 superblock", Err: why}
		}
		f.Add(flash.Warning, "superblock", superOffset, "cannot be used (%v): the copy in block group %d is used", why, f.Backup)
	}
	f.parse(b)
	if f.incompatible&incompatJournalDev != 0 {
		return nil, f.fail(superOffset+offIncompatible, "this is the journal of another file system", nil)
	}
	f.judge()
	return f, nil
}

func (f *FS) fail(off int64, text string, cause error) error {
	return &flash.FormatError{Format: "ext4", Offset: off, Text: text, Err: cause}
}

func (f *FS) candidate(off int64) ([]byte, error) {
	b, err := flash.ReadFull(f.img, off, superSize)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, flash.ErrNotThis
	case err != nil:
		return nil, err
	}
	return b, plausible(b)
}

// findBackup looks for a copy in the first groups, for all block sizes. Group 1 always
// has one, unless sparse_super2 moved it.
func (f *FS) findBackup() ([]byte, error) {
	for log := range 7 {
		block := int64(1024) << log
		off := 8 * block * block
		if block == 1024 {
			off += block // the first block is number 1
		}
		b, err := f.candidate(off)
		if err == nil && b[offLogBlock] == byte(log) && le.Uint16(b[offGroupNumber:]) == 1 {
			f.Backup, f.super = 1, off/block
			return b, nil
		}
		if err != nil && !errors.Is(err, flash.ErrNotThis) {
			return nil, err
		}
	}
	return nil, nil
}

// plausible compares the fields that limit all others with each other, because the
// magic has only two bytes.
func plausible(b []byte) error {
	if le.Uint16(b[offMagic:]) != magic {
		return flash.ErrNotThis
	}
	log, cluster := le.Uint32(b[offLogBlock:]), le.Uint32(b[offLogCluster:])
	revision, inode := le.Uint32(b[offRevision:]), le.Uint16(b[offInodeSize:])
	if log > 6 || cluster > 20 {
		return fmt.Errorf("%w: blocks of 1024<<%d bytes, clusters of 1024<<%d", flash.ErrNotThis, log, cluster)
	}
	bits := uint32(8*1024) << log
	switch {
	case revision > 1:
		return fmt.Errorf("%w: revision %d", flash.ErrNotThis, revision)
	case le.Uint32(b[offInodes:]) == 0 || le.Uint32(b[offBlocksLow:])|le.Uint32(b[offBlocksHigh:]) == 0:
		return fmt.Errorf("%w: no inodes or no blocks", flash.ErrNotThis)
	case le.Uint32(b[offInodesGroup:]) == 0 || le.Uint32(b[offInodesGroup:]) > bits:
		return fmt.Errorf("%w: %d inodes in a group", flash.ErrNotThis, le.Uint32(b[offInodesGroup:]))
	case le.Uint32(b[offPerGroup:]) == 0 || le.Uint32(b[offFirstBlock:]) > 1:
		return fmt.Errorf("%w: %d blocks in a group, the first is %d", flash.ErrNotThis, le.Uint32(b[offPerGroup:]), le.Uint32(b[offFirstBlock:]))
	case revision == 1 && (inode < 128 || inode&(inode-1) != 0 || uint32(inode) > 1024<<log):
		return fmt.Errorf("%w: inodes of %d bytes", flash.ErrNotThis, inode)
	}
	return nil
}

// parse reads the fields of a plausible superblock.
func (f *FS) parse(b []byte) {
	f.block = 1024 << le.Uint32(b[offLogBlock:])
	if f.Backup == 0 {
		f.super = superOffset / f.block
	}
	f.inodes = le.Uint32(b[offInodes:])
	f.firstBlock = int64(le.Uint32(b[offFirstBlock:]))
	f.perGroup, f.inodeGroup = le.Uint32(b[offPerGroup:]), le.Uint32(b[offInodesGroup:])
	f.compatible, f.incompatible, f.readOnly = le.Uint32(b[offCompatible:]), le.Uint32(b[offIncompatible:]), le.Uint32(b[offReadOnly:])
	f.blocks = int64(le.Uint32(b[offBlocksLow:]))
	f.descSize = 32
	if f.has(incompat64Bit) {
		f.blocks |= int64(le.Uint16(b[offBlocksHigh:])) << 32 // extents have 48 bits
		f.descSize = int64(le.Uint16(b[offDescSize:]))
	}
	f.Size = f.blocks * f.block
	f.inodeSize = 128
	if le.Uint32(b[offRevision:]) == 1 {
		f.inodeSize = int64(le.Uint16(b[offInodeSize:]))
	}
	f.firstMeta = le.Uint32(b[offFirstMeta:])
	f.backupGroups = [2]uint32{le.Uint32(b[offBackupGroups:]), le.Uint32(b[offBackupGroups+4:])}
	copy(f.uuid[:], b[offUUID:])
	u := hex.EncodeToString(f.uuid[:])
	f.UUID = strings.Join([]string{u[:8], u[8:12], u[12:16], u[16:20], u[20:]}, "-")
	f.Label, f.LastMounted = text(b[offLabel:offLabel+16]), text(b[offLastMounted:offLastMounted+64])
	if at := le.Uint32(b[offWritten:]); at != 0 {
		f.Written = time.Unix(int64(at), 0).UTC()
	}
	f.seed = crc32c(^uint32(0), f.uuid[:])
	if f.has(incompatCsumSeed) {
		f.seed = le.Uint32(b[offChecksumSeed:])
	}
	if f.checksums() && crc32c(^uint32(0), b[:offSuperChecksum]) != le.Uint32(b[offSuperChecksum:]) {
		f.Add(flash.Warning, "superblock", f.super*f.block, "its checksum is wrong")
	}
}

// judge reports why the files may be wrong.
func (f *FS) judge() {
	if f.descSize < 32 || f.descSize > f.block || f.descSize&(f.descSize-1) != 0 {
		f.Add(flash.Warning, "superblock", superOffset+offDescSize, "group descriptors of %d bytes are impossible; 64 bytes are used", f.descSize)
		f.descSize = 64
	}
	if x := f.incompatible &^ incompatKnown; x != 0 {
		f.Add(flash.Warning, "superblock", superOffset+offIncompatible, "the features 0x%x are not known; files that use them are read wrong", x)
	}
	if f.has(incompatRecover) {
		f.Add(flash.Note, "journal", flash.NoOffset, "contains changes that are not in the files yet, because the phone was not shut down; the files are read as they were before")
	}
	if have := f.img.Size(); f.Size > have {
		f.Add(flash.Warning, "file system", have, "is cut: the image has 0x%x of its 0x%x bytes", have, f.Size)
	}
}

func (f *FS) has(incompatible uint32) bool { return f.incompatible&incompatible != 0 }

// checksums reports whether all metadata have a crc32c.
func (f *FS) checksums() bool { return f.readOnly&readOnlyMetadataCsum != 0 }

// BlockSize returns the size of a block in bytes.
func (f *FS) BlockSize() int64 { return f.block }

// Root implements files.System.
func (f *FS) Root() uint64 { return rootInode }

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
