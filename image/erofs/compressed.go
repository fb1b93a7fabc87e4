package erofs

import (
	"fmt"
	"io"
	"sync"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
)

// compressed is the content of a compressed file. It keeps the extent that was
// decompressed last, so that reading from start to end decompresses each extent once.
type compressed struct {
	index
	algorithms [2]int // for the two kinds of head

	tailHead   int64 // cluster of the last extent's head, -1 if that extent is an ordinary one
	inlineAt   int64 // offset of the last extent's data behind the index
	inlineSize int64
	packed     flash.Image // the part of the packed inode with the last extent

	mu   sync.Mutex
	last extent
	in   []byte // the compressed data of last
	buf  []byte // the decompressed data
}

// compressed reads the header of a compressed file's index.
func (f *FS) compressed(n *files.Inode) (flash.Image, error) {
	own := sysOf(n)
	at := align(own.end, indexHeader)
	h, err := flash.ReadFull(f.img, at, indexHeader)
	if err != nil {
		return nil, f.fail(at, fmt.Sprintf("the index of inode %d", n.Num), err)
	}
	if h[7]&wholeInPacked != 0 {
		return f.inPacked(n, le.Uint64(h)&^(1<<63), n.Size)
	}
	z := &compressed{tailHead: -1, algorithms: [2]int{int(h[6] & 15), int(h[6] >> 4)}}
	z.index = index{fs: f, num: n.Num, compact: own.layout == compressedCompact, advise: le.Uint16(h[4:]),
		bits: f.bits + uint(h[7]&15), base: at + indexHeader, size: n.Size, blocks: (n.Size + f.block - 1) >> f.bits}
	if !z.compact {
		z.base += 8
		if z.advise&adviseExtents != 0 {
			return nil, f.fail(at, fmt.Sprintf("inode %d has an index in the form of 2025, which is not supported", n.Num), nil)
		}
	}
	if z.bits > 20 {
		return nil, f.fail(at+7, fmt.Sprintf("inode %d has clusters of 1<<%d bytes", n.Num, z.bits), nil)
	}
	if n.Size == 0 {
		return z, nil
	}
	return z, z.findTail(h)
}

// findTail prepares the last extent if it is stored in another way.
func (z *compressed) findTail(h []byte) error {
	fragment := z.advise&adviseFragment != 0
	if z.advise&adviseInline != 0 && !fragment {
		z.inlineSize = int64(le.Uint16(h[2:]))
	}
	if z.inlineSize == 0 && !fragment {
		return nil
	}
	last, err := z.load((z.size-1)>>z.bits, false)
	if err != nil {
		return err
	}
	head, _, err := z.headOf(z.size - 1)
	if err != nil {
		return err
	}
	z.tailHead, z.inlineAt = head.lcn, last.next
	if !fragment {
		return nil
	}
	off := uint64(le.Uint32(h))
	if !z.compact {
		off |= uint64(head.block) << 32
	}
	z.packed, err = z.fs.inPackedOf(z.num, off, z.size-(head.lcn<<z.bits|head.offset))
	return err
}

// inPacked returns length bytes of the packed inode.
func (f *FS) inPacked(n *files.Inode, off uint64, length int64) (flash.Image, error) {
	return f.inPackedOf(n.Num, off, length)
}

func (f *FS) inPackedOf(num, off uint64, length int64) (flash.Image, error) {
	if f.incompatible&incompatFragments == 0 || num == f.packed {
		return nil, f.fail(flash.NoOffset, fmt.Sprintf("inode %d is in the packed inode, but there is no packed inode", num), nil)
	}
	img, err := f.packedImage()
	if err != nil {
		return nil, err
	}
	if off > uint64(img.Size()) || length > img.Size()-int64(off) {
		return nil, f.fail(flash.NoOffset, fmt.Sprintf("inode %d: 0x%x bytes at 0x%x are not within the packed inode of 0x%x bytes", num, length, off, img.Size()), nil)
	}
	return flash.Slice(img, flash.Extent{Offset: int64(off), Length: length}), nil
}

// packedImage opens the inode with the tails of other inodes.
func (f *FS) packedImage() (flash.Image, error) {
	f.packedOnce.Do(func() {
		n, err := f.Inode(f.packed)
		if err == nil {
			f.packedFile, err = f.data(n)
		}
		f.packedErr = err
	})
	return f.packedFile, f.packedErr
}

// Size returns the length of the file in bytes.
func (z *compressed) Size() int64 { return z.size }

// ReadAt implements io.ReaderAt.
func (z *compressed) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("erofs: read at negative offset %d", off)
	}
	if off >= z.size {
		return 0, io.EOF
	}
	if left := z.size - off; int64(len(p)) > left {
		p, err = p[:left], io.EOF
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	for n < len(p) {
		got, fail := z.readExtent(p[n:], off+int64(n))
		if n += got; fail != nil {
			return n, fail
		}
	}
	return n, err
}

// readExtent reads the part of p that is in one extent.
func (z *compressed) readExtent(p []byte, off int64) (int, error) {
	if off < z.last.start || off >= z.last.start+z.last.length {
		e, err := z.find(off)
		if err != nil {
			return 0, err
		}
		z.last = extent{} // for the case of an error
		if !e.packed {
			if err := z.expand(e); err != nil {
				return 0, err
			}
		}
		z.last = e
	}
	e := z.last
	p = p[:min(int64(len(p)), e.start+e.length-off)]
	if e.packed {
		n, err := z.packed.ReadAt(p, off-e.start)
		if n == len(p) {
			err = nil
		} else if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return n, err
	}
	return copy(p, z.buf[off-e.start:]), nil
}
