package acquire

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// readings is how often a range that does not read the same twice is read.
const readings = 5

// rereads lists the chunks of a region that are to be read a second time: those that
// always are, and so many of a hundred of the others.
func (d *Dump) rereads(r *region) []chunk {
	all := slices.Clone(r.chunks)
	slices.SortFunc(all, func(a, b chunk) int { return cmp.Compare(a.Offset, b.Offset) })
	always := d.job.ReadTwice[r.region]
	return slices.DeleteFunc(all, func(c chunk) bool {
		if touches(r.twice, c.Extent) || touches(r.once, c.Extent) {
			return true
		}
		return !d.sampled(c.Extent) && !r.region.IsBoot() && !touches(always, c.Extent)
	})
}

// sampled reports whether a chunk is one of the so many of a hundred: by where it is, so that
// every run chooses the same.
func (d *Dump) sampled(e flash.Extent) bool {
	return int(e.Offset/chunkSize+1)*d.job.Reread%100 < d.job.Reread
}

func touches(list []flash.Extent, e flash.Extent) bool {
	return slices.ContainsFunc(list, e.Overlaps)
}

// reread reads chunks of a region a second time and compares.
func (d *Dump) reread(ctx context.Context, r *region, img flash.Image) error {
	return d.rereadOf(ctx, r, img, func(chunk) bool { return true })
}

// rereadOf reads again those of the chunks to compare that are of a kind.
func (d *Dump) rereadOf(ctx context.Context, r *region, img flash.Image, of func(chunk) bool) error {
	list := slices.DeleteFunc(d.rereads(r), func(c chunk) bool { return !of(c) })
	if len(list) == 0 {
		return nil
	}
	d.at = FileName(r.region) + ", second reading"
	d.again()
	for _, c := range list {
		if err := ctx.Err(); err != nil {
			return d.stop(r, err)
		}
		if err := d.compare(ctx, r, img, c); err != nil {
			return d.stop(r, err)
		}
		d.step(c.Length)
	}
	return r.sync()
}

// compare reads a chunk the second time.
func (d *Dump) compare(ctx context.Context, r *region, img flash.Image, c chunk) error {
	if r.skipsSecond(c.Extent) {
		r.once = append(r.once, c.Extent)
		d.problem(flash.Warning, r, c.Extent, "could be read once, and not a second time to compare: the phone was lost twice over it")
		return nil
	}
	b := d.buffer()[:c.Length]
	err := d.read(r, img, b, c.Offset)
	switch {
	case err != nil && !d.isLocal(err):
		return d.lose(ctx, r, c.Extent, err)
	case err != nil:
		r.once = append(r.once, c.Extent)
		d.problem(flash.Warning, r, c.Extent, "could be read once, and not a second time to compare")
		return nil
	}
	if sum := sumOf(b); sum != c.sum {
		return d.settle(ctx, r, img, c, sum)
	}
	r.twice = flash.Union(append(r.twice, c.Extent))
	r.note(record("=", c.Extent))
	return nil
}

// skipsSecond reports whether the phone was lost twice over the second reading of a chunk.
// Losses of the first are forgotten once all of their range is read, or are of other ranges.
func (j *journal) skipsSecond(e flash.Extent) bool {
	n := 0
	for _, l := range j.lost {
		if l == e {
			n++
		}
	}
	return n > 1
}

// settle finds out what a range holds that did not read the same twice: what two
// readings agree on. A range that never does counts as unreadable.
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
		if err := d.read(r, img, b, c.Offset); err != nil {
			if !d.isLocal(err) {
				return d.lose(ctx, r, c.Extent, err)
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
	p := flash.NewProblem(s, string(r.region), e.Offset, "0x%x bytes (%s): %s", e.Length, flash.Size(e.Length), fmt.Sprintf(format, a...))
	if !slices.Contains(d.problems, p) { // earlier runs may have said so
		d.problems = append(d.problems, p)
	}
}
