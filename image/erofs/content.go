package erofs

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
)

// Content implements files.System.
func (f *FS) Content(n *files.Inode) (flash.Image, error) {
	if !n.Mode.IsRegular() {
		return nil, f.fail(sysOf(n).at, fmt.Sprintf("inode %d is %s, not a regular file", n.Num, files.Kind(n.Mode)), nil)
	}
	return f.data(n)
}

// data returns the bytes of any inode.
func (f *FS) data(n *files.Inode) (flash.Image, error) {
	switch sysOf(n).layout {
	case flatPlain:
		return f.flat(n, n.Size)
	case flatInline:
		return f.flat(n, n.Size-n.Size%f.block)
	case chunkBased:
		return f.chunks(n)
	}
	return f.compressed(n)
}

// flat maps a file whose blocks follow each other. The first outside bytes are in
// blocks, the rest is in the inode.
func (f *FS) flat(n *files.Inode, outside int64) (flash.Image, error) {
	own := sysOf(n)
	var runs []files.Run
	if outside > 0 {
		runs = append(runs, files.Run{Offset: int64(own.data) << f.bits, Length: outside})
	}
	if tail := n.Size - outside; tail > 0 {
		if own.end%f.block+tail > f.block {
			return nil, f.fail(own.at, fmt.Sprintf("inode %d: its last %d bytes do not fit into its block", n.Num, tail), nil)
		}
		runs = append(runs, files.Run{Start: outside, Offset: own.end, Length: tail})
	}
	return files.NewMapped(f.img, n.Size, runs), nil
}

// The format of a file in chunks, and its index.
const (
	chunkBits    = 0x1F // log of the chunk size, less that of the block size
	chunkIndexes = 0x20 // entries of 8 bytes: u16, u16 device, u32 block; else a u32 block
	chunkKnown   = chunkBits | chunkIndexes

	hole = 0xFFFFFFFF
)

// chunks maps a file in chunks. Its index must be within the image, which limits its
// length.
func (f *FS) chunks(n *files.Inode) (flash.Image, error) {
	own := sysOf(n)
	format := own.data & 0xFFFF
	bits := f.bits + uint(format&chunkBits)
	if format&^chunkKnown != 0 || bits > 40 {
		return nil, f.fail(own.at+offData, fmt.Sprintf("inode %d has chunks of the unknown format 0x%x", n.Num, format), nil)
	}
	entry := int64(4)
	if format&chunkIndexes != 0 {
		entry = 8
	}
	at := align(own.end, entry)
	count := (n.Size + 1<<bits - 1) >> bits
	if count > (f.img.Size()-at)/entry {
		return nil, f.fail(at, fmt.Sprintf("the index of inode %d with %d chunks ends behind the image", n.Num, count), nil)
	}
	var runs []files.Run
	page := make([]byte, 4096)
	for i := range count {
		in := i * entry % int64(len(page))
		if in == 0 {
			want := min(int64(len(page)), (count-i)*entry)
			if m, err := f.img.ReadAt(page[:want], at+i*entry); int64(m) < want {
				return nil, f.fail(at+i*entry, fmt.Sprintf("inode %d: the index of its chunks", n.Num), err)
			}
		}
		block, device := le.Uint32(page[in:]), uint16(0)
		if entry == 8 {
			device, block = le.Uint16(page[in+2:]), le.Uint32(page[in+4:])
		}
		if block == hole {
			continue
		}
		if device != 0 {
			return nil, f.fail(at+i*entry, fmt.Sprintf("inode %d is on another device (number %d), which is not in this image", n.Num, device), nil)
		}
		start := i << bits
		var err error
		runs, err = files.Append(runs, files.Run{Start: start, Offset: int64(block) << f.bits, Length: min(1<<bits, n.Size-start)})
		if err != nil {
			return nil, f.fail(at, fmt.Sprintf("inode %d", n.Num), err)
		}
	}
	return files.NewMapped(f.img, n.Size, runs), nil
}

// align rounds v up to a multiple of to, which is a power of two.
func align(v, to int64) int64 { return (v + to - 1) &^ (to - 1) }

// maxTarget is the longest target of a link in Linux, in bytes.
const maxTarget = 4096

// Target implements files.System.
func (f *FS) Target(n *files.Inode) (string, error) {
	own := sysOf(n)
	switch {
	case n.Mode&fs.ModeSymlink == 0:
		return "", f.fail(own.at, fmt.Sprintf("inode %d is %s, not a link", n.Num, files.Kind(n.Mode)), nil)
	case n.Size == 0 || n.Size > maxTarget:
		return "", f.fail(own.at+offSize, fmt.Sprintf("link inode %d has a target of %d bytes", n.Num, n.Size), nil)
	}
	img, err := f.data(n)
	if err != nil {
		return "", err
	}
	b, err := flash.ReadFull(img, 0, int(n.Size))
	if err != nil {
		return "", f.fail(own.at, fmt.Sprintf("the target of link inode %d", n.Num), err)
	}
	if strings.IndexByte(string(b), 0) >= 0 {
		return "", f.fail(own.at, fmt.Sprintf("the target of link inode %d has a NUL", n.Num), nil)
	}
	return string(b), nil
}
