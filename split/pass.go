package split

import (
	"context"

	"github.com/mtkkit/mtkkit/flash"
)

// blockSize is the number of bytes that are read, checked, hashed and written at a time. It fits
// into the second-level cache of one core. Blocks of 1 MiB take half as long again, because the
// data then come from memory three times.
const blockSize = 256 << 10

// earlyStep is the number of bytes that are written before the system is asked to write them to the
// disk. Otherwise it waits for a sync, which then takes twice the time.
const earlyStep = 16 << 20

// pass is one pass over an image.
type pass struct {
	ctx   context.Context
	src   flash.Image
	dst   outFile // nil: nothing is written
	at    int64   // offset of the image in dst
	dense bool    // write zeros, too
	sink  sink
	meter *task // counts the bytes; nil if the sum counts them
	early bool  // start writing to the disk early

	written int64 // bytes
	started int64 // bytes of written that the system was asked to write to the disk
	data    bool  // something other than zeros was read
}

// sink gets the bytes of a pass for hashing and provides the buffers.
type sink interface {
	buffer() ([]byte, error) // blockSize bytes; the caller owns it until block
	block(b []byte) error    // not all zeros; b is the last buffer or its start
	hole(n int64) error      // n zeros; the last buffer can be used again
}

// run passes over the whole image.
func (p *pass) run() error {
	size := p.src.Size()
	for off := int64(0); off < size; {
		d, err := nextData(p.src, off)
		if err != nil {
			return err
		}
		// Only whole grains, so that blocks stay aligned.
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

// block handles n bytes at off.
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
		if err == nil { // last, because the sink may pass the buffer on
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

// hole handles zeros that need not be read.
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

// write writes the grains of b that are not zero, in as few calls as possible. First is the
// index of the first such grain.
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

// firstData returns the index of the first grain of b that is not zero, or len(b).
func firstData(b []byte) int {
	for i := 0; i < len(b); i += grain {
		if !flash.IsZero(b[i:min(i+grain, len(b))]) {
			return i
		}
	}
	return len(b)
}
