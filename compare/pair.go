package compare

import (
	"context"
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
)

// couple is a partition of A and the same one of B; one of them may be nil.
type couple struct {
	a, b   *item
	fa, fb bool // the side is a firmware package
}

// pair finds for each item of a side that of the other: those of A in order, then the rest of B.
func pair(x, y *side) (out []couple) {
	used := map[*item]bool{}
	for i := range x.items {
		p := couple{a: &x.items[i], b: y.find(&x.items[i]), fa: x.firmware, fb: y.firmware}
		used[p.b] = true
		out = append(out, p)
	}
	for i := range y.items {
		it := &y.items[i]
		if used[it] {
			continue
		}
		a := x.find(it) // both slots of B and the one image of A
		if a != nil && !x.firmware {
			a = nil
		}
		out = append(out, couple{a: a, b: it, fa: x.firmware, fb: y.firmware})
	}
	return out
}

// any returns the item of A, or else that of B.
func (p *couple) any() *item {
	if p.a != nil && (p.b == nil || !p.fa || p.fb) {
		return p.a
	}
	return p.b
}

func (p *couple) name() string { return p.any().name }

// compare compares the bytes of the two.
func (p *couple) compare(ctx context.Context) (Row, error) {
	it := p.any()
	row := Row{Name: it.name, Region: it.region, Kind: it.kind, Logical: it.logical, State: Equal, Usual: usual(it.name)}
	switch {
	case p.b == nil:
		row.State = OnlyInA
		return row, nil
	case p.a == nil:
		row.State = OnlyInB
		return row, nil
	case !p.a.loose && !p.b.loose && !p.fa && !p.fb && p.a.Extent != p.b.Extent:
		row.State, row.Detail = Moved, fmt.Sprintf("A has it at %v, B at %v", p.a.Extent, p.b.Extent)
		return row, nil
	}
	known := p.known()
	row.Compared = flash.Total(known)
	for _, e := range known {
		list, sectors, err := flash.Differences(ctx, flash.Slice(p.a.img, e), flash.Slice(p.b.img, e), maxRanges)
		if err != nil {
			return row, err
		}
		for _, d := range list {
			row.Ranges = append(row.Ranges, flash.Extent{Offset: e.Offset + d.Offset, Length: d.Length})
		}
		row.Sectors += sectors
	}
	row.Ranges = row.Ranges[:min(len(row.Ranges), maxRanges)]
	p.tell(&row)
	return row, nil
}

// known returns the ranges that both sides have. Of a firmware image, what it leaves out is not
// compared: a phone keeps what it has there.
func (p *couple) known() []flash.Extent {
	end := min(p.a.img.Size(), p.b.img.Size())
	return flash.Without([]flash.Extent{{Length: end}}, flash.Union(p.a.unread, p.b.unread, p.silent()))
}

// silent returns the ranges that the image of a package leaves out.
func (p *couple) silent() (out []flash.Extent) {
	if p.fa {
		out = append(out, flash.Holes(p.a.img)...)
	}
	if p.fb {
		out = append(out, flash.Holes(p.b.img)...)
	}
	return out
}

// want returns the number of bytes that should be compared.
func (p *couple) want() int64 {
	switch {
	case p.fa && p.fb:
		return max(p.a.img.Size(), p.b.img.Size())
	case p.fa:
		return p.a.img.Size() - flash.Total(p.silent())
	case p.fb:
		return p.b.img.Size() - flash.Total(p.silent())
	}
	return max(p.a.Length, p.b.Length)
}

// tell sets the state of a row whose bytes were compared.
func (p *couple) tell(row *Row) {
	want := p.want()
	switch {
	case len(row.Ranges) == 1:
		row.State, row.Detail = Differs, fmt.Sprintf("from 0x%x to 0x%x", row.First(), row.Ranges[0].End())
	case len(row.Ranges) > 1:
		row.State, row.Detail = Differs, fmt.Sprintf("in %d ranges from 0x%x on, %s in all", len(row.Ranges), row.First(), flash.Size(row.Sectors*512))
	case row.Compared < want && (p.fa || p.fb) && flash.Total(p.a.unread)+flash.Total(p.b.unread) == 0:
		row.State, row.Detail = Differs, fmt.Sprintf("A has %s, B has %s; what both have is equal", flash.Size(p.a.img.Size()), flash.Size(p.b.img.Size()))
	case row.Compared < want:
		row.State, row.Detail = Unknown, fmt.Sprintf("both have %s of %s, and these are equal", flash.Size(row.Compared), flash.Size(want))
	}
}
