package payload

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"sort"
	"sync/atomic"

	"github.com/mtkkit/mtkkit/flash"
)

// partition is the Image of a partition.
type partition struct {
	file  *cache
	name  string
	size  int64
	spans []span // in order of offset, without overlap
	holes []flash.Extent
	last  atomic.Int64 // number of the span that was read last
}

// maxTold is how many operations of a partition are reported one by one.
const maxTold = 16

// leftOut reports operations that cannot be right.
type leftOut struct {
	problems *flash.Problems
	name     string // of the partition
	n        int
}

func (l *leftOut) add(off int64, format string, a ...any) {
	if l.n++; l.n <= maxTold {
		l.problems.AddAt(flash.Error, l.name, off, format, a...)
	}
}

func (l *leftOut) end() {
	if l.n > maxTold {
		l.problems.Add(flash.Error, l.name, "and %d more operations are left out", l.n-maxTold)
	}
}

// span is a range of a partition that one operation writes.
type span struct {
	flash.Extent
	at int64 // offset in what the operation writes
	op *source
}

// add takes the operations of an update, and returns the size of the partition. Base is the
// offset of all data in the file.
func (p *partition) add(u *update, block, base int64, ps *flash.Problems) int64 {
	if u.size > math.MaxInt64 {
		ps.Add(flash.Error, u.name, "its size, %d bytes, is impossible", u.size)
		return 0
	}
	p.size = int64(u.size)
	room := (p.size + block - 1) / block * block // the last block may end behind the partition
	out := &leftOut{problems: ps, name: u.name}
	for i := range u.operations {
		spans, why := p.spansOf(&u.operations[i], i, block, base, room)
		if why != "" {
			out.add(flash.NoOffset, "operation %d is left out: %s", i, why)
			continue
		}
		p.spans = append(p.spans, spans...)
	}
	slices.SortStableFunc(p.spans, func(a, b span) int { return cmp.Compare(a.Offset, b.Offset) })
	p.dropOverlaps(out)
	out.end()
	var written []flash.Extent
	for _, s := range p.spans {
		written = append(written, s.Extent)
	}
	p.holes = flash.Without([]flash.Extent{{Length: p.size}}, written)
	if n := flash.Total(p.holes); n > 0 {
		ps.Add(flash.Error, u.name, "the payload lacks %s of its %s", flash.Size(n), flash.Size(p.size))
	}
	return p.size
}

// spansOf returns the ranges that an operation writes, or why it cannot be right.
func (p *partition) spansOf(op *operation, index int, block, base, room int64) (out []span, why string) {
	src := &source{kind: op.kind, index: index, sum: op.sum}
	for _, w := range op.writes {
		e, ok := w.bytes(block, room)
		if !ok {
			return nil, fmt.Sprintf("it writes %d blocks from block %d on, beyond the end of the partition", w.count, w.start)
		}
		if e.Length > 0 {
			out = append(out, span{Extent: e, at: src.length, op: src})
			src.length += e.Length
		}
	}
	if !op.kind.hasData() {
		return out, ""
	}
	data, err := flash.NewExtent(op.data.start, op.data.count)
	data.Offset += base
	switch {
	case err != nil || data.Offset < base || data.End() < 0 || data.End() > p.file.img.Size():
		return nil, fmt.Sprintf("its data, %d bytes at %d, are not in the file", op.data.count, op.data.start)
	case src.length > maxUnpacked || data.Length > maxUnpacked:
		return nil, fmt.Sprintf("it writes %s, at most %s are read", flash.Size(src.length), flash.Size(maxUnpacked))
	}
	src.data = data
	return out, ""
}

// dropOverlaps leaves out ranges that a former one writes, too.
func (p *partition) dropOverlaps(out *leftOut) {
	end := int64(0)
	p.spans = slices.DeleteFunc(p.spans, func(s span) bool {
		if s.Offset < end {
			out.add(s.Offset, "two operations write the same blocks: number %d is left out", s.op.index)
			return true
		}
		end = s.End()
		return false
	})
}

// Size returns the size of the partition in bytes.
func (p *partition) Size() int64 { return p.size }

// from returns the index of the first span that ends behind off.
func (p *partition) from(off int64) int {
	return sort.Search(len(p.spans), func(i int) bool { return p.spans[i].End() > off })
}

// ReadAt implements io.ReaderAt. Holes read as zeros.
func (p *partition) ReadAt(b []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("payload: %s: read at negative offset %d", p.name, off)
	}
	if off >= p.size {
		return 0, io.EOF
	}
	if left := p.size - off; int64(len(b)) > left {
		b, err = b[:left], io.EOF
	}
	clear(b)
	end := off + int64(len(b))
	for i := p.from(off); i < len(p.spans) && p.spans[i].Offset < end; i++ {
		s := p.spans[i]
		from, to := max(off, s.Offset), min(end, s.End())
		if !s.op.kind.hasData() {
			continue
		}
		p.readAhead(i)
		data, err := p.file.unpack(s.op)
		if err != nil {
			return int(from - off), fmt.Errorf("payload: %s: operation %d: %w", flash.Shown(p.name), s.op.index, err)
		}
		copy(b[from-off:to-off], data[s.at+from-s.Offset:])
	}
	return len(b), err
}

// readAhead begins to unpack the operation after span i if the spans are read one after the other:
// decompression is slower than disks, and can use another processor.
func (p *partition) readAhead(i int) {
	before := int(p.last.Swap(int64(i)))
	next := p.dataAfter(i)
	if next < len(p.spans) && p.dataAfter(before) == i && p.spans[next].op.length <= maxAhead {
		p.file.ahead(p.spans[next].op)
	}
}

// dataAfter returns the number of the next span that has data of another operation.
func (p *partition) dataAfter(i int) int {
	op := p.spans[i].op
	for i++; i < len(p.spans) && (p.spans[i].op == op || !p.spans[i].op.kind.hasData()); i++ {
	}
	return i
}

// Holes implements flash.HoleFinder: what no operation writes.
func (p *partition) Holes(e flash.Extent) []flash.Extent { return flash.Within(p.holes, e) }

// NextData implements flash.DataFinder.
func (p *partition) NextData(off int64) (flash.Extent, error) {
	for _, s := range p.spans[p.from(off):] {
		if s.op.kind.hasData() {
			from := max(off, s.Offset)
			return flash.Extent{Offset: from, Length: s.End() - from}.Clip(p.size), nil
		}
	}
	return flash.Extent{Offset: p.size}, nil
}

// Check implements flash.Checker.
func (p *partition) Check() error { return flash.Check(p.file.img) }
