package image

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"slices"
	"sort"

	"github.com/mtkkit/mtkkit/flash"
)

// crc is the checksum of the image up to an offset, from a checksum chunk.
type crc struct {
	end int64 // in the image
	sum uint32
	at  int64 // offset of the sum in the file
}

// addCRC adds a checksum chunk. If there are too many, the last replaces the one
// before: a later checksum also covers the bytes of the earlier ones.
func (s *Sparse) addCRC(at int64) (why string, err error) {
	b, err := flash.ReadFull(s.img, at, 4)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "is cut", nil
	}
	if err != nil {
		return "", sparseError(at, "checksum", err)
	}
	c := crc{s.size, binary.LittleEndian.Uint32(b), at}
	if n := len(s.crcs); n == maxSparseRuns {
		s.crcs[n-1] = c
	} else {
		s.crcs = append(s.crcs, c)
	}
	return "", nil
}

// CheckCRC compares the checksums in the file with the image: those of chunks, and the
// one in the header unless it is 0. It reads nothing if there are none. AOSP's readers
// count don't care blocks as zeros, AOSP's writers do not count them (libsparse:
// process_skip_chunk, write_sparse_skip_chunk), so both sums are accepted. look, if not
// nil, gets the number of bytes read so far; an error that it returns ends the work and
// is returned.
func (s *Sparse) CheckCRC(look func(done int64) error) ([]flash.Problem, error) {
	sums := s.crcs
	h, err := flash.ReadFull(s.img, 0, sparseHeader)
	if err != nil {
		return nil, err
	}
	if v := binary.LittleEndian.Uint32(h[offSparseCRC:]); v != 0 {
		sums = append(slices.Clip(sums), crc{s.size, v, offSparseCRC})
	}
	var problems []flash.Problem
	sum, done := sparseSum{s: s, look: look, buf: make([]byte, 1<<20)}, int64(0)
	for _, want := range sums {
		if err := sum.add(done, want.end); err != nil {
			return problems, err
		}
		if done = want.end; sum.all != want.sum && sum.said != want.sum {
			problems = append(problems, flash.NewProblem(flash.Error, "sparse image", want.at, "the CRC-32 of the first 0x%x bytes is %08x, but the file contains %08x", want.end, sum.all, want.sum))
			return problems, nil // all later ones are wrong, too
		}
	}
	return problems, nil
}

// sparseSum holds two CRC-32 sums of an image so far: with zeros for don't care blocks,
// and without these blocks.
type sparseSum struct {
	s         *Sparse
	look      func(done int64) error
	buf       []byte
	all, said uint32
}

// add continues the sums from one offset to another.
func (c *sparseSum) add(from, to int64) error {
	for from < to {
		i := c.s.at(from)
		b := c.buf[:min(int64(len(c.buf)), min(to, c.s.end(i))-from)]
		if err := flash.ReadInto(c.s, b, from); err != nil {
			return err
		}
		c.all = crc32.Update(c.all, crc32.IEEETable, b)
		if c.s.runs[i].source != unsaid {
			c.said = crc32.Update(c.said, crc32.IEEETable, b)
		}
		if from += int64(len(b)); c.look == nil {
			continue
		}
		if err := c.look(from); err != nil {
			return err
		}
	}
	return nil
}

// JoinSparse joins the pieces of an image: each piece is for the whole image and has
// don't care blocks for the contents of the others. If several pieces contain a range,
// the last one is used. said is the number of bytes that the pieces contain, data or
// zeros. It is larger than the image if several pieces contain the same bytes.
func JoinSparse(pieces []*Sparse) (img flash.Image, said int64, err error) {
	var size int64
	for _, p := range pieces {
		size = max(size, p.size)
		said += p.size - p.DontCare
	}
	if len(pieces) == 1 {
		return pieces[0], said, nil
	}
	all := flash.NewStitched(size)
	for _, p := range slices.Backward(pieces) {

		for off := int64(0); off < p.size; {
			d, err := p.NextData(off)
			if err != nil {
				return nil, 0, err
			}
			if d.Length == 0 {
				break
			}
			all.Add(d.Offset, flash.Slice(p, d))
			off = d.End()
		}
	}
	return &joined{all, silent(pieces, size)}, said, nil
}

// joined is an image made of several pieces. Ranges that no piece contains are holes.
type joined struct {
	*flash.Stitched
	silent []flash.Extent // in order
}

// Holes implements flash.HoleFinder.
func (j *joined) Holes(e flash.Extent) (out []flash.Extent) {
	i := sort.Search(len(j.silent), func(i int) bool { return j.silent[i].End() > e.Offset })
	for ; i < len(j.silent) && j.silent[i].Offset < e.End(); i++ {
		out = append(out, flash.Within(j.silent[i:i+1], e)...)
	}
	return out
}

// silent returns the ranges that no piece contains.
func silent(pieces []*Sparse, size int64) []flash.Extent {
	var said []flash.Extent
	for _, p := range pieces {
		whole := []flash.Extent{{Length: p.size}}
		said = append(said, flash.Without(whole, flash.Holes(p))...)
	}
	return flash.Without([]flash.Extent{{Length: size}}, said)
}
