package report

import (
	"cmp"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// Segment is a range of a region as it is drawn. The segments of a region follow each other from
// 0 to its size, without holes or overlaps.
type Segment struct {
	Row        int // index in Report.Rows, -1 for a range without a row
	Name       string
	Class      Class
	Start, End int64
	Runs       []Run // its states, from Start to End
}

// Run is a range with one state, a letter of Fill.Map.
type Run struct {
	Start, End int64
	State      byte
}

// segments divides a region for drawing. If rows overlap, the later one begins where the earlier
// one ends. A row that is covered completely is only in the table.
func (r *Report) segments(reg Region) []Segment {
	var order []int
	whole := -1
	for i, row := range r.Rows {
		switch {
		case row.Region != reg.Name || !row.Placed() || row.Length == 0 || row.Start >= reg.Size:
		case row.Kind == flash.KindRegion:
			whole = i
		default:
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(r.Rows[a].Start, r.Rows[b].Start) })
	var out []Segment
	at := int64(0)
	for _, i := range order {
		row := &r.Rows[i]
		if row.Start > at {
			out = append(out, r.between(reg, whole, at, min(row.Start, reg.Size)))
		}
		if start, end := max(row.Start, at), min(row.End(), reg.Size); start < end {
			out = append(out, Segment{i, row.Name, row.Class, start, end, row.runs(start, end)})
			at = end
		}
	}
	if at < reg.Size {
		out = append(out, r.between(reg, whole, at, reg.Size))
	}
	return out
}

// between returns the segment of a range without a row: a part of the row for the whole region,
// or unknown.
func (r *Report) between(reg Region, whole int, start, end int64) Segment {
	if whole >= 0 {
		row := &r.Rows[whole]
		return Segment{whole, row.Name, Gap, start, end, row.runs(start, end)}
	}
	s := Segment{Row: -1, Class: Gap, Start: start, End: end}
	if here := min(max(reg.Have, start), end); here > start {
		s.Runs = append(s.Runs, Run{start, here, 'z'})
		start = here
	}
	if start < end {
		s.Runs = append(s.Runs, Run{start, end, '-'})
	}
	return s
}

// runs returns the states of [start, end) of the region, from the row's map.
func (r *Row) runs(start, end int64) []Run {
	n := int64(len(r.Fill.Map))
	if n == 0 {
		return []Run{{start, end, '-'}}
	}
	cell := cellSize(r.Length)
	var out []Run
	for i := range n {
		at := r.Start + i*cell
		from, to := max(at, start), min(at+min(cell, r.Length-i*cell), end)
		if from >= to {
			continue
		}
		if k := len(out) - 1; k >= 0 && out[k].State == r.Fill.Map[i] {
			out[k].End = to
			continue
		}
		out = append(out, Run{from, to, r.Fill.Map[i]})
	}
	return out
}
