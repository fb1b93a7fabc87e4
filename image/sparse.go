package image

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"sort"

	"github.com/mtkkit/mtkkit/flash"
)

// The Android sparse format (AOSP system/core/libsparse/sparse_format.h), all fields
// little-endian:
//
//	file header, 28 bytes                 chunk header, 12 bytes, then its data
//	0x00  3A FF 26 ED                     +0  u16 type: what the data are
//	0x04  u16 major version, 1                CAC1 raw: the blocks themselves
//	0x06  u16 minor version                   CAC2 fill: 4 bytes to repeat
//	0x08  u16 file header bytes, 28           CAC3 don't care: none
//	0x0A  u16 chunk header bytes, 12          CAC4 CRC-32 of all so far: 4 bytes
//	0x0C  u32 block size                  +2  u16 reserved
//	0x10  u32 blocks of the image         +4  u32 blocks of the image in this chunk
//	0x14  u32 chunks                      +8  u32 bytes of header and data
//	0x18  u32 CRC-32 of the image, or 0
const (
	sparseMagic = 0xED26FF3A

	offSparseMagic  = 0x00
	offSparseMajor  = 0x04
	offSparseHeader = 0x08
	offSparseChunk  = 0x0A
	offSparseBlock  = 0x0C
	offSparseBlocks = 0x10
	offSparseChunks = 0x14
	offSparseCRC    = 0x18
	sparseHeader    = 28

	offChunkType   = 0
	offChunkBlocks = 4
	offChunkBytes  = 8
	chunkHeader    = 12

	chunkRaw      = 0xCAC1
	chunkFill     = 0xCAC2
	chunkDontCare = 0xCAC3
	chunkCRC      = 0xCAC4

	// maxSparseHeader limits the two header lengths, which later versions may increase.
	maxSparseHeader = 4096

	// maxSparseRuns limits the index in memory (32 bytes for each run). A full image of
	// 64 GB in img2simg's chunks needs far fewer.
	maxSparseRuns = 1 << 21
)

// Sparse is an Android sparse image, read as the image inside it. It is a flash.Image,
// a flash.DataFinder and a flash.HoleFinder; nothing is unpacked. Blocks of the type
// "don't care" are read as zero and are holes: another piece of the same image may
// contain them, and a flash tool leaves the phone's old bytes there. Checksums are not
// checked by ReadSparse but by CheckCRC, because this reads all of the image.
type Sparse struct {
	BlockSize int64
	DontCare  int64          // bytes of the image that are not in the file
	Problems  flash.Problems // Offset is an offset in the sparse file

	img    flash.Image
	runs   []run // in order, without gaps
	size   int64
	length int64 // of the file, according to its chunks
	crcs   []crc
}

// run is a range of the image with one source. A negative source is not an offset; it
// contains the word of a fill.
type run struct {
	start  int64 // in the image
	source int64 // offset of the data in the file, or fillFlag | word
}

const (
	fillFlag = math.MinInt64
	unsaid   = fillFlag | 1<<32 // don't care: read as zeros, but not zeros
)

// ReadSparse reads the headers of an Android sparse image. A file that is cut gives an
// image that ends there, with a Problem. If nothing can be read, the error is a
// *flash.FormatError; it wraps flash.ErrNotThis if the file has another format.
func ReadSparse(img flash.Image) (*Sparse, error) {
	h, err := flash.ReadFull(img, 0, sparseHeader)
	if err != nil || binary.LittleEndian.Uint32(h[offSparseMagic:]) != sparseMagic {
		if err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
			err = flash.ErrNotThis
		}
		return nil, sparseError(0, "not an Android sparse image", err)
	}
	var (
		u16    = func(off int) int64 { return int64(binary.LittleEndian.Uint16(h[off:])) }
		u32    = func(off int) int64 { return int64(binary.LittleEndian.Uint32(h[off:])) }
		head   = u16(offSparseHeader)
		chunk  = u16(offSparseChunk)
		block  = u32(offSparseBlock)
		blocks = u32(offSparseBlocks)
	)
	switch {
	case u16(offSparseMajor) != 1:
		return nil, sparseError(offSparseMajor, fmt.Sprintf("sparse image of version %d, not 1", u16(offSparseMajor)), nil)
	case head < sparseHeader || head > maxSparseHeader || chunk < chunkHeader || chunk > maxSparseHeader:
		return nil, sparseError(offSparseHeader, fmt.Sprintf("sparse image with headers of %d and %d bytes", head, chunk), nil)
	case block == 0 || block%4 != 0 || blocks > math.MaxInt64/block:
		return nil, sparseError(offSparseBlock, fmt.Sprintf("sparse image of 0x%x blocks of %d bytes", blocks, block), nil)
	}
	s := &Sparse{BlockSize: block, img: img}
	if err := s.index(head, chunk, blocks*block, u32(offSparseChunks)); err != nil {
		return nil, err
	}
	if s.DontCare > 0 {
		s.problem(flash.Note, flash.NoOffset, "does not contain %s of the image (don't care); they are read as zeros", flash.Size(s.DontCare))
	}
	return s, nil
}

// index reads the chunk headers. If a chunk is impossible, the offset of the next one
// is not known, and the image ends.
func (s *Sparse) index(off, header, size, chunks int64) error {
	for n := range chunks {
		b, err := flash.ReadFull(s.img, off, chunkHeader)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			s.problem(flash.Error, off, "the file ends at chunk %d of %d: it contains %s of %s", n, chunks, flash.Size(s.size), flash.Size(size))
			return nil
		}
		if err != nil {
			return sparseError(off, fmt.Sprintf("header of chunk %d", n), err)
		}
		c := chunkFields{
			kind:  binary.LittleEndian.Uint16(b[offChunkType:]),
			bytes: int64(binary.LittleEndian.Uint32(b[offChunkBlocks:])) * s.BlockSize,
			data:  int64(binary.LittleEndian.Uint32(b[offChunkBytes:])) - header,
			at:    off + header,
		}
		why := c.wrong(size - s.size)
		if why == "" {
			why, err = s.add(c)
		}
		if err != nil {
			return err
		}
		if why != "" {
			s.problem(flash.Error, off, "chunk %d of %d %s: the image ends there, with %s of %s", n, chunks, why, flash.Size(s.size), flash.Size(size))
			return nil
		}
		off = c.at + c.data
	}
	s.length = off
	if s.size < size {
		s.problem(flash.Error, off, "its %d chunks have %s, but the header states %s", chunks, flash.Size(s.size), flash.Size(size))
	}
	return nil
}

// chunkFields is a chunk header as read.
type chunkFields struct {
	kind  uint16
	bytes int64 // of the image; up to 2^64 by the header, checked by wrong
	data  int64 // bytes that follow the header
	at    int64 // offset of the data
}

// wrong returns why a chunk is impossible, or ""; left is the rest of the image in
// bytes.
func (c chunkFields) wrong(left int64) string {
	want := map[uint16]int64{chunkRaw: c.bytes, chunkFill: 4, chunkDontCare: 0, chunkCRC: 4}
	data, known := want[c.kind]
	switch {
	case !known:
		return fmt.Sprintf("is of unknown type 0x%04x", c.kind)
	case c.data != data:
		return fmt.Sprintf("of type 0x%04x has %d bytes of data instead of %d", c.kind, c.data, data)
	case c.kind != chunkCRC && (c.bytes < 0 || c.bytes > left):
		return fmt.Sprintf("is longer than the image: %d bytes of %d", c.bytes, left)
	}
	return ""
}

// add adds a chunk to the index if it fits, or returns why the image ends in it.
func (s *Sparse) add(c chunkFields) (why string, err error) {
	if c.kind == chunkCRC {
		return s.addCRC(c.at)
	}
	if c.bytes == 0 {
		return "", nil
	}
	source := c.at
	switch c.kind {
	case chunkFill:
		b, err := flash.ReadFull(s.img, c.at, 4)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return "is cut", nil
		}
		if err != nil {
			return "", sparseError(c.at, "fill word", err)
		}
		source = fillFlag | int64(binary.LittleEndian.Uint32(b))
	case chunkDontCare:
		source = unsaid
		s.DontCare += c.bytes
	case chunkRaw:
		if have := max(s.img.Size()-c.at, 0); have < c.bytes {
			c.bytes, why = have, "is cut"
		}
	}
	if c.bytes == 0 {
		return why, nil
	}
	if n := len(s.runs); n == 0 || source >= 0 || s.runs[n-1].source != source {
		if n == maxSparseRuns {
			return fmt.Sprintf("is too much: this reader accepts %d runs", maxSparseRuns), nil
		}
		s.runs = append(s.runs, run{s.size, source})
	}
	s.size += c.bytes
	return why, nil
}

// Size returns the length of the image in bytes.
func (s *Sparse) Size() int64 { return s.size }

// at returns the index of the run that holds off, which must be within the image.
func (s *Sparse) at(off int64) int {
	return sort.Search(len(s.runs), func(i int) bool { return s.runs[i].start > off }) - 1
}

// end returns where run i ends.
func (s *Sparse) end(i int) int64 {
	if i+1 < len(s.runs) {
		return s.runs[i+1].start
	}
	return s.size
}

// ReadAt implements io.ReaderAt.
func (s *Sparse) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("image: read at negative offset %d", off)
	}
	for off < s.size && len(p) > 0 {
		i := s.at(off)
		part := p[:min(int64(len(p)), s.end(i)-off)]
		r := s.runs[i]
		if r.source < 0 {
			fill(part, uint32(r.source), off-r.start)
		} else if m, err := s.img.ReadAt(part, r.source+off-r.start); m < len(part) {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF // the file became shorter
			}
			return n + m, err
		}
		p, n, off = p[len(part):], n+len(part), off+int64(len(part))
	}
	if len(p) > 0 {
		return n, io.EOF
	}
	return n, nil
}

// fill fills p with word; p begins pos bytes after the first word.
func fill(p []byte, word uint32, pos int64) {
	if word == 0 {
		clear(p)
		return
	}
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], word)
	for i := range p {
		p[i] = b[(pos+int64(i))&3]
	}
}

// NextData implements flash.DataFinder: fills with zeros and don't care blocks are not
// data.
func (s *Sparse) NextData(off int64) (flash.Extent, error) {
	if off >= s.size {
		return flash.Extent{Offset: s.size}, nil
	}
	for i := s.at(off); i < len(s.runs); i++ {
		if start := max(off, s.runs[i].start); s.runs[i].source != fillFlag && s.runs[i].source != unsaid {
			return flash.Extent{Offset: start, Length: s.end(i) - start}, nil
		}
	}
	return flash.Extent{Offset: s.size}, nil
}

// Holes implements flash.HoleFinder: the don't care blocks.
func (s *Sparse) Holes(e flash.Extent) (out []flash.Extent) {
	if e = e.Clip(s.size); e.Length == 0 {
		return nil
	}
	for i := s.at(e.Offset); i < len(s.runs) && s.runs[i].start < e.End(); i++ {
		if s.runs[i].source == unsaid {
			start := max(s.runs[i].start, e.Offset)
			out = append(out, flash.Extent{Offset: start, Length: min(s.end(i), e.End()) - start})
		}
	}
	return out
}

// tellSparse adds the image inside the file and the kind of its start.
func tellSparse(i *Info) {
	s, err := ReadSparse(i.img)
	if err != nil {
		i.failed(err)
		return
	}
	i.Problems = append(i.Problems, s.Problems...)
	i.add("stands for", "%s, in blocks of %d bytes", flash.Size(s.Size()), s.BlockSize)
	if s.DontCare > 0 {
		i.add("does not contain", "%s", flash.Size(s.DontCare))
	}
	i.Length, i.Known = s.length, "the sum of its chunks"
	if s.length > i.Size || flash.Worst(s.Problems) > flash.Note {
		i.Length, i.Known = 0, "it is damaged"
	}
	i.inside = s
}

func (s *Sparse) problem(sev flash.Severity, off int64, format string, a ...any) {
	s.Problems.AddAt(sev, "sparse image", off, format, a...)
}

func sparseError(off int64, text string, cause error) error {
	return &flash.FormatError{Format: "image", Offset: off, Text: text, Err: cause}
}
