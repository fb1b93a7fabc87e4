package flash

import (
	"bytes"
	"cmp"
	"context"
	"slices"
)

// grain is the unit in which Differences compares, bytes: a sector of most phones.
const grain = 512

// Differences returns the ranges in which two images differ, within the length that both have. A
// range begins and ends with a different byte; ranges that are less than a sector apart are one.
// If there are more than most ranges, the nearest are joined, so that the list stays short; the
// returned number is that of the sectors with different bytes, exactly. It reads like
// FirstDifference.
func Differences(ctx context.Context, a, b Image, most int) (list []Extent, sectors int64, err error) {
	d := &differences{most: most}
	size := min(a.Size(), b.Size())
	x := make([]byte, min(compareStep, size))
	y := make([]byte, len(x))
	for off := int64(0); off < size; {
		at, err := eitherData(a, b, off)
		if err = cmp.Or(ctx.Err(), err); err != nil || at >= size {
			return d.list, d.sectors, err
		}
		off = at - at%grain
		n := min(int64(len(x)), size-off)
		have, err1 := readInto(a, x[:n], off)
		other, err2 := readInto(b, y[:n], off)
		have = min(have, other)
		d.add(x[:have], y[:have], off)
		if err := cmp.Or(err1, err2); err != nil {
			return d.list, d.sectors, err
		}
		off += n
	}
	d.shorten(d.most)
	return d.list, d.sectors, nil
}

// differences is the list of ranges while it is made.
type differences struct {
	list    []Extent
	most    int
	sectors int64
}

// add adds the differences of two blocks at off.
func (d *differences) add(x, y []byte, off int64) {
	if bytes.Equal(x, y) {
		return
	}
	for at := 0; at < len(x); at += grain {
		end := min(at+grain, len(x))
		p, q := x[at:end], y[at:end]
		if bytes.Equal(p, q) {
			continue
		}
		d.sectors++
		first, last := firstOther(p, q), len(p)-1
		for p[last] == q[last] {
			last--
		}
		d.extend(Extent{Offset: off + int64(at+first), Length: int64(last - first + 1)})
	}
}

// extend adds a range behind all others.
func (d *differences) extend(e Extent) {
	if n := len(d.list); n > 0 && e.Offset-d.list[n-1].End() < grain {
		d.list[n-1].Length = e.End() - d.list[n-1].Offset
		return
	}
	if d.list = append(d.list, e); len(d.list) >= 16*max(d.most, 1) {
		d.shorten(4 * d.most)
	}
}

// shorten joins the nearest ranges until at most n are left.
func (d *differences) shorten(n int) {
	if n = max(n, 1); len(d.list) <= n {
		return
	}
	var gaps []int64
	for i, e := range d.list[1:] {
		gaps = append(gaps, e.Offset-d.list[i].End())
	}
	slices.Sort(gaps)
	near := gaps[len(d.list)-n-1] // all gaps up to this one close
	out := d.list[:1]
	for _, e := range d.list[1:] {
		if last := &out[len(out)-1]; e.Offset-last.End() <= near {
			last.Length = e.End() - last.Offset
		} else {
			out = append(out, e)
		}
	}
	d.list = out
}
