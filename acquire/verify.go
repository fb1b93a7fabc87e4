package acquire

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// readings is how often a place that does not read the same twice is read.
const readings = 5

// rereads lists the chunks of a region that are to be read a second time: those that
// always are, and so many of a hundred of the others.
func (d *Dump) rereads(r *region) []chunk {
	all := slices.Clone(r.chunks)
	slices.SortFunc(all, func(a, b chunk) int { return cmp.Compare(a.Offset, b.Offset) })
	always, i := d.job.Twice[r.region], 0
	return slices.DeleteFunc(all, func(c chunk) bool {
		if touches(r.twice, c.Extent) {
			return true
		}
		i++
		sampled := i*d.job.Reread%100 < d.job.Reread
		return !sampled && !r.region.IsBoot() && !touches(always, c.Extent)
	})
}

func touches(list []flash.Extent, e flash.Extent) bool {
	return slices.ContainsFunc(list, e.Overlaps)
}

// reread reads chunks of a region a second time and compares.
func (d *Dump) reread(ctx context.Context, r *region, img flash.Image) error {
	list := d.rereads(r)
	if len(list) == 0 {
		return nil
	}
	d.at = FileName(r.region) + ", second reading"
	d.again()
	b := d.buffer()
	for _, c := range list {
		if err := ctx.Err(); err != nil {
			return d.stop(r, err)
		}
		err := readFull(img, b[:c.Length], c.Offset)
		switch {
		case err != nil && !d.atPlace(err):
			return d.stop(r, err)
		case err != nil:
			d.problem(flash.Warning, r, c.Extent, "could be read once, and not a second time to compare")
		default:
			if sum := sumOf(b[:c.Length]); sum != c.sum {
				if err := d.settle(ctx, r, img, c, sum); err != nil {
					return d.stop(r, err)
				}
				break
			}
			r.twice = flash.Union(append(r.twice, c.Extent))
			r.note(record("=", c.Extent))
		}
		d.step(c.Length)
	}
	return r.sync()
}

// settle finds out what a place holds that did not read the same twice: what two
// readings agree on. A place that never does counts as unreadable.
func (d *Dump) settle(ctx context.Context, r *region, img flash.Image, c chunk, second [32]byte) error {
	r.drop(c.Extent)
	seen := [][32]byte{c.sum, second}
	b := d.buffer()[:c.Length]
	for len(seen) < readings {
		if err := ctx.Err(); err != nil {
			return err
		}
		d.retries++
		d.again()
		if err := readFull(img, b, c.Offset); err != nil {
			if !d.atPlace(err) {
				return err
			}
			break
		}
		sum := sumOf(b)
		if slices.Contains(seen, sum) {
			d.problem(flash.Warning, r, c.Extent, "read differently the second time: what two of %d readings agree on was taken", len(seen)+1)
			r.note(record("=", c.Extent))
			r.twice = flash.Union(append(r.twice, c.Extent))
			return r.put(c.Offset, b)
		}
		seen = append(seen, sum)
	}
	d.problem(flash.Error, r, c.Extent, "reads differently every time: nothing of it is believed")
	return r.markBad(c.Extent)
}

// problem notes something about a place of a region, for the manifest.
func (d *Dump) problem(s flash.Severity, r *region, e flash.Extent, format string, a ...any) {
	d.problems = append(d.problems, flash.Problem{Severity: s, Place: string(r.region), Offset: e.Offset,
		Text: fmt.Sprintf("0x%x bytes (%s): ", e.Length, flash.Size(e.Length)) + fmt.Sprintf(format, a...)})
}
