package compare

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/scatter"
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
	Class    report.Class
	Logical  bool           // it is a partition inside super
	Offset   int64          // in the region, of the phone that has it; flash.Unplaced if no side says
	Sizes    map[Name]int64 // of the partition, or of the image in a package, for each side that has it
	State    State          // of its bytes
	Compared int64          // bytes that were compared
	Sectors  int64          // of 512 bytes that differ
	Ranges   []flash.Extent // that differ, at offsets in the partition; near ones are joined
	Detail   string         // a sentence for people: where, or how much
	Usual    string         // why phones of one model differ here; "" if they should not
	Said     []string       // what the bytes of a side are: "A: rooted (Magisk)"
	Right    Name           // the side that verified boot wants; Both, Neither, or "" if it does not say
	Verified string         // why, a sentence; "" if verified boot does not say
	couple   couple
}

// Name is the name of a side, or of several.
type Name string

// The names of sides.
const (
	A       Name = "A"
	B       Name = "B"
	Both    Name = "both"
	Neither Name = "neither"
)

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
	Why      string          // of Phone
	Package  Name            // the side that is a firmware package, or Both; "" for two dumps
	Builds   map[Name]string // fingerprint of the software of each side, where it is known
	Rows     []Row           // partitions in the order of the dump, and gaps that are not equal
	Checks   []Check         // verified boot, of partitions that differ
	Problems flash.Problems  // damage of A or B that may affect any byte
	Files    map[Name]string // paths of the two
	super    map[Name]*item  // where it is, if the partitions in it are rows
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
	return r.Package == B && row.State == OnlyInA || r.Package == A && row.State == OnlyInB
}

// Check is what one verified boot block says of a partition of a side.
type Check struct {
	Partition string        `json:"partition"`
	Side      Name          `json:"side"`      // whose bytes were checked
	By        string        `json:"by"`        // the partition with the block
	Of        Name          `json:"of"`        // whose block it is
	Signature avb.Signature `json:"signature"` // of the block: "holds", "broken", "unsigned", "unchecked"
	avb.Result
}

// Options has what a caller may want.
type Options struct {
	Progress func(flash.Event) // nil for none
}

// Compare compares two opened dumps, archives or packages. What cannot be read is a problem of the
// result; an error comes from ctx, or if a side has no partitions at all.
func Compare(ctx context.Context, a, b *dump.Dump, opt Options) (*Result, error) {
	x, err := newSide(A, a)
	if err != nil {
		return nil, err
	}
	y, err := newSide(B, b)
	if err != nil {
		return nil, err
	}
	meet(x, y)
	r := &Result{Package: packageOf(x, y), Rows: []Row{}, Checks: []Check{}, Builds: map[Name]string{}, Files: map[Name]string{A: a.Path, B: b.Path},
		Problems: slices.Concat(flash.Problems{}, x.problems, y.problems), super: map[Name]*item{A: x.outer, B: y.outer}}
	if err := r.compare(ctx, pair(x, y), opt.Progress); err != nil {
		return nil, err
	}
	r.tellCut(x, y)
	if r.count(func(row *Row) bool { return scatter.Canonical(row.Name) == "super" && row.State == Differs }) > 0 {
		if err := r.compare(ctx, within(x, y), opt.Progress); err != nil { // which partition in it
			return nil, err
		}
	}
	for _, s := range []*side{x, y} {
		if r.Builds[s.name] = s.build(); r.Builds[s.name] == "" {
			delete(r.Builds, s.name)
		}
	}
	r.judge(x, y)
	r.mark()
	return r, r.verify(ctx, x, y, opt.Progress)
}

// compare makes the rows.
func (r *Result) compare(ctx context.Context, pairs []couple, progress func(flash.Event)) error {
	total, done := int64(0), int64(0)
	for _, p := range pairs {
		total += p.work()
	}
	for _, p := range pairs {
		row, err := p.compare(ctx, func(n int64) {
			if progress != nil {
				progress(flash.Event{Op: "compare", Detail: p.name(), Done: done + n, Total: total})
			}
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			r.Problems.Add(flash.Error, p.name(), "cannot be read: %v", err)
			row.State = cmp.Or(map[bool]State{true: Differs}[len(row.Ranges) > 0], Unknown)
			row.Detail = fmt.Sprintf("cannot be read: %v", err)
		}
		done += p.work()
		if row.Kind != flash.KindGap || row.State != Equal && !r.Lacks(&row) { // an equal gap is of no interest
			r.Rows = append(r.Rows, row)
		}
	}
	return nil
}

// tellCut says of gaps that only one dump has whether the other one ends before them.
func (r *Result) tellCut(x, y *side) {
	for i := range r.Rows {
		row, other := &r.Rows[i], x
		if row.State == OnlyInA {
			other = y
		}
		part := other.Source.Part(row.Region)
		if row.Kind == flash.KindGap && (row.State == OnlyInA || row.State == OnlyInB) && part != nil && part.Image.Size() <= row.Offset {
			row.State, row.Detail = Unknown, fmt.Sprintf("%s ends before it", other.name)
		}
	}
}

func packageOf(x, y *side) Name {
	switch {
	case x.firmware && y.firmware:
		return Both
	case x.firmware:
		return A
	case y.firmware:
		return B
	}
	return ""
}
