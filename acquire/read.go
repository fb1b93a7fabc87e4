package acquire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// coarse is the smallest range that the first pass reads of a range that failed, bytes. A range of
// this size that fails is marked bad; the second pass reads single sectors.
const coarse = 64 << 10

// Left returns how many bytes are still to be read before the dump can be finished, and how many
// bytes could not be read.
func (d *Dump) Left() (todo, bad int64) {
	for _, r := range d.regions {
		todo += flash.Total(r.todo())
		bad += flash.Total(r.bad)
	}
	return todo, bad
}

// Omitted returns how many bytes of the phone are not wanted: ranges of the regions in the dump,
// and regions that are not in the dump. It does not count the ranges in lacking, which the device
// does not have, nor regions that no restore can use and that the phone does not give.
func (d *Dump) Omitted(lacking map[flash.Region][]flash.Extent) (n int64) {
	count := func(r flash.Region, size int64, want []flash.Extent) {
		n += flash.Total(flash.Without([]flash.Extent{{Length: size}}, slices.Concat(want, lacking[r])))
	}
	for _, r := range d.regions {
		count(r.region, r.size, r.want)
	}
	if d.job.Device == nil {
		return n
	}
	for _, p := range d.job.Device.Parts {
		if d.record.Source(p.Region) == nil && !d.notGiven(p.Region) {
			count(p.Region, p.Image.Size(), nil)
		}
	}
	return n
}

// Read reads all wanted ranges that were not read yet, and reads the ranges to be compared a second
// time. First it compares the data of earlier runs with their hashes and reads differing data
// again. After an error, or after ctx ends, the folder can be resumed. If the phone was lost while
// a range was read, the error is a *LostError.
func (d *Dump) Read(ctx context.Context) error {
	if d.job.Device == nil {
		return nil
	}
	if err := d.prove(ctx); err != nil {
		return err
	}
	for _, r := range d.regions {
		if d.job.Device.Part(r.region) != nil {
			d.total += flash.Total(r.todo()) + d.toCompare(r) - flash.Total(r.twice)
		}
	}
	d.total = max(d.total, 0)
	err := d.readAll(ctx)
	d.tellLost()
	return cmp.Or(err, d.writeDraft())
}

// toCompare returns how many bytes of a region are read twice.
func (d *Dump) toCompare(r *region) int64 {
	all := flash.Total(r.want)
	if r.region.IsBoot() {
		return all
	}
	rest := flash.Without(r.want, d.job.ReadTwice[r.region])
	n := all - flash.Total(rest)
	for _, c := range chunks(rest) {
		if d.sampled(c) {
			n += c.Length
		}
	}
	return n
}

// readAll reads the most important data first, in case the run ends early: the tables, the boot
// regions, the other regions, then regions that no restore can use. Ranges at which the phone was
// lost come last, because after each loss a person has to reconnect the phone.
func (d *Dump) readAll(ctx context.Context) (err error) {
	defer func() {
		for _, r := range d.regions {
			if merr := r.drawMap(); err == nil {
				err = merr
			}
		}
	}()
	for _, pass := range []func(context.Context, *region, flash.Image) error{
		d.readTables, d.ifKind(kindBoot, d.readWhole), d.ifKind(kindOther, d.readWhole), d.ifKind(kindUser, d.readWhole), d.ifKind(kindUseless, d.readUseless), d.readPutOff,
	} {
		for _, r := range slices.Clone(d.regions) {
			img := d.job.Device.Image(r.region)
			if img == nil {
				continue
			}
			if err := pass(ctx, r, img); err != nil {
				return err
			}
		}
	}
	return nil
}

// ifKind returns a pass that calls read for the regions of one kind.
func (d *Dump) ifKind(k kind, read func(context.Context, *region, flash.Image) error) func(context.Context, *region, flash.Image) error {
	return func(ctx context.Context, r *region, img flash.Image) error {
		if kindOf(r.region) != k {
			return nil
		}
		return read(ctx, r, img)
	}
}

// readTables reads the tables of a region and compares them with a second reading. They are small,
// so they are not read in whole chunks.
func (d *Dump) readTables(ctx context.Context, r *region, img flash.Image) error {
	tables := d.tables(r)
	if len(tables) == 0 {
		return nil
	}
	ready := r.ready()
	if err := d.readExtents(ctx, r, img, flash.Without(ready, flash.Without(ready, tables))); err != nil {
		return err
	}
	return d.rereadOf(ctx, r, img, func(c chunk) bool { return touches(tables, c.Extent) })
}

// tables returns the ranges of Job.ReadTwice of a region, in whole sectors.
func (d *Dump) tables(r *region) (out []flash.Extent) {
	n := d.sector()
	for _, e := range d.job.ReadTwice[r.region] {
		start := e.Offset / n * n
		out = append(out, flash.Extent{Offset: start, Length: (e.End()+n-1)/n*n - start}.Clip(r.size))
	}
	return flash.Union(out)
}

// readWhole reads a region, and a second time the chunks that are to be compared.
func (d *Dump) readWhole(ctx context.Context, r *region, img flash.Image) error {
	if err := d.readRegion(ctx, r, img); err != nil {
		return err
	}
	return d.reread(ctx, r, img)
}

// readRegion reads the ranges of a region that are wanted, not yet read and not put off.
func (d *Dump) readRegion(ctx context.Context, r *region, img flash.Image) error {
	if err := d.readExtents(ctx, r, img, r.ready()); err != nil {
		return err
	}
	if err := d.comeBack(ctx, r, img); err != nil {
		return d.stop(r, err)
	}
	return r.sync()
}

// readExtents reads ranges of a region in order of offset.
func (d *Dump) readExtents(ctx context.Context, r *region, img flash.Image, list []flash.Extent) error {
	d.at = FileName(r.region)
	todo := chunks(list)
	for len(todo) > 0 {
		failed, err := d.stream(ctx, r, img, todo)
		if err == nil {
			break
		}
		if failed < 0 {
			return d.stop(r, err)
		}
		bad := todo[failed]
		todo = todo[failed+1:]
		if !d.isLocal(err) {
			return d.stop(r, d.lose(ctx, r, bad, err))
		}
		if err := d.salvage(ctx, r, img, bad, coarse); err != nil {
			return d.stop(r, err)
		}
		d.step(bad.Length)
	}
	return r.sync()
}

// stop syncs what was read before the reading ends with an error. If the sync fails, too, the error
// wraps both.
func (d *Dump) stop(r *region, err error) error {
	if serr := r.sync(); serr != nil && !errors.Is(err, serr) {
		return fmt.Errorf("%w; the bytes that were read just before could not be saved: %w", err, serr)
	}
	return err
}
