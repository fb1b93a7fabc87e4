package da

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/mtkkit/mtkkit/flash"
)

// Sizes of reading ahead, bytes. A request is not cancelled once it is sent, so a reader
// that jumps waits for what was asked; windows grow only while it goes straight on.
const (
	blockSize   = 1 << 20
	blocks      = 8
	keepBlocks  = 4        // read again without the wire: headers, small steps back
	firstWindow = 16 << 10 // around a spot that somebody looks at
	lastWindow  = 16 << 20
)

// reader turns reads at any offset into windows on the wire:
//
//	ReadAt ──windows──► worker ──agent.read──► phone
//	   ▲                  │ sink
//	   └──────blocks──────┘ a ring of 8 MiB: the phone is kept busy meanwhile
type reader struct {
	mu     sync.Mutex // one ReadAt at a time; guards all below
	agent  agent
	sector int64
	dead   error // the line or the agent is lost

	windows chan request
	filled  chan block
	free    chan []byte
	quit    chan struct{}
	done    chan struct{}

	region  Region       // of the windows asked for
	pos     int64        // where the next block from filled begins
	until   int64        // where the windows asked for end
	window  int64        // length of the last one
	asked   flash.Extent // the last one
	next    int64        // where the last ReadAt ended: one that begins there goes straight on
	pending int          // windows whose end has not come
	recent  []block
}

type request struct {
	region Region
	extent flash.Extent
}

// block is data that arrived, or (no data) the end of a window.
type block struct {
	region flash.Region
	off    int64
	data   []byte
	end    bool
	err    error
}

func (r *reader) begin(a agent, sector int64) {
	r.agent, r.sector = a, sector
	r.windows = make(chan request, 2)
	r.filled = make(chan block, blocks+2)
	r.free = make(chan []byte, blocks+keepBlocks)
	for range cap(r.free) {
		r.free <- nil // allocated when first needed
	}
	r.quit, r.done = make(chan struct{}), make(chan struct{})
	go r.work()
}

// work serves windows until there are no more, or one breaks the line.
func (r *reader) work() {
	defer close(r.done)
	var lost error
	for w := range r.windows {
		if lost != nil { // to a line that is lost or out of step nothing more is said
			r.filled <- block{end: true, err: lost}
			continue
		}
		s := &sink{r: r, at: block{region: w.region.Name, off: w.extent.Offset}}
		err := r.agent.read(w.region, w.extent, s)
		s.flush()
		if got := s.at.off - w.extent.Offset; err == nil && got != w.extent.Length {
			err = protocolError("%d of %d bytes came, and the agent called it done", got, w.extent.Length)
		}
		if err != nil && !refusal(err) {
			lost = err
		}
		r.filled <- block{end: true, err: err}
	}
}

// end stops the worker and reports whether the agent still listens.
func (r *reader) end() bool {
	close(r.quit) // a worker that waits for room need not
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drain()
	alive := r.dead == nil
	if r.dead == nil {
		r.dead = errors.New("da: the phone was closed")
	}
	close(r.windows)
	<-r.done
	return alive
}

// sink is where an agent puts the bytes of a window, in order.
type sink struct {
	r    *reader
	at   block  // the block being filled: its data are what was committed
	room []byte // behind them
}

// space returns room for the next n bytes, or for fewer when n is more than a block. It
// waits while the reader is far behind.
func (s *sink) space(n int) []byte {
	n = min(n, blockSize)
	if len(s.room) < n {
		s.flush()
		b := s.r.take()
		s.at.data, s.room = b[:0], b
	}
	return s.room[:n]
}

// commit says that n bytes of the space are good.
func (s *sink) commit(n int) {
	s.at.data = s.at.data[:len(s.at.data)+n]
	s.room = s.room[n:]
}

// flush hands the committed bytes on.
func (s *sink) flush() {
	if len(s.at.data) > 0 {
		s.r.filled <- s.at
	} else {
		s.r.give(s.at)
	}
	s.at.off += int64(len(s.at.data))
	s.at.data, s.room = nil, nil
}

// take returns a free block, or a fresh one when nobody reads any more.
func (r *reader) take() []byte {
	select {
	case b := <-r.free:
		if b != nil {
			return b[:blockSize]
		}
	case <-r.quit:
	}
	return make([]byte, blockSize)
}

// give returns a block's memory.
func (r *reader) give(b block) {
	if b.data == nil {
		return
	}
	select {
	case r.free <- b.data:
	default: // one of end's
	}
}

// ask queues a window.
func (r *reader) ask(region Region, off, length int64) {
	length = min(length, region.Size-off)
	r.asked = flash.Extent{Offset: off, Length: length}
	r.windows <- request{region, r.asked}
	r.until, r.window = off+length, length
	r.pending++
}

// drain takes in all that was asked for and forgets it.
func (r *reader) drain() {
	for r.pending > 0 {
		_ = r.receive(func(b block) { r.give(b) }) // it is remembered: see r.line
	}
}

// receive takes one block; the ends of windows are counted, and what they say of the
// line is remembered. It returns the window's error.
func (r *reader) receive(got func(block)) error {
	b := <-r.filled
	if !b.end {
		got(b)
		return nil
	}
	r.pending--
	if b.err != nil && !refusal(b.err) && r.dead == nil {
		r.dead = b.err
	}
	return b.err
}

// readAt fills p, which lies within the region. Exact asks the phone for no other byte.
func (r *reader) readAt(region Region, p []byte, off int64, exact bool) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	straight := r.region.Name == region.Name && off == r.next && !exact
	if exact {
		r.drain() // what was read ahead is not asked for any more
	}
	n := 0
	defer func() { r.next = off + int64(n) }()
	for n < len(p) {
		at := off + int64(n)
		if m := r.copyRecent(region.Name, p[n:], at); m > 0 {
			n += m
			continue
		}
		if r.dead != nil {
			return n, fmt.Errorf("da: %s at 0x%x: %w", region.Name, at, r.dead)
		}
		if r.prepare(region, flash.Extent{Offset: at, Length: int64(len(p) - n)}, straight, exact); r.dead != nil {
			continue
		}
		err := r.receive(r.keep)
		if err == nil {
			continue
		}
		alone := r.pending == 0 && r.asked == r.exactly(region, flash.Extent{Offset: at, Length: int64(len(p) - n)})
		r.drain()
		if exact || alone || !refusal(err) {
			return n, fmt.Errorf("da: %s at 0x%x: %w", region.Name, at, err)
		}
		exact = true // the error may lie behind what was asked for
	}
	return n, nil
}

// exactly is the smallest window of whole sectors that holds want.
func (r *reader) exactly(region Region, want flash.Extent) flash.Extent {
	start := want.Offset / r.sector * r.sector
	length := min((want.End()-start+r.sector-1)/r.sector*r.sector, lastWindow)
	return flash.Extent{Offset: start, Length: min(length, region.Size-start)}
}

// forget drops what is at hand, so that the next read asks the phone.
func (r *reader) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drain()
	for _, b := range r.recent {
		r.give(b)
	}
	r.recent, r.region = nil, Region{}
}

// copyRecent serves p from blocks kept.
func (r *reader) copyRecent(name flash.Region, p []byte, at int64) int {
	for _, b := range r.recent {
		if b.region == name && at >= b.off && at < b.off+int64(len(b.data)) {
			return copy(p, b.data[at-b.off:])
		}
	}
	return 0
}

// keep makes b the newest of the recent blocks.
func (r *reader) keep(b block) {
	if len(r.recent) == keepBlocks {
		r.give(r.recent[0])
		r.recent = append(r.recent[:0], r.recent[1:]...)
	}
	r.recent = append(r.recent, b)
	r.pos = b.off + int64(len(b.data))
}

// prepare sees to it that the block where want begins is under way, and when reading goes
// straight on, that the phone has its next window before it is through with this one.
// Exact asks for what is wanted and no more.
func (r *reader) prepare(region Region, want flash.Extent, straight, exact bool) {
	at, same := want.Offset, r.region.Name == region.Name
	if r.pending > 0 && same && at >= r.pos && at < r.until {
		if straight && !exact && r.window > firstWindow && r.pending < 2 && r.until-r.pos <= r.window/2 && r.until < region.Size {
			r.ask(region, r.until, min(2*r.window, lastWindow))
		}
		return
	}
	straight = straight && same && at == r.pos && r.pos == r.until
	if r.drain(); r.dead != nil {
		return
	}
	w := r.exactly(region, want)
	switch {
	case exact:
	case straight:
		w.Length = min(max(w.Length, 2*r.window), lastWindow)
	default:
		w.Length = max(w.Length, firstWindow)
	}
	r.region, r.pos = region, w.Offset
	r.ask(region, w.Offset, w.Length)
}

// regionImage is a region of the phone as a flash.Image.
type regionImage struct {
	r      *reader
	region Region
}

// Size returns the region's size in bytes, as the phone tells it.
func (i *regionImage) Size() int64 { return i.region.Size }

// ReadAt implements io.ReaderAt. An error that wraps a *StatusError is about the range:
// reading elsewhere continues. Any other ends the session.
func (i *regionImage) ReadAt(p []byte, off int64) (int, error) { return i.read(p, off, false) }

// ReadExactAt is ReadAt that asks the phone for no other byte: nothing is read ahead, and
// nothing of what was is under way any more. A phone that is lost when one place is read can
// be read up to that range only so.
func (i *regionImage) ReadExactAt(p []byte, off int64) (int, error) { return i.read(p, off, true) }

func (i *regionImage) read(p []byte, off int64, exact bool) (int, error) {
	switch {
	case off < 0:
		return 0, fmt.Errorf("da: %s: read at negative offset %d", i.region.Name, off)
	case off >= i.region.Size:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	short := int64(len(p)) > i.region.Size-off
	if short {
		p = p[:i.region.Size-off]
	}
	n, err := i.r.readAt(i.region, p, off, exact)
	if err == nil && short {
		err = io.EOF
	}
	return n, err
}
