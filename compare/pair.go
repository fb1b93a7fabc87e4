package compare

import (
	"cmp"
	"context"
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
)

// couple is a partition of A and the same one of B; one of them may be nil.
type couple struct{ a, b *item }

// pair finds for each item of a side that of the other: those of A in order, then the rest of B.
// Of a dump and a package, the dump comes first, because one image may be for both slots.
func pair(x, y *side) (out []couple) {
	if x.firmware && !y.firmware {
		out = pair(y, x)
		for i, p := range out {
			out[i] = couple{p.b, p.a}
		}
		return out
	}
	used := map[*item]bool{}
	for i := range x.items {
		p := couple{&x.items[i], y.find(&x.items[i])}
		used[p.b] = true
		out = append(out, p)
	}
	for i := range y.items {
		if it := &y.items[i]; !used[it] {
			out = append(out, couple{b: it})
		}
	}
	return out
}

// main returns the item that gives the row its name: that of A, but of the phone if A is a package.
func (p *couple) main() *item {
	if p.a == nil || p.b != nil && p.a.firmware && !p.b.firmware {
		return p.b
	}
	return p.a
}

func (p *couple) name() string { return p.main().name }

// row returns the row without a result.
func (p *couple) row() Row {
	it := p.main()
	row := Row{Name: it.name, Region: it.region, Kind: it.kind, Class: it.class, Logical: it.logical, State: Equal,
		Offset: it.Offset, Sizes: map[Name]int64{}, Usual: usual(it.name), couple: *p}
	if it.loose {
		row.Offset = flash.Unplaced
	}
	if p.a != nil {
		row.Sizes[A] = p.a.Length
	}
	if p.b != nil {
		row.Sizes[B] = p.b.Length
	}
	return row
}

// work returns the number of bytes that are read of each side, at the most.
func (p *couple) work() int64 {
	if p.a == nil || p.b == nil || p.moved() && usual(p.name()) != "" {
		return 0
	}
	return min(p.a.img.Size(), p.b.img.Size())
}

// moved reports whether two phones have the partition at other offsets.
func (p *couple) moved() bool {
	return !p.a.loose && !p.b.loose && (p.a.Extent != p.b.Extent || p.a.region != p.b.region)
}

// compare compares the bytes of the two.
func (p *couple) compare(ctx context.Context, seen func(int64)) (Row, error) {
	row := p.row()
	switch {
	case p.b == nil:
		row.State = OnlyInA
		return row, nil
	case p.a == nil:
		row.State = OnlyInB
		return row, nil
	case p.moved() && row.Usual != "":
		row.State, row.Detail = Moved, p.places()
		return row, nil
	}
	err := p.settle()
	if err == nil {
		err = p.bytes(ctx, &row, seen)
	}
	if err == nil && row.Usual == "" {
		err = p.behind(ctx, &row)
	}
	p.tell(&row)
	return row, err
}

// settle has the packed images of a package unpacked: then they know what they leave out.
func (p *couple) settle() error {
	for _, it := range []*item{p.a, p.b} {
		if !it.firmware {
			continue
		}
		if _, err := flash.NextData(it.img, 0); err != nil {
			return err
		}
	}
	return nil
}

// bytes compares what both have.
func (p *couple) bytes(ctx context.Context, row *Row, seen func(int64)) error {
	for _, e := range p.known() {
		list, sectors, err := flash.Differences(ctx, flash.Slice(p.a.img, e), flash.Slice(p.b.img, e), maxRanges, func(n int64) { seen(row.Compared + n) })
		row.add(e.Offset, list, sectors)
		if err != nil {
			return err
		}
		row.Compared += e.Length
	}
	return nil
}

// behind looks at what the longer one has behind the end of the shorter: an image of a package is
// shorter than its partition. Zeros and erased flash are nothing.
func (p *couple) behind(ctx context.Context, row *Row) error {
	if !p.a.firmware && !p.b.firmware || p.a.Length == p.b.Length {
		return nil
	}
	end, long, silent := p.a.Length, p.b, p.b.firmware
	if p.b.Length < end {
		end, long, silent = p.b.Length, p.a, p.a.firmware
	}
	known := flash.Without([]flash.Extent{{Offset: end, Length: long.img.Size() - end}}, long.unread)
	if silent {
		known = flash.Without(known, flash.Holes(long.img))
	}
	for _, e := range known {
		list, sectors, err := flash.Content(ctx, flash.Slice(long.img, e), maxRanges)
		row.add(e.Offset, list, sectors)
		if err != nil {
			return err
		}
	}
	return nil
}

// add adds ranges that begin at an offset.
func (r *Row) add(offset int64, list []flash.Extent, sectors int64) {
	for _, e := range list {
		r.Ranges = append(r.Ranges, flash.Extent{Offset: offset + e.Offset, Length: e.Length})
	}
	r.Ranges = flash.Shorten(r.Ranges, maxRanges)
	r.Sectors += sectors
}

// known returns the ranges that both sides have. Of a firmware image, what it leaves out is not
// compared: a phone keeps what it has there.
func (p *couple) known() []flash.Extent {
	end := min(p.a.img.Size(), p.b.img.Size())
	return flash.Without([]flash.Extent{{Length: end}}, flash.Union(p.a.unread, p.b.unread, p.silent()))
}

// silent returns the ranges that the images of packages leave out on purpose.
func (p *couple) silent() []flash.Extent { return append(p.a.silent(), p.b.silent()...) }

// silent returns the ranges that an image leaves out. What the package should have, and has lost, is
// unread.
func (it *item) silent() []flash.Extent {
	if !it.firmware {
		return nil
	}
	return flash.Without(flash.Holes(it.img), it.unread)
}

// wanted returns the ranges that should be compared. Behind the shorter one of a dump and a package
// nothing needs to be known.
func (p *couple) wanted() []flash.Extent {
	end := max(p.a.Length, p.b.Length)
	if p.a.firmware || p.b.firmware {
		end = min(p.a.Length, p.b.Length)
	}
	return flash.Without([]flash.Extent{{Length: end}}, p.silent())
}

// tell sets the state of a row whose bytes were compared.
func (p *couple) tell(row *Row) {
	want := flash.Total(p.wanted())
	end := min(p.a.Length, p.b.Length)
	switch {
	case p.moved():
		row.State, row.Detail = Moved, p.places()+"; "+cmp.Or(row.where(), "what both have is equal")
	case len(row.Ranges) > 0 && row.First() >= end && (p.a.firmware || p.b.firmware):
		row.State, row.Detail = Differs, fmt.Sprintf("equal as far as the shorter one goes (0x%x bytes); behind it other data, %s", end, row.where())
	case len(row.Ranges) > 0:
		row.State, row.Detail = Differs, row.where()
	case p.a.Length != p.b.Length && !p.a.firmware && !p.b.firmware:
		row.State, row.Detail = Differs, fmt.Sprintf("A has %s, B has %s; what both have is equal", flash.Size(p.a.Length), flash.Size(p.b.Length))
	case row.Compared < want:
		row.State, row.Detail = Unknown, fmt.Sprintf("both have %s of %s, and these are equal", flash.Size(row.Compared), flash.Size(want))
	}
}

// places says where both phones have a partition.
func (p *couple) places() string {
	if p.a.region != p.b.region {
		return fmt.Sprintf("A has it in %s at %v, B in %s at %v", p.a.region, p.a.Extent, p.b.region, p.b.Extent)
	}
	return fmt.Sprintf("A has it at %v, B at %v", p.a.Extent, p.b.Extent)
}

// where says which bytes differ, "" for none.
func (r *Row) where() string {
	switch len(r.Ranges) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("from 0x%x to 0x%x (%s)", r.First(), r.Ranges[0].End(), flash.Size(r.Sectors*512))
	}
	more := map[bool]string{true: " or more"}[len(r.Ranges) == maxRanges] // they may have been joined
	return fmt.Sprintf("from 0x%x on, in %d%s ranges (%s)", r.First(), len(r.Ranges), more, flash.Size(r.Sectors*512))
}
