package ext4

import (
	"fmt"
	"sync"

	"github.com/mtkkit/mtkkit/flash"
)

// Fields of a group descriptor.
const (
	offTableLow      = 0x08
	offGroupChecksum = 0x1E
	offTableHigh     = 0x28
)

// groupCache holds the offsets of the inode tables that were already found.
type groupCache struct {
	mu     sync.Mutex
	tables map[uint32]int64 // group → byte offset of its inode table
}

// table returns the offset of a group's inode table.
func (f *FS) table(group uint32) (int64, error) {
	f.groups.mu.Lock()
	defer f.groups.mu.Unlock()
	if at, ok := f.groups.tables[group]; ok {
		return at, nil
	}
	off := f.descriptor(group)
	b, err := flash.ReadFull(f.img, off, int(f.descSize))
	if err != nil {
		return 0, f.fail(off, fmt.Sprintf("descriptor of block group %d", group), err)
	}
	f.checkGroup(group, off, b)
	block := int64(le.Uint32(b[offTableLow:]))
	if f.descSize >= 64 {
		block |= int64(le.Uint32(b[offTableHigh:])) << 32
	}
	if block <= 0 || block >= f.blocks {
		return 0, f.fail(off+offTableLow, fmt.Sprintf("the inodes of block group %d are at block %d, but there are %d", group, block, f.blocks), nil)
	}
	if f.groups.tables == nil {
		f.groups.tables = map[uint32]int64{}
	}
	f.groups.tables[group] = block * f.block
	return block * f.block, nil
}

// descriptor returns the offset of a group's descriptor.
func (f *FS) descriptor(group uint32) int64 {
	perBlock := uint32(f.block / f.descSize)
	n := group / perBlock
	block := f.super + 1 + int64(n)
	if f.has(incompatMetaBG) && n >= f.firstMeta {
		first := perBlock * n // the first group of the meta group
		block = f.firstBlock + int64(first)*int64(f.perGroup)
		if f.hasSuper(first) {
			block++
		}
		if f.block == 1024 && n == 0 && f.firstBlock == 0 {
			block++ // the boot sector has its own block
		}
	}
	return block*f.block + int64(group%perBlock)*f.descSize
}

// hasSuper reports whether a group begins with a copy of the superblock.
func (f *FS) hasSuper(group uint32) bool {
	switch {
	case group == 0:
		return true
	case f.compatible&compatSparseSuper2 != 0:
		return group == f.backupGroups[0] || group == f.backupGroups[1]
	case group == 1 || f.readOnly&readOnlySparseSuper == 0:
		return true
	}
	for _, base := range []uint64{3, 5, 7} {
		n := base
		for n < uint64(group) {
			n *= base
		}
		if n == uint64(group) {
			return true
		}
	}
	return false
}

func (f *FS) checkGroup(group uint32, off int64, b []byte) {
	want := le.Uint16(b[offGroupChecksum:])
	var got uint16
	switch {
	case f.checksums():
		sum := crc32cNumbers(f.seed, group)
		sum = crc32cZeros(crc32c(sum, b[:offGroupChecksum]), 2)
		got = uint16(crc32c(sum, b[offGroupChecksum+2:]))
	case f.readOnly&readOnlyUninitBG != 0:
		sum := crc16(crc16(^uint16(0), f.uuid[:]), le.AppendUint32(nil, group))
		sum = crc16(sum, b[:offGroupChecksum])
		got = crc16(sum, b[offGroupChecksum+2:])
	default:
		return
	}
	if got != want {
		f.Add(flash.Warning, fmt.Sprintf("block group %d", group), off, "the checksum of its descriptor is wrong")
	}
}
