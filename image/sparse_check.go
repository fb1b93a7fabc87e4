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

// crc is what a checksum chunk says of the image up to its place.
type crc struct {
	end int64 // in the image
	sum uint32
	at  int64 // offset of the sum in the file
}

// addCRC takes a checksum chunk. Those beyond the bound of the index are passed over:
// the later ones hold for what comes before them too.
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

// CheckCRC compares the checksums that the file holds with the image: those of chunks,
// and the one in the header unless that is 0. It reads nothing when there are none.
// AOSP's readers count what the file does not say as zeros, its writers leave it out
// (libsparse: process_skip_chunk, write_sparse_skip_chunk): either sum is right.
// Look, unless nil, is told how far it has come; an error of its own ends it.
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
			problems = append(problems, flash.NewProblem(flash.Error, "sparse image", want.at, "the CRC-32 of the first 0x%x bytes is %08x, the file says %08x", want.end, sum.all, want.sum))
			return problems, nil // all that follow are wrong too
		}
	}
	return problems, nil
}

// sparseSum is the CRC-32 of an image so far: with zeros for what the file does not say,
// and of what it says only.
type sparseSum struct {
	s         *Sparse
	look      func(done int64) error
	buf       []byte
	all, said uint32
}

// add continues from one place to another.
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

// JoinSparse lays the pieces of an image over each other: each stands for the whole, and
// "don't care" for what the others hold. What several say is the last one's. Said is
// how many bytes are data or zeros by the pieces' words: more than the image has, when
// several say the same bytes.
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

// joined is an image of several pieces. It has holes where none of them says anything.
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

// silent returns what no piece says.
func silent(pieces []*Sparse, size int64) []flash.Extent {
	var said []flash.Extent
	for _, p := range pieces {
		whole := []flash.Extent{{Length: p.size}}
		said = append(said, flash.Without(whole, flash.Holes(p))...)
	}
	return flash.Without([]flash.Extent{{Length: size}}, said)
}
