package flash_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// Lists of extents do what sets of numbers do.
func TestExtentLists(t *testing.T) {
	const size = 40
	r := rand.New(rand.NewPCG(1, 2))
	random := func() (list []flash.Extent, set [size]bool) {
		for range r.IntN(5) {
			e := flash.Extent{Offset: r.Int64N(size), Length: r.Int64N(9)}.Clip(size)
			list = append(list, e)
			for i := e.Offset; i < e.End(); i++ {
				set[i] = true
			}
		}
		return list, set
	}
	for range 5000 {
		a, as := random()
		b, bs := random()
		e := flash.Extent{Offset: r.Int64N(size), Length: r.Int64N(size)}.Clip(size)
		before := slices.Clone(a)
		for name, c := range map[string]struct {
			got []flash.Extent
			in  func(i int64) bool
		}{
			"union":   {flash.Union(a, b), func(i int64) bool { return as[i] || bs[i] }},
			"without": {flash.Without(a, b), func(i int64) bool { return as[i] && !bs[i] }},
			"within":  {flash.Within(a, e), func(i int64) bool { return as[i] && i >= e.Offset && i < e.End() }},
		} {
			var want []flash.Extent
			for i := range int64(size) {
				if n := len(want); c.in(i) && n > 0 && want[n-1].End() == i {
					want[n-1].Length++
				} else if c.in(i) {
					want = append(want, flash.Extent{Offset: i, Length: 1})
				}
			}
			if !slices.Equal(c.got, want) {
				t.Fatalf("%s of %v, %v, %v: %v, want %v", name, a, b, e, c.got, want)
			}
			if flash.Total(c.got) != flash.Total(want) {
				t.Fatalf("total of %v: %d", c.got, flash.Total(c.got))
			}
		}
		if !slices.Equal(a, before) {
			t.Fatalf("the argument %v was changed to %v", before, a)
		}
	}
}
