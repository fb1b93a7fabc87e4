package archive

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/scatter"
)

// RowState is how one partition differs between A and B.
type RowState string

// The states of a row.
const (
	Equal   RowState = "equal"
	Differs RowState = "differs"
	Moved   RowState = "moved" // another offset, or another length
	OnlyInA RowState = "only in A"
	OnlyInB RowState = "only in B"
	Unknown RowState = "unknown" // the bytes that both have are equal
)

// RowChange is the comparison of one partition, or gap, in two dumps.
type RowChange struct {
	Name   string
	Region flash.Region
	State  RowState
	First  int64      // offset of the first different byte, in the partition
	Detail string     // a sentence for people: where, or how much
	Kind   flash.Kind // of the entry
}

// SamePhone says whether two dumps are of one phone.
type SamePhone string

// The values of SamePhone.
const (
	OnePhone     SamePhone = "same"
	AnotherPhone SamePhone = "another"
	UnknownPhone SamePhone = "unknown"
)

// Comparison is the result of Compare.
type Comparison struct {
	SameModel bool // the same chip and partitions
	Phone     SamePhone
	Why       string
	Rows      []RowChange     // partitions in the order of A, and gaps that are not equal
	Problems  []flash.Problem // damage of A or B that may affect any byte
}

// Equal reports whether all rows are equal and completely known.
func (c *Comparison) Equal() bool {
	return !slices.ContainsFunc(c.Rows, func(r RowChange) bool { return r.State != Equal })
}

// side is one of the two dumps of a comparison.
type side struct {
	*dump.Dump
	plan *plan.Plan
}

// Compare compares two dumps, or backups opened as dumps, partition by partition, and says
// whether they are of one phone. Bytes that one or both have not read are unknown, not different.
func Compare(ctx context.Context, a, b *dump.Dump) (*Comparison, error) {
	x, err := newSide(a)
	if err != nil {
		return nil, err
	}
	y, err := newSide(b)
	if err != nil {
		return nil, err
	}
	c := &Comparison{Rows: []RowChange{}, Problems: slices.Concat([]flash.Problem{}, flash.AtLeast(flash.Warning, x.plan.Problems), flash.AtLeast(flash.Warning, y.plan.Problems))}
	for i := range x.plan.Items {
		it := &x.plan.Items[i]
		if !it.Kind.IsDump() {
			continue
		}
		row, err := compareItems(ctx, it, y.item(it))
		if err != nil {
			return nil, err
		}
		if row.Kind != flash.KindGap || row.State != Equal { // an equal gap is of no interest
			c.Rows = append(c.Rows, row)
		}
	}
	for i := range y.plan.Items {
		if it := &y.plan.Items[i]; it.Kind.IsDump() && x.item(it) == nil {
			c.Rows = append(c.Rows, RowChange{Name: it.Name, Region: it.Region, State: OnlyInB, Kind: it.Kind})
		}
	}
	c.SameModel = sameModel(x, y, c.Rows)
	c.Phone, c.Why = samePhone(x, y, c.Rows)
	return c, nil
}

func newSide(d *dump.Dump) (*side, error) {
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		return nil, err
	}
	return &side{d, p}, nil
}

// item finds the partition or gap that corresponds to one of the other side.
func (s *side) item(of *plan.Item) *plan.Item {
	for i := range s.plan.Items {
		it := &s.plan.Items[i]
		if it.Kind == of.Kind && it.Region == of.Region && scatter.Canonical(it.Name) == scatter.Canonical(of.Name) {
			return it
		}
	}
	return nil
}

// compareItems compares one partition or gap.
func compareItems(ctx context.Context, x, y *plan.Item) (RowChange, error) {
	row := RowChange{Name: x.Name, Region: x.Region, State: Equal, Kind: x.Kind}
	switch {
	case y == nil:
		row.State = OnlyInA
		return row, nil
	case x.Extent != y.Extent:
		row.State, row.Detail = Moved, fmt.Sprintf("A has it at %v, B at %v", x.Extent, y.Extent)
		return row, nil
	}
	here := flash.Extent{Offset: x.Offset, Length: min(x.Present, y.Present)}
	known := flash.Without([]flash.Extent{here}, flash.Union(x.Unread, y.Unread))
	for _, e := range known {
		e.Offset -= x.Offset
		first, err := flash.FirstDifference(ctx, flash.Slice(x.Image, e), flash.Slice(y.Image, e))
		if err != nil {
			return row, fmt.Errorf("%s: %w", x.Name, err)
		}
		if first >= 0 {
			row.State, row.First, row.Detail = Differs, e.Offset+first, fmt.Sprintf("from 0x%x on", e.Offset+first)
			return row, nil
		}
	}
	if n := flash.Total(known); n < x.Length {
		row.State, row.Detail = Unknown, fmt.Sprintf("both have %s of %s, and these are equal", flash.Size(n), flash.Size(x.Length))
	}
	return row, nil
}

// sameModel reports whether chip and partitions are the same. A whole region is not a partition,
// and one side may lack it because it was not read.
func sameModel(a, b *side, rows []RowChange) bool {
	x, y := a.Layout.Chip.Value, b.Layout.Chip.Value
	return (x == y || x == "" || y == "") && !slices.ContainsFunc(rows, func(r RowChange) bool {
		return r.Kind == flash.KindPartition && r.State != Equal && r.State != Differs && r.State != Unknown
	})
}

// samePhone says whether the two dumps are of one phone. proinfo is written once, in the factory;
// the other partitions with an identity change in use.
func samePhone(a, b *side, rows []RowChange) (phone SamePhone, why string) {
	phone, why = UnknownPhone, "no partition that identifies a phone (proinfo, nvram …) is known by name in both and has data"
	for _, name := range []string{"proinfo", "nvram", "protect1", "nvdata"} {
		i := slices.IndexFunc(rows, func(r RowChange) bool { return scatter.Canonical(r.Name) == name })
		if i < 0 || rows[i].State != Equal && rows[i].State != Differs || !a.holds(name) || !b.holds(name) {
			continue
		}
		reason, _ := scatter.Identity(name)
		switch {
		case rows[i].State == Equal:
			return OnePhone, fmt.Sprintf("%s is the same: %s", name, reason)
		case name == "proinfo":
			return AnotherPhone, fmt.Sprintf("%s differs, and it is only written in the factory", name)
		}
		why = fmt.Sprintf("%s differs, but it also changes while a phone is used", name)
	}
	return phone, why
}

// holds reports whether the start of a partition has a byte other than 0 and FF.
func (s *side) holds(name string) bool {
	for i := range s.plan.Items {
		it := &s.plan.Items[i]
		if it.Kind == flash.KindPartition && scatter.Canonical(it.Name) == name {
			head := make([]byte, 64<<10)
			n, _ := it.Image.ReadAt(head, 0)
			return len(bytes.Trim(head[:n], "\x00\xff")) > 0
		}
	}
	return false
}
