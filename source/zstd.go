package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"

	"github.com/mtkkit/mtkkit/flash"
)

// Limits for a zstd file that is read in place.
const (
	maxFrame   = 16 << 20 // content of one frame, bytes
	frameCache = 32 << 20 // content kept in memory, bytes
	maxFrames  = 1 << 20  // 64 GB in frames of 64 KiB

	blockHeader  = 3 // RFC 8878 §3.1.1.2
	blockRLE     = 1
	blockInvalid = 3
	frameSum     = 4
)

// errNotFrames means that a zstd file must be unpacked from its start.
var errNotFrames = errors.New("source: not made of small frames of stated size")

// openZstd reads a file of many small frames in place, as pzstd and other parallel compressors
// write them, and unpacks any other file.
func (s *Source) openZstd(ctx context.Context, in flash.Image, name string) (flash.Image, error) {
	f, err := readFrames(in)
	if errors.Is(err, errNotFrames) {
		return s.openStream(ctx, in, name)
	}
	if err != nil {
		return nil, fmt.Errorf("source: %s: %w", name, err)
	}
	s.closers = append(s.closers, f)
	return f, nil
}

// frames is a zstd file of many frames, each of which can be unpacked alone:
//
//	┌────────────┬────────────┬─ … ─┬────────────┬───────────────┐
//	│ frame 0    │ frame 1    │     │ frame n    │ (skippable)   │
//	└────────────┴────────────┴─ … ─┴────────────┴───────────────┘
//	header with the content's size · blocks, each with its length · checksum
//
// The frames that were used last are kept unpacked.
type frames struct {
	img   flash.Image
	index []frame // in order, none empty
	size  int64
	dec   *zstd.Decoder

	mu    sync.Mutex
	cache []*content // the last used one first
	keep  int
}

// frame is the position of one frame. Its content ends where the next one's starts.
type frame struct {
	at, length int64        // in the file
	start      int64        // of the content in the image
	zero       atomic.Int32 // whether the content is all zero: yes, no, or still unknown
}

// Values of frame.zero.
const (
	unknown = iota
	holdsZeros
	holdsData
)

// content is an unpacked frame, or one that is being unpacked.
type content struct {
	frame int
	once  sync.Once
	bytes []byte
	err   error
}

// readFrames finds the frames and unpacks almost none. The error is errNotFrames if they are too
// large, do not state their size, or if one is damaged.
func readFrames(img flash.Image) (*frames, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxFrame), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	f := &frames{img: img, dec: dec}
	if err := f.find(); err != nil {
		dec.Close()
		return nil, err
	}
	return f, nil
}

// find builds the index.
func (f *frames) find() error {
	largest := int64(0)
	for at := int64(0); at < f.img.Size(); {
		length, size, err := f.readFrame(at)
		if err != nil {
			return err
		}
		if size > 0 {
			if len(f.index) == maxFrames {
				return errNotFrames
			}
			f.index = append(f.index, frame{at: at, length: length, start: f.size})
			f.size += size
			largest = max(largest, size)
		}
		at += length
	}
	if f.size == 0 {
		return errNotFrames
	}
	f.keep = int(min(max(frameCache/largest, 2), 64))
	return nil
}

// readFrame returns the length of the frame at an offset and the size of its content, which is 0
// for a skippable frame.
func (f *frames) readFrame(at int64) (length, size int64, err error) {
	b := make([]byte, zstd.HeaderMaxSize)
	n, err := f.img.ReadAt(b, at)
	if err != nil && err != io.EOF {
		return 0, 0, err
	}
	var h zstd.Header
	if h.Decode(b[:n]) != nil {
		return 0, 0, errNotFrames
	}
	if h.Skippable {
		return int64(h.HeaderSize) + int64(h.SkippableSize), 0, nil
	}
	oneBlock := h.FirstBlock.OK && h.FirstBlock.Last
	if h.FrameContentSize > maxFrame || h.DictionaryID != 0 || !h.HasFCS && !oneBlock {
		return 0, 0, errNotFrames
	}
	end, err := f.skipBlocks(at + int64(h.HeaderSize))
	if err != nil {
		return 0, 0, err
	}
	if h.HasCheckSum {
		end += frameSum
	}
	if end > f.img.Size() {
		return 0, 0, errNotFrames
	}
	length, size = end-at, int64(h.FrameContentSize)
	if !h.HasFCS {
		size, err = f.sizeOf(at, length)
		return length, size, err
	}
	// A frame is never much larger than its content. One that says so is refused, to save memory.
	if length > 2*size+4096 {
		return 0, 0, errNotFrames
	}
	return length, size, nil
}

// skipBlocks returns the end of the blocks that begin at an offset.
func (f *frames) skipBlocks(at int64) (end int64, err error) {
	for end = at; ; {
		b, err := flash.ReadFull(f.img, end, blockHeader)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, errNotFrames
		}
		if err != nil {
			return 0, err
		}
		v := int64(b[0]) | int64(b[1])<<8 | int64(b[2])<<16
		kind, n := v>>1&3, v>>3
		switch kind {
		case blockRLE:
			n = 1
		case blockInvalid:
			return 0, errNotFrames
		}
		end += blockHeader + n
		if v&1 == 1 { // the last block
			return end, nil
		}
	}
}

// sizeOf unpacks a frame of one block to get its size. Encoders leave out the size of very short
// frames.
func (f *frames) sizeOf(at, length int64) (int64, error) {
	packed, err := flash.ReadFull(f.img, at, int(length))
	if err != nil {
		return 0, err
	}
	b, err := f.dec.DecodeAll(packed, nil)
	if err != nil {
		return 0, errNotFrames
	}
	return int64(len(b)), nil
}

// Size returns the length of the content in bytes.
func (f *frames) Size() int64 { return f.size }

// Close frees the decoder.
func (f *frames) Close() error {
	f.dec.Close()
	return nil
}

// at returns the frame that contains off, which must be within the content.
func (f *frames) at(off int64) int {
	return sort.Search(len(f.index), func(i int) bool { return f.index[i].start > off }) - 1
}

func (f *frames) end(i int) int64 {
	if i+1 < len(f.index) {
		return f.index[i+1].start
	}
	return f.size
}

// ReadAt implements io.ReaderAt.
func (f *frames) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("source: read at negative offset %d", off)
	}
	for off < f.size && n < len(p) {
		i := f.at(off)
		b, err := f.unpacked(i)
		if err != nil {
			return n, err
		}
		m := copy(p[n:], b[off-f.index[i].start:])
		n, off = n+m, off+int64(m)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// unpacked returns the content of frame i. If several callers need the same frame at once, it is
// unpacked once.
func (f *frames) unpacked(i int) ([]byte, error) {
	c := f.lookUp(i)
	c.once.Do(func() { c.bytes, c.err = f.unpack(i) })
	return c.bytes, c.err
}

func (f *frames) lookUp(i int) *content {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n, c := range f.cache {
		if c.frame == i {
			copy(f.cache[1:n+1], f.cache[:n])
			f.cache[0] = c
			return c
		}
	}
	if len(f.cache) < f.keep {
		f.cache = append(f.cache, nil)
	}
	copy(f.cache[1:], f.cache)
	f.cache[0] = &content{frame: i}
	return f.cache[0]
}

func (f *frames) unpack(i int) ([]byte, error) {
	fr := &f.index[i]
	packed, err := flash.ReadFull(f.img, fr.at, int(fr.length))
	if err != nil {
		return nil, err
	}
	size := f.end(i) - fr.start
	b, err := f.dec.DecodeAll(packed, make([]byte, 0, size))
	if err == nil && int64(len(b)) != size {
		err = fmt.Errorf("%d bytes were unpacked instead of %d", len(b), size)
	}
	if err != nil {
		return nil, fmt.Errorf("source: zstd frame %d at 0x%x (0x%x of the dump): %w", i, fr.at, fr.start, err)
	}
	return b, nil
}

// NextData implements flash.DataFinder. Frames of zeros are very short, so only very short
// frames are unpacked to find out. A damaged one counts as data, because reading it must fail.
func (f *frames) NextData(off int64) (flash.Extent, error) {
	for off < f.size {
		i := f.at(off)
		end := f.end(i)
		if !f.isZero(i, end-f.index[i].start) {
			return flash.Extent{Offset: off, Length: end - off}, nil
		}
		off = end
	}
	return flash.Extent{Offset: f.size}, nil
}

func (f *frames) isZero(i int, size int64) bool {
	fr := &f.index[i]
	if fr.length > size/256+64 {
		return false
	}
	if fr.zero.Load() == unknown {
		state := int32(holdsData)
		if b, err := f.unpacked(i); err == nil && flash.IsZero(b) {
			state = holdsZeros
		}
		fr.zero.Store(state)
	}
	return fr.zero.Load() == holdsZeros
}
