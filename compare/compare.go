package compare

import (
	"context"
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
)

// State is how one partition differs between A and B.
type State string

// The states of a row.
const (
	Equal   State = "equal"
	Differs State = "differs"
	Moved   State = "moved" // another offset, or another length
	OnlyInA State = "only in A"
	OnlyInB State = "only in B"
	Unknown State = "unknown" // the bytes that both have are equal
)

// maxRanges is the number of ranges that a row lists.
const maxRanges = 32

// Row is the comparison of one partition, or gap.
type Row struct {
	Name     string
	Region   flash.Region
	Kind     flash.Kind // of the entry
	Logical  bool       // it is a partition inside super
	State    State
	Compared int64          // bytes that were compared
	Sectors  int64          // of 512 bytes that differ
	Ranges   []flash.Extent // that differ, at offsets in the partition; near ones are joined
	Detail   string         // a sentence for people: where, or how much
	Usual    string         // why phones of one model differ here; "" if they should not
	Said     []string       // what the bytes of a side are: "A: rooted (Magisk)"
}

// First returns the offset of the first different byte in the partition; 0 if none differs.
func (r *Row) First() int64 {
	if len(r.Ranges) == 0 {
		return 0
	}
	return r.Ranges[0].Offset
}

// Result is the result of a comparison.
type Result struct {
	Relation Relation
	Reasons  []string // of the relation, most important first
	Phone    SamePhone
	Why      string         // of Phone
	Package  string         // "A" or "B" if that is a firmware package; "" for two dumps
	Rows     []Row          // partitions in the order of A, and gaps that are not equal
	Boot     []avb.Finding  // verified boot, of partitions that differ, by the blocks of each side
	Problems flash.Problems // damage of A or B that may affect any byte
}

// Equal reports whether all rows are equal and completely known. Of a package, only what it has
// counts.
func (r *Result) Equal() bool {
	return !slices.ContainsFunc(r.Rows, func(row Row) bool {
		return row.State != Equal && !r.Lacks(&row)
	})
}

// Lacks reports whether a row is not in the firmware package.
func (r *Result) Lacks(row *Row) bool {
	return r.Package == "B" && row.State == OnlyInA || r.Package == "A" && row.State == OnlyInB
}

// Options has what a caller may want.
type Options struct {
	Progress func(flash.Event) // nil for none
}

// Compare compares two opened dumps, archives or packages.
func Compare(ctx context.Context, a, b *dump.Dump, opt Options) (*Result, error) {
	x, err := newSide("A", a)
	if err != nil {
		return nil, err
	}
	y, err := newSide("B", b)
	if err != nil {
		return nil, err
	}
	r := &Result{Package: packageOf(x, y), Rows: []Row{}, Problems: slices.Concat(flash.Problems{}, x.problems, y.problems)}
	meet(x, y)
	pairs := pair(x, y)
	for i, p := range pairs {
		if opt.Progress != nil {
			opt.Progress(flash.Event{Op: "compare", Name: p.name(), Done: int64(i), Total: int64(len(pairs))})
		}
		row, err := p.compare(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name(), err)
		}
		if row.Kind != flash.KindGap || row.State != Equal { // an equal gap is of no interest
			r.Rows = append(r.Rows, row)
		}
	}
	r.judge(x, y)
	r.mark(x, y, pairs)
	return r, r.verify(ctx, x, y)
}

func packageOf(x, y *side) string {
	switch {
	case x.firmware && !y.firmware:
		return "A"
	case y.firmware && !x.firmware:
		return "B"
	}
	return ""
}
