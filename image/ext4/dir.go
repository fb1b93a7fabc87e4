package ext4

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
)

// Fields of a directory entry.
const (
	offEntryLength = 4
	offNameLength  = 6 // u8; u16 if the file system has no types
	offType        = 7
	offName        = 8

	// The last entry of a block with checksums has inode 0 and this type.
	tailSize = 12
	tailType = 0xDE
)

// maxDirectory is the largest directory that is read, in bytes: the 2^20 names that
// files.Tree accepts, each with the largest length.
const maxDirectory = 1 << 28

// Entries implements files.System.
func (f *FS) Entries(dir *files.Inode, yield func(files.Entry) bool) error {
	if !dir.Mode.IsDir() {
		return f.fail(sysOf(dir).at, fmt.Sprintf("inode %d is %s, not a directory", dir.Num, files.Kind(dir.Mode)), nil)
	}
	if sysOf(dir).has(flagInline) {
		f.inlineEntries(dir, yield)
		return nil
	}
	img, err := f.data(dir)
	if err != nil {
		return err
	}
	size := img.Size()
	if size > maxDirectory {
		f.Add(flash.Error, place(dir), sysOf(dir).at, "has 0x%x bytes, but only 0x%x are read", size, int64(maxDirectory))
		size = maxDirectory
	}
	b := make([]byte, f.block)
	for off := int64(0); off < size; off += f.block {
		d, err := flash.NextData(img, off)
		if err != nil || d.Length == 0 {
			return err
		}
		off = d.Offset - d.Offset%f.block
		if err := flash.ReadInto(img, b, off); err != nil {
			f.Add(flash.Error, place(dir), flash.NoOffset, "its names from byte 0x%x on cannot be read: %v", off, err)
			return nil
		}
		if !f.blockEntries(dir, off, b, yield) {
			return nil
		}
	}
	return nil
}

func place(dir *files.Inode) string { return fmt.Sprintf("directory inode %d", dir.Num) }

// blockEntries reads the entries of one block. It returns false if yield does.
func (f *FS) blockEntries(dir *files.Inode, off int64, b []byte, yield func(files.Entry) bool) bool {
	if f.checksums() {
		f.checkBlock(dir, off, b)
	}
	return f.entries(dir, off, b, yield)
}

// checkBlock compares a block with the checksum in its tail. The blocks of a hash index
// have their checksums elsewhere, and have no names that are read here.
func (f *FS) checkBlock(dir *files.Inode, off int64, b []byte) {
	own, tail := sysOf(dir), b[len(b)-tailSize:]
	switch {
	case le.Uint32(tail) == 0 && le.Uint16(tail[offEntryLength:]) == tailSize && tail[offNameLength] == 0 && tail[offType] == tailType:
		if crc32c(own.seed, b[:len(b)-tailSize]) != le.Uint32(tail[8:]) {
			f.Add(flash.Warning, place(dir), flash.NoOffset, "the checksum of its block at byte 0x%x is wrong", off)
		}
	case own.has(flagIndex) && (off == 0 || le.Uint32(b) == 0 && f.length(b) == len(b)):
	default:
		f.Add(flash.Warning, place(dir), flash.NoOffset, "its block at byte 0x%x has no checksum", off)
	}
}

// length returns the length in bytes of the entry at the start of b. The length of a
// block of 64 KiB does not fit into its 16 bits.
func (f *FS) length(b []byte) int {
	n := int(le.Uint16(b[offEntryLength:]))
	if f.block < 1<<16 {
		return n
	}
	if n == 0 || n == 1<<16-1 {
		return 1 << 16
	}
	return n&^3 | n&3<<16
}

// entries calls yield for the entries of a block, or of a part of an inode with
// entries. If an entry is impossible, the entries behind it in the block are lost.
func (f *FS) entries(dir *files.Inode, off int64, b []byte, yield func(files.Entry) bool) bool {
	for len(b) >= offName {
		n, name := f.length(b), int(b[offNameLength])
		if !f.has(incompatFiletype) {
			name |= int(b[offNameLength+1]) << 8
		}
		if n < offName+4 || n%4 != 0 || n > len(b) || offName+name > n {
			f.Add(flash.Error, place(dir), flash.NoOffset, "the entry at byte 0x%x is damaged; the names behind it in its block are lost", off)
			return true
		}
		if num := le.Uint32(b); num != 0 && name != 0 {
			raw := string(b[offName : offName+name])
			if raw != "." && raw != ".." && !f.entry(dir, off, num, b[offType], raw, yield) {
				return false
			}
		}
		b, off = b[n:], off+int64(n)
	}
	return true
}

func (f *FS) entry(dir *files.Inode, off int64, num uint32, typ byte, name string, yield func(files.Entry) bool) bool {
	e := files.Entry{Name: name, Num: uint64(num), Type: fs.ModeIrregular}
	if f.has(incompatFiletype) && int(typ) < len(entryTypes) {
		e.Type = entryTypes[typ]
	}
	switch {
	case dir.Encrypted:
		e.Name = base64.RawURLEncoding.EncodeToString([]byte(name))
	case strings.ContainsAny(name, "/\x00"):
		f.Add(flash.Error, place(dir), flash.NoOffset, "the name of the entry at byte 0x%x is impossible: %q", off, name)
		return true
	}
	return yield(e)
}

// entryTypes has the types by the numbers in directory entries; 0 is unknown.
var entryTypes = [...]fs.FileMode{fs.ModeIrregular, 0, fs.ModeDir, fs.ModeDevice | fs.ModeCharDevice, fs.ModeDevice,
	fs.ModeNamedPipe, fs.ModeSocket, fs.ModeSymlink}

// inlineEntries reads a directory inside its inode: the number of the parent, then
// entries in both parts.
func (f *FS) inlineEntries(dir *files.Inode, yield func(files.Entry) bool) {
	first, rest := f.inlineParts(dir)
	if f.entries(dir, 4, first[4:], yield) {
		f.entries(dir, sizeBlock, rest, yield)
	}
}
