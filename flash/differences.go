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
// returned number is that of the sectors with different bytes, exactly. Both images are read at the
// same time; ranges that both know to be zeros are not read. Seen, if not nil, gets the number of
// bytes that were compared so far. An error comes from reading, or from ctx; what was found before
// it is returned.
func Differences(ctx context.Context, a, b Image, most int, seen func(done int64)) (list []Extent, sectors int64, err error) {
	d := &differences{most: most}
	size := min(a.Size(), b.Size())
	x := make([]byte, min(compareStep, size))
	y := make([]byte, len(x))
	for off := int64(0); off < size && err == nil; {
		at, err1 := eitherData(a, b, off)
		if err = cmp.Or(ctx.Err(), err1); err != nil || at >= size {
			break
		}
		off = at - at%grain
		n := int(min(int64(len(x)), size-off))
		n, err = readBoth(a, b, x[:n], y[:n], off)
		d.add(x[:n], y[:n], off)
		off += int64(n)
		if seen != nil {
			seen(off)
		}
	}
	return Shorten(d.list, most), d.sectors, err
}

// readBoth reads one range of two images at the same time, and returns how many bytes both have.
func readBoth(a, b Image, x, y []byte, off int64) (int, error) {
	done := make(chan struct{})
	var other int
	var err2 error
	go func() {
		defer close(done)
		other, err2 = readInto(b, y, off)
	}()
	have, err1 := readInto(a, x, off)
	<-done
	return min(have, other), cmp.Or(err1, err2)
}

// Content returns the ranges of an image that have bytes other than 0x00 and 0xFF, which is what
// flash tools and empty flash leave behind the end of a file. List and number are as those of
// Differences.
func Content(ctx context.Context, img Image, most int) (list []Extent, sectors int64, err error) {
	d := &differences{most: most}
	x := make([]byte, min(compareStep, img.Size()))
	y := make([]byte, len(x))
	for off := int64(0); off < img.Size() && err == nil; {
		data, err1 := NextData(img, off)
		if err = cmp.Or(ctx.Err(), err1); err != nil || data.Length == 0 {
			break
		}
		off = max(off, data.Offset-data.Offset%grain)
		n := int(min(int64(len(x)), img.Size()-off))
		n, err = readInto(img, x[:n], off)
		if !IsZero(x[:n]) && !IsFill(x[:n], 0xFF) {
			for i, c := range x[:n] {
				y[i] = c
				if c != 0 && c != 0xFF {
					y[i] = 0
				}
			}
			d.add(x[:n], y[:n], off)
		}
		off += int64(n)
	}
	return Shorten(d.list, most), d.sectors, err
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
		d.list = Shorten(d.list, 4*d.most)
	}
}

// Shorten joins the nearest ranges of a list in order until at most most are left, or one.
func Shorten(list []Extent, most int) []Extent {
	if most = max(most, 1); len(list) <= most {
		return list
	}
	var gaps []int64
	for i, e := range list[1:] {
		gaps = append(gaps, e.Offset-list[i].End())
	}
	slices.Sort(gaps)
	near := gaps[len(list)-most-1] // all gaps up to this one close
	out := list[:1]
	for _, e := range list[1:] {
		if last := &out[len(out)-1]; e.Offset-last.End() <= near {
			last.Length = e.End() - last.Offset
		} else {
			out = append(out, e)
		}
	}
	return out
}
