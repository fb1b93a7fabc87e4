package imgtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/mtkkit/mtkkit/flash"
)

// block is the unit in which a Sparse stores data, in bytes.
const block = 4096

// Sparse is an image in memory that uses memory only for its data: 31 GB with a few MB
// of data need a few MB. Bytes that were never written are read as zero. It is a
// flash.Image and a flash.DataFinder. It may be written while others read it, and a
// test can damage it.
type Sparse struct {
	mu     sync.RWMutex
	size   int64
	blocks map[int64][]byte // block number → block bytes
	order  []int64          // sorted keys of blocks, nil when stale
}

// NewSparse returns an image of size zero bytes.
func NewSparse(size int64) *Sparse {
	return &Sparse{size: size, blocks: map[int64][]byte{}}
}

// Size returns the length of the image in bytes.
func (s *Sparse) Size() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.size
}

// ReadAt implements io.ReaderAt.
func (s *Sparse) ReadAt(p []byte, off int64) (int, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if off < 0 {
		return 0, fmt.Errorf("imgtest: read at negative offset %d", off)
	}
	if off >= s.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), s.size-off))
	for done := 0; done < n; {
		at := off + int64(done)
		part := p[done:min(n, done+int(block-at%block))]
		if b, ok := s.blocks[at/block]; ok {
			copy(part, b[at%block:])
		} else {
			clear(part)
		}
		done += len(part)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt implements io.WriterAt. If p does not fit, it writes nothing.
func (s *Sparse) WriteAt(p []byte, off int64) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if off < 0 || off+int64(len(p)) > s.size {
		return 0, fmt.Errorf("imgtest: write of %d bytes at 0x%x does not fit in 0x%x", len(p), off, s.size)
	}
	for done := 0; done < len(p); {
		at := off + int64(done)
		part := p[done:min(len(p), done+int(block-at%block))]
		s.writeBlock(at, part)
		done += len(part)
	}
	return len(p), nil
}

// writeBlock writes within one block, and removes blocks that became all zero.
func (s *Sparse) writeBlock(at int64, part []byte) {
	b, ok := s.blocks[at/block]
	if !ok {
		if allZero(part) {
			return
		}
		b = make([]byte, block)
		s.blocks[at/block] = b
		s.order = nil
	}
	copy(b[at%block:], part)
	if allZero(b) {
		delete(s.blocks, at/block)
		s.order = nil
	}
}

// Put writes b at off; it panics if b does not fit.
func (s *Sparse) Put(off int64, b []byte) {
	if _, err := s.WriteAt(b, off); err != nil {
		panic(err)
	}
}

// Zero sets n bytes at off to zero, as after a failed read or an erase.
func (s *Sparse) Zero(off, n int64) {
	var zeros [block]byte
	for end := off + n; off < end; {
		step := min(end-off, block-off%block)
		if d, _ := s.NextData(off); d.Offset >= off+step {
			step = min(end, d.Offset) - off // there is nothing to set to zero before this offset
		} else {
			s.Put(off, zeros[:step])
		}
		off += step
	}
}

// Truncate makes the image longer (with zeros) or shorter (as a short read-back), in
// bytes.
func (s *Sparse) Truncate(size int64) {
	if old := s.Size(); size < old {
		s.Zero(size, min(old-size, block-size%block)) // the part of a block at the new end
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := range s.blocks {
		if n*block >= size {
			delete(s.blocks, n)
		}
	}
	s.size, s.order = size, nil
}

// NextData implements flash.DataFinder, by whole blocks.
func (s *Sparse) NextData(off int64) (flash.Extent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.order == nil {
		s.order = make([]int64, 0, len(s.blocks))
		for n := range s.blocks {
			s.order = append(s.order, n)
		}
		slices.Sort(s.order)
	}
	i, _ := slices.BinarySearch(s.order, off/block)
	if off >= s.size || i == len(s.order) {
		return flash.Extent{Offset: s.size}, nil
	}
	start := max(off, s.order[i]*block)
	last := i
	for last+1 < len(s.order) && s.order[last+1] == s.order[last]+1 {
		last++
	}
	end := min((s.order[last]+1)*block, s.size)
	return flash.Extent{Offset: start, Length: end - start}, nil
}

// Range returns a copy of the bytes of e, cut to the image.
func (s *Sparse) Range(e flash.Extent) []byte {
	e = e.Clip(s.Size())
	b := make([]byte, e.Length)
	if _, err := s.ReadAt(b, e.Offset); err != nil && !errors.Is(err, io.EOF) {
		panic(err)
	}
	return b
}

// Bytes returns a copy of the whole image; use it only for small images.
func (s *Sparse) Bytes() []byte { return s.Range(flash.Extent{Length: s.Size()}) }

// Clone returns a copy that can be damaged without changing s.
func (s *Sparse) Clone() *Sparse {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c := NewSparse(s.size)
	for n, b := range s.blocks {
		c.blocks[n] = bytes.Clone(b)
	}
	return c
}

// WriteFile writes the image as a new file, with holes where there is no data.
func (s *Sparse) WriteFile(path string) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.Truncate(s.Size()); err != nil {
		return err
	}
	for off := int64(0); ; {
		d, err := s.NextData(off)
		if err != nil || d.Length == 0 {
			return err
		}
		if _, err := f.WriteAt(s.Range(d), d.Offset); err != nil {
			return err
		}
		off = d.End()
	}
}

func allZero(b []byte) bool {
	return len(b) == 0 || b[0] == 0 && bytes.Equal(b[1:], b[:len(b)-1])
}
