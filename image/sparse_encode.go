package image

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"sort"

	"github.com/mtkkit/mtkkit/flash"
)

const (
	// maxChunkBytes keeps the length of a chunk well below the limits of 32-bit
	// arithmetic in old boot loaders.
	maxChunkBytes = 64 << 20

	// maxViewChunks limits the index in memory (32 bytes for each chunk). If there are
	// more chunks, short fills are stored as data: the file becomes larger, the index
	// does not.
	maxViewChunks = 1 << 17

	// scanSize is the number of bytes for each read; a multiple of every block size.
	scanSize     = 256 << 10
	maxViewBlock = 64 << 10
)

// SparseView is the Android sparse file of an image (see sparse.go for the layout): its
// headers are made while it is read, its data are the image's own bytes. It is a
// flash.Image.
//
// Zeros become a fill with zeros, never "don't care", because a flash tool would leave
// the phone's old bytes there.
type SparseView struct {
	img    flash.Image
	block  int64
	head   [sparseHeader]byte
	chunks []viewChunk
	size   int64
	extent flash.Extent
}

// viewChunk is a chunk of the file. It ends where the next one begins.
type viewChunk struct {
	at     int64  // offset of its header in the file
	start  int64  // offset in the image
	blocks uint32 // of the image
	word   uint32 // to repeat, chunkFill
	kind   uint16
}

// header returns the chunk's header, with the word of a fill.
func (c viewChunk) header(block int64) []byte {
	b := make([]byte, chunkHeader, chunkHeader+4)
	binary.LittleEndian.PutUint16(b[offChunkType:], c.kind)
	binary.LittleEndian.PutUint32(b[offChunkBlocks:], c.blocks)
	binary.LittleEndian.PutUint32(b[offChunkBytes:], uint32(c.fileBytes(block)))
	if c.kind == chunkFill {
		b = binary.LittleEndian.AppendUint32(b, c.word)
	}
	return b
}

// fileBytes returns the chunk's length in the file.
func (c viewChunk) fileBytes(block int64) int64 {
	switch c.kind {
	case chunkRaw:
		return chunkHeader + int64(c.blocks)*block
	case chunkFill:
		return chunkHeader + 4
	}
	return chunkHeader
}

// NewSparseView reads img once, without its holes, and returns the sparse file for all
// of it. block is a power of two from 512 to 65536, usually 4096; the size of img must
// be a multiple of it. look, if not nil, gets the number of bytes read so far; an error
// that it returns ends the work and is returned.
func NewSparseView(img flash.Image, block int64, look func(done int64) error) (*SparseView, error) {
	size := img.Size()
	switch {
	case !powerOfTwo(block) || block < 512 || block > maxViewBlock:
		return nil, fmt.Errorf("image: a sparse file has blocks of 512 to %d bytes, not %d", maxViewBlock, block)
	case size <= 0 || size%block != 0 || size/block > math.MaxUint32:
		return nil, fmt.Errorf("image: 0x%x bytes are not a whole number of blocks of %d bytes", size, block)
	}
	l := chunkList{limit: maxViewChunks}
	if err := l.scan(img, block, look); err != nil {
		return nil, err
	}
	return l.view(img, block), nil
}

// view makes one file of the chunks.
func (l *chunkList) view(img flash.Image, block int64) *SparseView {
	v := beginView(img, block, 0)
	for _, c := range l.chunks {
		for c.blocks > 0 {
			v.take(&c, uint32(maxChunkBytes/block))
		}
	}
	v.finish()
	return v
}

// Size returns the length of the sparse file in bytes.
func (v *SparseView) Size() int64 { return v.size }

// Extent returns the range of the image that the file contains: all of it, or that of a
// piece.
func (v *SparseView) Extent() flash.Extent { return v.extent }

// Pieces cuts a file into several of at most limit bytes each, as fastboot does (AOSP
// libsparse, sparse_file_resparse). Each piece is a sparse file of the whole image,
// with "don't care" for the contents of the others. If all pieces are written, in any
// order, the result is the image. A file that is short enough is not cut.
func (v *SparseView) Pieces(limit int64) ([]*SparseView, error) {
	if v.size <= limit {
		return []*SparseView{v}, nil
	}
	// A header, a chunk of one block, and "don't care" on both sides.
	if smallest := sparseHeader + 3*chunkHeader + v.block; limit < smallest {
		return nil, fmt.Errorf("image: a piece of a sparse file needs at least %d bytes, but the limit is %d", smallest, limit)
	}
	var out []*SparseView
	p := beginView(v.img, v.block, v.extent.Offset)
	for _, c := range v.chunks {
		for c.blocks > 0 && c.kind != chunkDontCare {
			n := c.fit(limit-p.size-chunkHeader, v.block)
			if n == 0 {
				p.finish()
				out, p = append(out, p), beginView(v.img, v.block, c.start)
				continue
			}
			p.take(&c, n)
		}
	}
	p.finish()
	return append(out, p), nil
}

// fit returns how many blocks of the chunk fit into room bytes of a file.
func (c viewChunk) fit(room, block int64) uint32 {
	if c.kind == chunkFill {
		if room < chunkHeader+4 {
			return 0
		}
		return c.blocks
	}
	return uint32(min(max(room-chunkHeader, 0)/block, int64(c.blocks)))
}

// beginView begins a file whose data start at offset start of the image.
func beginView(img flash.Image, block, start int64) *SparseView {
	v := &SparseView{img: img, block: block, size: sparseHeader}
	v.skipTo(start)
	v.extent = flash.Extent{Offset: start}
	return v
}

// take appends up to n blocks of c and removes them from c.
func (v *SparseView) take(c *viewChunk, n uint32) {
	head := *c
	head.blocks = min(n, c.blocks)
	c.start += int64(head.blocks) * v.block
	c.blocks -= head.blocks
	v.append(head)
}

func (v *SparseView) append(c viewChunk) {
	c.at = v.size
	v.chunks = append(v.chunks, c)
	v.size += c.fileBytes(v.block)
	v.extent.Length += int64(c.blocks) * v.block
}

// skipTo adds don't care blocks up to that offset of the image.
func (v *SparseView) skipTo(off int64) {
	if from := v.extent.End(); from < off {
		v.append(viewChunk{start: from, blocks: uint32((off - from) / v.block), kind: chunkDontCare})
	}
}

// finish adds don't care blocks for the rest of the image and makes the file's header.
func (v *SparseView) finish() {
	held := v.extent
	v.skipTo(v.img.Size())
	v.extent = held
	le := binary.LittleEndian
	le.PutUint32(v.head[offSparseMagic:], sparseMagic)
	le.PutUint16(v.head[offSparseMajor:], 1)
	le.PutUint16(v.head[offSparseHeader:], sparseHeader)
	le.PutUint16(v.head[offSparseChunk:], chunkHeader)
	le.PutUint32(v.head[offSparseBlock:], uint32(v.block))
	le.PutUint32(v.head[offSparseBlocks:], uint32(v.img.Size()/v.block))
	le.PutUint32(v.head[offSparseChunks:], uint32(len(v.chunks)))
}

// ReadAt implements io.ReaderAt.
func (v *SparseView) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("image: read at negative offset %d", off)
	}
	n := 0
	for len(p) > 0 && off < v.size {
		m, err := v.readSome(p, off)
		n += m
		if err != nil {
			return n, err
		}
		p, off = p[m:], off+int64(m)
	}
	if len(p) > 0 {
		return n, io.EOF
	}
	return n, nil
}

// readSome reads from the one header or range of data that contains off.
func (v *SparseView) readSome(p []byte, off int64) (int, error) {
	if off < sparseHeader {
		return copy(p, v.head[off:]), nil
	}
	i := sort.Search(len(v.chunks), func(i int) bool { return v.chunks[i].at > off }) - 1
	c := v.chunks[i]
	off -= c.at
	if h := c.header(v.block); off < int64(len(h)) {
		return copy(p, h[off:]), nil
	}
	off -= chunkHeader
	p = p[:min(int64(len(p)), int64(c.blocks)*v.block-off)]
	return len(p), flash.ReadInto(v.img, p, c.start+off)
}

// chunkList collects the chunks of an image; their offsets in a file are computed
// later.
type chunkList struct {
	chunks []viewChunk
	end    int64 // of the image so far
	limit  int
	short  int64 // fills with fewer blocks are stored as data
}

// scan finds the type of each block of img.
func (l *chunkList) scan(img flash.Image, block int64, look func(int64) error) error {
	size, buf := img.Size(), make([]byte, scanSize)
	for l.end < size {
		d, err := flash.NextData(img, l.end)
		if err != nil {
			return fmt.Errorf("image: finding data after 0x%x: %w", l.end, err)
		}
		start, end := size, size
		if d.Length > 0 {
			start, end = max(d.Offset/block*block, l.end), min(align(d.End(), block), size)
		}
		l.add(chunkFill, 0, (start-l.end)/block, block)
		for l.end < end {
			b := buf[:min(scanSize, end-l.end)]
			if err := flash.ReadInto(img, b, l.end); err != nil {
				return fmt.Errorf("image: %w", err)
			}
			for ; len(b) > 0; b = b[block:] {
				if word, ok := repeats(b[:block]); ok {
					l.add(chunkFill, word, 1, block)
				} else {
					l.add(chunkRaw, 0, 1, block)
				}
			}
			if look == nil {
				continue
			}
			if err := look(l.end); err != nil {
				return err
			}
		}
	}
	return nil
}

// repeats reports whether b is one word repeated, and returns the word.
func repeats(b []byte) (uint32, bool) {
	return binary.LittleEndian.Uint32(b), bytes.Equal(b[4:], b[:len(b)-4])
}

// add appends blocks to the last chunk, or a chunk to the list.
func (l *chunkList) add(kind uint16, word uint32, blocks, block int64) {
	if blocks == 0 {
		return
	}
	l.chunks = extend(l.chunks, viewChunk{start: l.end, blocks: uint32(blocks), word: word, kind: kind})
	l.end += blocks * block
	if len(l.chunks) > l.limit {
		l.shrink()
	}
}

// extend appends c, and joins it with the last chunk if both have the same type and
// word.
func extend(chunks []viewChunk, c viewChunk) []viewChunk {
	if n := len(chunks); n > 0 && chunks[n-1].kind == c.kind && chunks[n-1].word == c.word {
		chunks[n-1].blocks += c.blocks
		return chunks
	}
	return append(chunks, c)
}

// shrink stores short fills as data, which joins the chunks around them. Half of the
// limit must then be free, so that it is not soon called again; if not, longer fills
// follow.
func (l *chunkList) shrink() {
	for l.short = max(l.short, 2); ; l.short *= 2 {
		out := l.chunks[:0]
		for _, c := range l.chunks {
			if c.kind == chunkFill && int64(c.blocks) < l.short {
				c.kind, c.word = chunkRaw, 0
			}
			out = extend(out, c)
		}
		if l.chunks = out; len(out) <= l.limit/2 {
			return
		}
	}
}
