package acquire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

// coarse is how small a place gets in the first pass before it is marked and passed
// over, bytes; the pass that comes back goes down to the sector.
const coarse = 64 << 10

// Left returns what is still to be read before the dump can be finished, bytes, and how
// many bytes could not be read.
func (d *Dump) Left() (todo, bad int64) {
	for _, r := range d.regions {
		todo += flash.Total(r.todo())
		bad += flash.Total(r.bad)
	}
	return todo, bad
}

// Omitted returns how many bytes of the phone were not asked for: places of the regions in
// the dump, and regions that are not in it. What is lacking, nobody can give.
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
		if d.record.Source(p.Region) == nil {
			count(p.Region, p.Image.Size(), nil)
		}
	}
	return n
}

// Read reads all that is wanted and not yet there, and the second time what is to be
// compared. After an error, or when ctx ends, the folder can be gone on with.
func (d *Dump) Read(ctx context.Context) error {
	if d.job.Device == nil {
		return nil
	}
	for _, r := range d.regions {
		if d.job.Device.Part(r.region) == nil {
			continue
		}
		d.total += flash.Total(r.todo())
		for _, c := range chunks(r.want) {
			if r.region.IsBoot() || touches(d.job.Twice[r.region], c) {
				d.total += c.Length
			} else {
				d.total += c.Length * int64(d.job.Reread) / 100
			}
		}
		d.total -= flash.Total(r.twice)
	}
	d.total = max(d.total, 0)
	err := d.readAll(ctx)
	return cmp.Or(err, d.writeDraft())
}

func (d *Dump) readAll(ctx context.Context) error {
	for _, r := range d.regions {
		img := d.job.Device.Image(r.region)
		if img == nil {
			continue
		}
		err := d.readRegion(ctx, r, img)
		if err == nil {
			err = d.reread(ctx, r, img)
		}
		if merr := r.drawMap(); err == nil {
			err = merr
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readRegion reads what of a region is wanted and not yet there.
func (d *Dump) readRegion(ctx context.Context, r *region, img flash.Image) error {
	d.at = FileName(r.region)
	todo := chunks(r.todo())
	for len(todo) > 0 {
		failed, err := stream(ctx, img, todo, func(off int64, b []byte) error {
			d.step(int64(len(b)))
			return r.put(off, b)
		})
		if err == nil {
			break
		}
		if failed < 0 || !d.atPlace(err) {
			return d.stop(r, err)
		}
		bad := todo[failed]
		todo = todo[failed+1:]
		if err := d.salvage(ctx, r, img, bad, coarse); err != nil {
			return d.stop(r, err)
		}
		d.step(bad.Length)
		if r.region == flash.EMMCRPMB && len(r.read) == 0 {
			// An agent that does not read it at all says so for every place.
			return d.giveUp(r)
		}
	}
	if err := d.comeBack(ctx, r, img); err != nil {
		return d.stop(r, err)
	}
	return r.sync()
}

// stop brings what was read to the disk before the reading ends with an error. Where that
// fails too, both are told.
func (d *Dump) stop(r *region, err error) error {
	if serr := r.sync(); serr != nil && !errors.Is(err, serr) {
		return fmt.Errorf("%w; and what was read just before is lost: %w", err, serr)
	}
	return err
}

// giveUp marks all of a region that is still to be read.
func (d *Dump) giveUp(r *region) error {
	for _, e := range r.todo() {
		d.step(e.Length)
		if err := r.markBad(e); err != nil {
			return err
		}
	}
	return r.sync()
}

// chunks cuts extents at multiples of the chunk size.
func chunks(list []flash.Extent) (out []flash.Extent) {
	for _, e := range list {
		for off := e.Offset; off < e.End(); {
			end := min(off/chunkSize*chunkSize+chunkSize, e.End())
			out = append(out, flash.Extent{Offset: off, Length: end - off})
			off = end
		}
	}
	return out
}

// stream reads chunks one ahead of the one that is taken. It returns -1 when all is
// read, or ctx or take ended it; otherwise the number of the chunk that could not be
// read. What was under way when ctx ends is still taken.
func stream(ctx context.Context, img flash.Image, list []flash.Extent, take func(off int64, b []byte) error) (failed int, err error) {
	type piece struct {
		n   int
		b   []byte
		err error
	}
	const ahead = 2
	full, free, quit := make(chan piece), make(chan []byte, ahead), make(chan struct{})
	for range ahead {
		free <- nil
	}
	go func() {
		defer close(full)
		for i, c := range list {
			var b []byte
			select {
			case b = <-free:
			case <-quit:
				return
			}
			if ctx.Err() != nil {
				return
			}
			if b == nil {
				b = make([]byte, chunkSize)
			}
			b = b[:c.Length]
			err := readFull(img, b, c.Offset)
			select {
			case full <- piece{i, b, err}:
			case <-quit:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	failed = -1
	for p := range full {
		if p.err != nil {
			failed, err = p.n, p.err
			break
		}
		if err = take(list[p.n].Offset, p.b); err != nil {
			break
		}
		free <- p.b[:chunkSize]
	}
	close(quit)
	for range full { // let the reader end
	}
	if err == nil {
		err = ctx.Err()
	}
	return failed, err
}

// readFull reads all of b; a source that ends early has a hole there.
func readFull(img flash.Image, b []byte, off int64) error {
	n, err := img.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = errShort
	}
	return fmt.Errorf("%d of %d bytes at 0x%x: %w", n, len(b), off, err)
}

// errShort is a source that gives less than it has. That is about the place.
var errShort = fmt.Errorf("acquire: the source ends early: %w", io.ErrUnexpectedEOF)

// salvage reads what can be read of a place that failed: once more as a whole, then in
// halves. What is left is marked and passed over.
func (d *Dump) salvage(ctx context.Context, r *region, img flash.Image, e flash.Extent, smallest int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d.retries++
	d.step(0)
	b := d.buffer()[:e.Length]
	err := readFull(img, b, e.Offset)
	switch {
	case err == nil:
		return r.put(e.Offset, b)
	case !d.atPlace(err):
		return err
	case e.Length <= smallest:
		return r.markBad(e)
	}
	half := max(e.Length/2/smallest*smallest, smallest)
	if err := d.salvage(ctx, r, img, flash.Extent{Offset: e.Offset, Length: half}, smallest); err != nil {
		return err
	}
	return d.salvage(ctx, r, img, flash.Extent{Offset: e.Offset + half, Length: e.Length - half}, smallest)
}

// buffer lends room for one chunk.
func (d *Dump) buffer() []byte {
	if d.buf == nil {
		d.buf = make([]byte, chunkSize)
	}
	return d.buf
}

// comeBack tries the bad places of a region again, down to the sector: small ones all
// through, of large ones the edges.
func (d *Dump) comeBack(ctx context.Context, r *region, img flash.Image) error {
	if len(r.bad) == 0 {
		return nil
	}
	if err := r.sync(); err != nil {
		return err
	}
	for _, e := range slices.Clone(flash.Within(r.bad, flash.Extent{Length: r.size})) {
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

// trim reads a large bad place from both ends, up to the first sector that fails.
func (d *Dump) trim(ctx context.Context, r *region, img flash.Image, e flash.Extent) error {
	step := d.sector()
	b := d.buffer()[:step]
	edge := func(from, by int64) error {
		for off := from; off >= e.Offset && off+step <= e.End(); off += by {
			if err := ctx.Err(); err != nil {
				return err
			}
			d.retries++
			if err := readFull(img, b, off); err != nil {
				if d.atPlace(err) {
					return nil
				}
				return err
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
