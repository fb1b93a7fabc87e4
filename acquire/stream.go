package acquire

import (
	"context"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
)

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

// ahead is how many chunks are in memory: one is read while the other is stored.
const ahead = 2

// piece is a chunk that was read, or the error of reading it.
type piece struct {
	n   int // its number in the list
	b   []byte
	err error
}

// stream reads chunks of a region: while one chunk is stored, the next one is read. It returns -1
// if all chunks were read, or if ctx or an error of the local disk ended it; otherwise it returns
// the index of the chunk that could not be read. A chunk that was being read when ctx ended is
// still stored.
func (d *Dump) stream(ctx context.Context, r *region, img flash.Image, list []flash.Extent) (failed int, err error) {
	lost := slices.Clone(r.lost) // it changes while chunks are stored
	free, quit := make(chan []byte, ahead), make(chan struct{})
	full := feed(ctx, list, free, quit, func(b []byte, off int64) error {
		if nearLoss(lost, off) {
			return exactly(img, b, off)
		}
		return flash.ReadInto(img, b, off)
	})
	failed = -1
	for next := 0; ; next++ {
		p, more := await(full, d.waiting(list[min(next, len(list)-1)].Offset))
		if !more {
			break
		}
		if p.err != nil {
			failed, err = p.n, p.err
			break
		}
		d.step(int64(len(p.b)))
		if err = r.put(list[p.n].Offset, p.b); err != nil {
			break
		}
		free <- p.b[:chunkSize]
	}
	close(quit)
	for range full { // until the reader has ended
	}
	if err == nil {
		err = ctx.Err()
	}
	return failed, err
}

// feed reads chunks in order into the free buffers, until one cannot be read or quit is closed.
func feed(ctx context.Context, list []flash.Extent, free chan []byte, quit <-chan struct{}, read func(b []byte, off int64) error) <-chan piece {
	full := make(chan piece)
	for range ahead {
		free <- nil // allocated when it is first needed
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
			p := piece{n: i, b: b[:c.Length]}
			p.err = read(p.b, c.Offset)
			select {
			case full <- p:
			case <-quit:
				return
			}
			if p.err != nil {
				return
			}
		}
	}()
	return full
}
