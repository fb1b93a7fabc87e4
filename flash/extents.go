package flash

import (
	"cmp"
	"slices"
)

// Functions for lists of extents: what was read of a region, what is wanted, its holes. All
// functions return lists in order, without overlaps, touching neighbours or empty extents. Their
// arguments may be any lists.

// Union returns the bytes that are in any of the lists.
func Union(lists ...[]Extent) []Extent {
	var all, out []Extent
	for _, l := range lists {
		all = append(all, l...)
	}
	slices.SortFunc(all, func(a, b Extent) int { return cmp.Compare(a.Offset, b.Offset) })
	for _, e := range all {
		if e.Length <= 0 {
			continue
		}
		if n := len(out); n > 0 && e.Offset <= out[n-1].End() {
			out[n-1].Length = max(out[n-1].End(), e.End()) - out[n-1].Offset
			continue
		}
		out = append(out, e)
	}
	return out
}

// Without returns the bytes of list that are not in holes.
func Without(list, holes []Extent) []Extent {
	var out []Extent
	holes = Union(holes)
	for _, e := range Union(list) {
		at := e.Offset
		for _, h := range holes {
			if h.End() <= at || h.Offset >= e.End() {
				continue
			}
			if h.Offset > at {
				out = append(out, Extent{at, h.Offset - at})
			}
			at = min(h.End(), e.End())
		}
		if at < e.End() {
			out = append(out, Extent{at, e.End() - at})
		}
	}
	return out
}

// Within returns the bytes of list that are in e, at their offsets.
func Within(list []Extent, e Extent) []Extent {
	var out []Extent
	for _, x := range Union(list) {
		start, end := max(x.Offset, e.Offset), min(x.End(), e.End())
		if start < end {
			out = append(out, Extent{start, end - start})
		}
	}
	return out
}

// Total returns the sum of the lengths of a list; bytes in several extents count several times.
func Total(list []Extent) (sum int64) {
	for _, e := range list {
		sum += e.Length
	}
	return sum
}
