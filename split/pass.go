package split

import (
	"context"

	"github.com/mtkkit/mtkkit/flash"
)

// blockSize is how much is read, judged, hashed and written at a time, bytes. It
// stays within the second-level cache of one core; blocks of 1 MiB are slower by
// half, as the data then come from memory three times.
const blockSize = 256 << 10

// earlyStep is how much is written before the system is asked to bring it to the
// disk, bytes. Without that it waits for a sync, which then takes as long again.
const earlyStep = 16 << 20

// pass is one way through an image.
type pass struct {
	ctx   context.Context
	src   flash.Image
	dst   outFile // nil: nothing is written
	at    int64   // where in dst the image begins
	dense bool    // write zeros too
	sink  sink
	meter *task // counts what is passed; nil when the sum counts
	early bool  // bytes start on their way to the disk as soon as they are written

	written int64 // bytes
	started int64 // of written, when the system was last asked to begin
	data    bool  // something other than zeros was read
}

// sink takes the bytes of a pass for hashing and lends the buffers.
type sink interface {
	buffer() ([]byte, error) // blockSize bytes, the caller's until block
	block(b []byte) error    // not all zeros; b is the last buffer or its beginning
	hole(n int64) error      // n zeros; the last buffer is free again
}

// run goes through the image from end to end.
func (p *pass) run() error {
	size := p.src.Size()
	for off := int64(0); off < size; {
		d, err := nextData(p.src, off)
		if err != nil {
			return err
		}
		// Whole grains only, so that blocks keep their alignment.
		start, end := max(d.Offset/grain*grain, off), min(roundUp(d.End()), size)
		if d.Length == 0 {
			start, end = size, size
		}
		if err := p.hole(off, start); err != nil {
			return err
		}
		for off = start; off < end; {
			n := min(blockSize-off%blockSize, end-off)
			if err := p.block(off, int(n)); err != nil {
				return err
			}
			off += n
		}
	}
	return nil
}

// block moves n bytes at off.
func (p *pass) block(off int64, n int) error {
	if err := p.ctx.Err(); err != nil {
		return err
	}
	b, err := p.sink.buffer()
	if err != nil {
		return err
	}
	b = b[:n]
	if err := flash.ReadInto(p.src, b, off); err != nil {
		return err
	}
	first := firstData(b)
	if first == n {
		err = p.zeroBlock(b, off)
	} else {
		p.data = true
		if p.dst != nil {
			err = p.write(b, off, first)
		}
		if err == nil { // the sink may give the buffer away: it comes last
			err = p.sink.block(b)
		}
	}
	p.meter.add(int64(n))
	return err
}

func (p *pass) zeroBlock(b []byte, off int64) error {
	if p.dst != nil && p.dense {
		if err := p.put(b, off); err != nil {
			return err
		}
	}
	return p.sink.hole(int64(len(b)))
}

// hole passes over zeros that need not be read.
func (p *pass) hole(from, to int64) error {
	if from >= to {
		return nil
	}
	if err := p.sink.hole(to - from); err != nil {
		return err
	}
	if p.dst == nil || !p.dense {
		p.meter.add(to - from)
		return nil
	}
	for from < to {
		if err := p.ctx.Err(); err != nil {
			return err
		}
		n := min(to-from, blockSize)
		if err := p.put(zeros[:n], from); err != nil {
			return err
		}
		p.meter.add(n)
		from += n
	}
	return nil
}

// write writes the grains of b that are not zero, in as few calls as they allow;
// first is where the first of them begins.
func (p *pass) write(b []byte, off int64, first int) error {
	if p.dense {
		return p.put(b, off)
	}
	for i := first; i < len(b); {
		j := i + grain
		for j < len(b) && !flash.IsZero(b[j:min(j+grain, len(b))]) {
			j += grain
		}
		j = min(j, len(b))
		if err := p.put(b[i:j], off+int64(i)); err != nil {
			return err
		}
		i = j + firstData(b[j:])
	}
	return nil
}

func (p *pass) put(b []byte, off int64) error {
	if err := writeFull(p.dst, b, p.at+off); err != nil {
		return err
	}
	p.written += int64(len(b))
	if p.early && p.written-p.started >= earlyStep {
		p.started = p.written
		startSync(p.dst)
	}
	return nil
}

// firstData returns where the first grain of b begins that is not zero, len(b) when
// there is none.
func firstData(b []byte) int {
	for i := 0; i < len(b); i += grain {
		if !flash.IsZero(b[i:min(i+grain, len(b))]) {
			return i
		}
	}
	return len(b)
}
