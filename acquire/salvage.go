package acquire

import (
	"context"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// salvage reads a range that failed once more as a whole, then in halves, down to smallest bytes.
// Pieces that still fail are marked bad.
func (d *Dump) salvage(ctx context.Context, r *region, img flash.Image, e flash.Extent, smallest int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d.retries++
	d.step(0)
	b := d.buffer()[:e.Length]
	err := d.ask(img, b, e.Offset)
	switch {
	case err == nil:
		return r.put(e.Offset, b)
	case !d.isLocal(err):
		return d.lose(ctx, r, e, err)
	case e.Length <= smallest:
		return r.markBad(e)
	}
	half := max(e.Length/2/smallest*smallest, smallest)
	if err := d.salvage(ctx, r, img, flash.Extent{Offset: e.Offset, Length: half}, smallest); err != nil {
		return err
	}
	return d.salvage(ctx, r, img, flash.Extent{Offset: e.Offset + half, Length: e.Length - half}, smallest)
}

// buffer returns a buffer for one chunk.
func (d *Dump) buffer() []byte {
	if d.buf == nil {
		d.buf = make([]byte, chunkSize)
	}
	return d.buf
}

// comeBack reads the bad ranges of a region again in single sectors: small ranges completely, large
// ranges from both ends. It does not try ranges at which the phone was lost twice.
func (d *Dump) comeBack(ctx context.Context, r *region, img flash.Image) error {
	if len(r.bad) == 0 {
		return nil
	}
	if err := r.sync(); err != nil {
		return err
	}
	for _, e := range slices.Clone(flash.Within(r.bad, flash.Extent{Length: r.size})) {
		if touches(r.lostTwice(), e) {
			continue
		}
		d.again()
		var err error
		if e.Length <= 2*coarse {
			err = d.salvage(ctx, r, img, e, d.sector())
		} else {
			err = d.trim(ctx, r, img, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// trim reads a large bad range from both ends, up to the first sector that fails.
func (d *Dump) trim(ctx context.Context, r *region, img flash.Image, e flash.Extent) error {
	step := d.sector()
	b := d.buffer()[:step]
	edge := func(from, by int64) error {
		for off := from; off >= e.Offset && off+step <= e.End(); off += by {
			if err := ctx.Err(); err != nil {
				return err
			}
			d.retries++
			if err := d.ask(img, b, off); err != nil {
				if d.isLocal(err) {
					return nil
				}
				return d.lose(ctx, r, flash.Extent{Offset: off, Length: step}, err)
			}
			if err := r.put(off, b); err != nil {
				return err
			}
		}
		return nil
	}
	if err := edge(e.Offset, step); err != nil {
		return err
	}
	return edge(e.End()-step, -step)
}
