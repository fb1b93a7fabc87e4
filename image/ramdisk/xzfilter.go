package ramdisk

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"slices"

	"github.com/ulikunitz/xz/lzma"
)

// filteredReader unpacks an xz stream without the library, which cannot read the ARM
// filter of packed kernels. Each block is compared with its check, if that is a usual
// one.
type filteredReader struct {
	x     *xzStream
	block int

	r    io.Reader // of the block, nil between two of them
	sum  hash.Hash
	arm  bool
	at   uint32 // of buf in the block
	buf  []byte // unpacked: ready bytes, then those of an incomplete instruction
	done int    // bytes of buf that were returned
	full int    // bytes of buf that are ready
}

// Read implements io.Reader.
func (f *filteredReader) Read(b []byte) (int, error) {
	for f.done == f.full {
		if err := f.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(b, f.buf[f.done:f.full])
	f.done += n
	return n, nil
}

// fill makes more bytes ready, of this block or of the next.
func (f *filteredReader) fill() error {
	if f.r == nil {
		if f.block == len(f.x.blocks) {
			return io.EOF
		}
		return f.begin(f.x.blocks[f.block])
	}
	left := copy(f.buf, f.buf[f.full:])
	f.at += uint32(f.full)
	f.buf, f.done, f.full = f.buf[:cap(f.buf)], 0, 0
	n, err := io.ReadFull(f.r, f.buf[left:])
	f.buf = f.buf[:left+n]
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		f.full, f.r = len(f.buf), nil
	case err != nil:
		return err
	default:
		f.full = len(f.buf) &^ 3
	}
	if f.arm {
		undoARM(f.buf[:f.full], f.at)
	}
	if f.sum != nil {
		f.sum.Write(f.buf[:f.full])
	}
	if f.r == nil {
		f.block++
		return f.proven(f.x.blocks[f.block-1])
	}
	return nil
}

// begin opens a block.
func (f *filteredReader) begin(b xzBlock) (err error) {
	f.arm = len(b.filters) == 2 && b.filters[0] == filterARM
	if !f.arm && len(b.filters) != 1 || !slices.Contains(b.filters, filterLZMA2) {
		return fmt.Errorf("ramdisk: xz filters % x are not known", b.filters)
	}
	f.sum = f.x.newCheck()
	f.at, f.done, f.full = 0, 0, 0
	f.buf = make([]byte, 0, 64<<10)
	section := io.NewSectionReader(f.x.w.img, b.start, b.end-b.start)
	f.r, err = lzma.Reader2Config{DictCap: int(max(b.dict, lzma.MinDictCap))}.NewReader2(bufio.NewReader(section))
	return err
}

// newCheck returns the hash for the check of a block, nil for unusual kinds of check.
func (s *xzStream) newCheck() hash.Hash {
	const crc32Kind, crc64Kind = 1, 4
	switch s.check {
	case crc32Kind:
		return crc32.NewIEEE()
	case crc64Kind:
		return crc64.New(crc64.MakeTable(crc64.ECMA))
	}
	return nil
}

// proven compares a block's content with the check behind it, which is little-endian.
func (f *filteredReader) proven(b xzBlock) error {
	if f.sum == nil {
		return nil
	}
	var stored, is uint64
	at := (b.end + 3) &^ 3
	switch h := f.sum.(type) {
	case hash.Hash64:
		stored, is = binary.LittleEndian.Uint64(f.x.w.bytes(at, 8)), h.Sum64()
	case hash.Hash32:
		stored, is = uint64(binary.LittleEndian.Uint32(f.x.w.bytes(at, 4))), uint64(h.Sum32())
	}
	if stored != is {
		return fmt.Errorf("ramdisk: xz block at 0x%x: its check is wrong", b.start)
	}
	return nil
}

// undoARM makes the targets of branch instructions relative again; b begins at off in
// its block.
func undoARM(b []byte, off uint32) {
	for i := 0; i+4 <= len(b); i += 4 {
		if b[i+3] != 0xEB {
			continue
		}
		v := uint32(b[i]) | uint32(b[i+1])<<8 | uint32(b[i+2])<<16
		v -= (off + uint32(i) + 8) >> 2
		b[i], b[i+1], b[i+2] = byte(v), byte(v>>8), byte(v>>16)
	}
}
