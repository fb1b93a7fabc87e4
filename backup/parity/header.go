package parity

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/mtkkit/mtkkit/flash"
)

const (
	blockSize  = 64 << 10
	dataShards = 100
	pageSize   = 4 << 10
	sumsInPage = pageSize/sha256.Size - 1
	maxSize    = 1 << 46 // bytes of a file
	maxParity  = 50
)

// magic is the start of a header.
const magic = "mtkkit parity 1\n"

// header describes the layout of a sidecar.
//
//	0x00  16  magic
//	0x10   4  block size, little-endian as all numbers
//	0x14   4  data blocks in a stripe
//	0x18   4  parity blocks in a stripe
//	0x1c   4  zero
//	0x20   8  size of the file, bytes
//	0x28  32  SHA-256 over all sums of blocks
//	0x48      zero
//	0xfe0 32  SHA-256 of all before
type header struct {
	parity int
	size   int64
	root   [sha256.Size]byte
}

func (h *header) encode() []byte {
	b := make([]byte, pageSize)
	copy(b, magic)
	binary.LittleEndian.PutUint32(b[0x10:], blockSize)
	binary.LittleEndian.PutUint32(b[0x14:], dataShards)
	binary.LittleEndian.PutUint32(b[0x18:], uint32(h.parity))
	binary.LittleEndian.PutUint64(b[0x20:], uint64(h.size))
	copy(b[0x28:], h.root[:])
	return h.seal(b)
}

// seal writes the sum of a header into it.
func (h *header) seal(b []byte) []byte {
	s := sha256.Sum256(b[:pageSize-sha256.Size])
	copy(b[pageSize-sha256.Size:], s[:])
	return b
}

// decodeHeader parses a page as a header. It uses nothing before the header's sum is checked.
func decodeHeader(b []byte) (*header, error) {
	bad := func(format string, a ...any) error {
		return &flash.FormatError{Format: "parity: header", Offset: flash.NoOffset, Text: fmt.Sprintf(format, a...)}
	}
	if len(b) != pageSize || !bytes.HasPrefix(b, []byte(magic)) {
		return nil, &flash.FormatError{Format: "parity", Offset: flash.NoOffset, Text: "not a header", Err: flash.ErrNotThis}
	}
	if s := sha256.Sum256(b[:pageSize-sha256.Size]); !bytes.Equal(s[:], b[pageSize-sha256.Size:]) {
		return nil, bad("its sum is wrong")
	}
	block, data, parity := binary.LittleEndian.Uint32(b[0x10:]), binary.LittleEndian.Uint32(b[0x14:]), binary.LittleEndian.Uint32(b[0x18:])
	size := binary.LittleEndian.Uint64(b[0x20:])
	switch {
	case block != blockSize || data != dataShards:
		return nil, bad("stripes of %d blocks of %d bytes, not %d of %d", data, block, dataShards, blockSize)
	case parity < 1 || parity > maxParity:
		return nil, bad("%d parity blocks in a stripe, but only 1 to %d are possible", parity, maxParity)
	case size == 0 || size > maxSize:
		return nil, bad("size %d of the file is invalid", size)
	}
	h := &header{parity: int(parity), size: int64(size)}
	copy(h.root[:], b[0x28:])
	return h, nil
}

// Numbers that follow from the file's size.

func (h *header) blocks() int64  { return (h.size + blockSize - 1) / blockSize }
func (h *header) stripes() int64 { return (h.blocks() + dataShards - 1) / dataShards }
func (h *header) sums() int64    { return h.blocks() + int64(h.parity)*h.stripes() }
func (h *header) pages() int64   { return (h.sums() + sumsInPage - 1) / sumsInPage }

// Offsets in the sidecar.

func (h *header) sumsAt() int64       { return pageSize }
func (h *header) headerAt() int64     { return h.sumsAt() + h.pages()*pageSize }
func (h *header) parityAt() int64     { return h.headerAt() + pageSize }
func (h *header) sumsAgainAt() int64  { return h.parityAt() + int64(h.parity)*h.stripes()*blockSize }
func (h *header) lastHeaderAt() int64 { return h.sumsAgainAt() + h.pages()*pageSize }
func (h *header) total() int64        { return h.lastHeaderAt() + pageSize }

// parityBlock returns the number of parity block j of a stripe among all parity blocks; its sum
// is behind the sums of the file's blocks.
func (h *header) parityBlock(stripe int64, j int) int64 { return int64(j)*h.stripes() + stripe }

// length returns the length of a block of the file, bytes.
func (h *header) length(block int64) int { return int(min(blockSize, h.size-block*blockSize)) }

// findHeader finds a valid header: at the start, at the end, and then at every offset where a
// page may begin.
func findHeader(r io.ReaderAt, size int64) (*header, error) {
	page := make([]byte, pageSize)
	var first error
	try := func(at int64) *header {
		if n, err := r.ReadAt(page, at); n < pageSize {
			if first == nil {
				first = fmt.Errorf("parity: %w", err)
			}
			return nil
		}
		h, err := decodeHeader(page)
		if err != nil && first == nil {
			first = err
		}
		return h
	}
	for _, at := range []int64{0, size - pageSize} {
		if h := try(max(at, 0)); h != nil {
			return h, nil
		}
	}
	for at := int64(pageSize); at+pageSize <= size; at += pageSize {
		if h := try(at); h != nil && h.headerAt() == at {
			return h, nil
		}
	}
	return nil, first
}
