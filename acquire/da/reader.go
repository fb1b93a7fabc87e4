package da

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/mtkkit/mtkkit/flash"
)

// Sizes of reading ahead, bytes. A request cannot be cancelled once it is sent, so a reader that
// jumps waits for its end. Therefore windows grow only while reading is sequential.
const (
	blockSize   = 1 << 20
	blocks      = 8
	keepBlocks  = 4        // kept for headers and small steps back
	firstWindow = 16 << 10 // for single reads
	lastWindow  = 16 << 20
)

// reader turns reads at any offset into windows on the wire:
//
//	ReadAt ──windows──► worker ──agent.read──► phone
//	   ▲                  │ sink
//	   └──────blocks──────┘ a ring of 8 MiB, so that the phone never waits
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

	region  Region       // of the requested windows
	pos     int64        // the offset of the next block from filled
	until   int64        // the end of the requested windows
	window  int64        // length of the last one
	asked   flash.Extent // the last one
	next    int64        // the end of the last ReadAt; one that begins there is sequential
	pending int          // windows that have not ended
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

// work reads windows until there are no more, or until the line is lost.
func (r *reader) work() {
	defer close(r.done)
	var lost error
	for w := range r.windows {
		if lost != nil { // nothing more is sent on a line that is lost or out of step
			r.filled <- block{end: true, err: lost}
			continue
		}
		s := &sink{r: r, at: block{region: w.region.Name, off: w.extent.Offset}}
		err := r.agent.read(w.region, w.extent, s)
		s.flush()
		if got := s.at.off - w.extent.Offset; err == nil && got != w.extent.Length {
			err = protocolError("the agent ended the read after %d of %d bytes", got, w.extent.Length)
		}
		if err != nil && !refusal(err) {
			lost = err
		}
		r.filled <- block{end: true, err: err}
	}
}

// end stops the worker and reports whether the agent still answers.
func (r *reader) end() bool {
	close(r.quit) // a worker that waits for a free block stops waiting
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

// sink receives the bytes of a window from an agent, in order.
type sink struct {
	r    *reader
	at   block  // the block being filled; its data are the committed bytes
	room []byte // the free bytes after them
}

// space returns a buffer for the next n bytes, or for fewer if n is more than a block. It waits
// while the reader is far behind.
func (s *sink) space(n int) []byte {
	n = min(n, blockSize)
	if len(s.room) < n {
		s.flush()
		b := s.r.take()
		s.at.data, s.room = b[:0], b
	}
	return s.room[:n]
}

// commit adds the first n bytes of the space to the window.
func (s *sink) commit(n int) {
	s.at.data = s.at.data[:len(s.at.data)+n]
	s.room = s.room[n:]
}

// flush passes the committed bytes to the reader.
func (s *sink) flush() {
	if len(s.at.data) > 0 {
		s.r.filled <- s.at
	} else {
		s.r.give(s.at)
	}
	s.at.off += int64(len(s.at.data))
	s.at.data, s.room = nil, nil
}

// take returns a free block, or a new one after the reading has ended.
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
	default: // a block that take allocated after the end
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

// drain receives all requested blocks and discards them.
func (r *reader) drain() {
	for r.pending > 0 {
		_ = r.receive(func(b block) { r.give(b) }) // it is remembered: see r.line
	}
}

// receive takes one block. At the end of a window it counts the window and returns its error, and
// it remembers an error of the line.
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

// readAt fills p, which is within the region. If exact is true, it reads no other sectors from the
// phone.
func (r *reader) readAt(region Region, p []byte, off int64, exact bool) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	straight := r.region.Name == region.Name && off == r.next && !exact
	if exact {
		r.drain() // nothing may be in progress beyond the exact range
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
		exact = true // the error may be after the wanted range
	}
	return n, nil
}

// exactly returns the smallest window of whole sectors that holds want, at most lastWindow.
func (r *reader) exactly(region Region, want flash.Extent) flash.Extent {
	start := want.Offset / r.sector * r.sector
	length := min((want.End()-start+r.sector-1)/r.sector*r.sector, lastWindow)
	return flash.Extent{Offset: start, Length: min(length, region.Size-start)}
}

// forget drops all blocks, so that the next read comes from the phone.
func (r *reader) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drain()
	for _, b := range r.recent {
		r.give(b)
	}
	r.recent, r.region = nil, Region{}
}

// copyRecent fills p from the recent blocks.
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

// prepare makes sure that the block where want begins is requested. When reading is sequential, it
// also requests the next window before the phone has finished this one. If exact is true, it
// requests only want.
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

// Size returns the region's size in bytes, as the phone reports it.
func (i *regionImage) Size() int64 { return i.region.Size }

// ReadAt implements io.ReaderAt. An error that wraps a *StatusError concerns only this range; other
// ranges can still be read. Any other error ends the session.
func (i *regionImage) ReadAt(p []byte, off int64) (int, error) { return i.read(p, off, false) }

// ReadExactAt is like ReadAt but reads no other sectors from the phone: nothing is read ahead, and
// earlier requests have ended before. If a phone is lost when a certain range is read, only
// ReadExactAt can read up to that range.
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
