package acquire

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// readings is how often a range is read at most if its readings differ.
const readings = 5

// rereads returns the chunks of a region that are to be read a second time: boot regions,
// Job.ReadTwice, and Job.Reread percent of the others.
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

// sampled reports whether a chunk belongs to the Job.Reread percent. It depends only on the offset,
// so every run chooses the same chunks.
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

// rereadOf reads again those of the chunks to compare for which of is true.
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

// compare reads a chunk a second time and compares the hashes.
func (d *Dump) compare(ctx context.Context, r *region, img flash.Image, c chunk) error {
	if r.skipsSecond(c.Extent) {
		r.once = append(r.once, c.Extent)
		d.problem(flash.Warning, r, c.Extent, "could be read once, but not a second time to compare: the phone was lost twice while it was read")
		return nil
	}
	b := d.buffer()[:c.Length]
	err := d.read(r, img, b, c.Offset)
	switch {
	case err != nil && !d.isLocal(err):
		return d.lose(ctx, r, c.Extent, err)
	case err != nil:
		r.once = append(r.once, c.Extent)
		d.problem(flash.Warning, r, c.Extent, "could be read once, but not a second time to compare")
		return nil
	}
	if sum := sumOf(b); sum != c.sum {
		return d.settle(ctx, r, img, c, sum)
	}
	r.twice = flash.Union(append(r.twice, c.Extent))
	r.note(record("=", c.Extent))
	return nil
}

// skipsSecond reports whether the phone was lost twice during the second reading of a chunk. Losses
// during the first reading do not count: they are removed once their range is read, or they have
// other ranges.
func (j *journal) skipsSecond(e flash.Extent) bool {
	n := 0
	for _, l := range j.lost {
		if l == e {
			n++
		}
	}
	return n > 1
}

// settle reads a range again whose two readings differ, until two readings agree; their bytes are
// used. If no two of all readings agree, the range counts as unreadable.
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
			d.problem(flash.Warning, r, c.Extent, "the second reading differed: the bytes on which two of %d readings agree were taken", len(seen)+1)
			r.note(record("=", c.Extent))
			r.twice = flash.Union(append(r.twice, c.Extent))
			return r.put(c.Offset, b)
		}
		seen = append(seen, sum)
	}
	d.problem(flash.Error, r, c.Extent, "every reading differs: the range counts as unreadable")
	return r.markBad(c.Extent)
}

// problem adds a problem about a range of a region to the manifest.
func (d *Dump) problem(s flash.Severity, r *region, e flash.Extent, format string, a ...any) {
	p := flash.NewProblem(s, string(r.region), e.Offset, "0x%x bytes (%s): %s", e.Length, flash.Size(e.Length), fmt.Sprintf(format, a...))
	if !slices.Contains(d.problems, p) { // an earlier run may have added it
		d.problems = append(d.problems, p)
	}
}
