package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/mtkkit/mtkkit/flash"
)

// Copy writes outputs as members, in their order:
//
//	scan ──► plan ──► packers, one a processor ──► write, in order
//	where    headers  read, compress               hash of the whole
//	is data  chunks   one chunk each               member, once
//
// Results are in the order of the outputs.
func (w *Writer) Copy(ctx context.Context, outputs []flash.Output) ([]Result, error) {
	if err := w.begin(); err != nil {
		return nil, err
	}
	for _, o := range outputs {
		if err := flash.CheckFilePath(o.Name); err != nil {
			return nil, fmt.Errorf("backup: %w", err)
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := newRun(ctx, cancel, w, len(outputs))
	r.start(outputs)
	for t := range r.queue {
		<-t.done
		if ctx.Err() == nil {
			if err := r.finish(t); err != nil {
				cancel(err)
			}
		}
		r.release(t)
	}
	r.wg.Wait()
	err := context.Cause(ctx)
	for _, o := range outputs {
		if cerr := flash.Check(o.Image); err == nil && cerr != nil {
			err = fmt.Errorf("backup: %s: %w", o.Name, cerr)
		}
	}
	if err != nil {
		w.err = err
		return nil, err
	}
	return r.results, nil
}

// run is one call of Copy.
type run struct {
	ctx     context.Context
	cancel  context.CancelCauseFunc
	w       *Writer
	free    chan *buffers
	work    chan *task // to the packers
	queue   chan *task // the same, in order, for the goroutine that writes
	results []Result
	wg      sync.WaitGroup
	sum     hash.Hash // of the member that is being written
	summed  int64     // bytes of it that are hashed
}

// buffers are the buffers of one chunk.
type buffers struct{ plain, packed []byte }

// task is one frame: the headers of a member, or a chunk of it.
type task struct {
	member *Member
	result *Result
	img    flash.Image
	head   []byte // nil: a chunk
	window window
	last   bool // the last task of its member
	pad    int  // zeros behind the content

	*buffers
	plain, packed []byte
	err           error
	done          chan struct{}
}

func newRun(ctx context.Context, cancel context.CancelCauseFunc, w *Writer, outputs int) *run {
	n := 2*w.opt.Workers + 1
	r := &run{ctx: ctx, cancel: cancel, w: w, results: make([]Result, outputs), sum: sha256.New(),
		free: make(chan *buffers, n), work: make(chan *task), queue: make(chan *task, n)}
	for range n {
		r.free <- &buffers{}
	}
	return r
}

// start starts all goroutines. The queue is closed when all tasks are in it.
func (r *run) start(outputs []flash.Output) {
	planned := make(chan planned)
	r.wg.Go(func() {
		defer close(planned)
		r.scan(outputs, planned)
	})
	r.wg.Go(func() {
		defer close(r.queue)
		defer close(r.work)
		for p := range planned {
			r.plan(p)
		}
	})
	for range r.w.opt.Workers {
		r.wg.Go(r.packer)
	}
}

// planned is an output with its ranges of data.
type planned struct {
	output flash.Output
	result *Result
	data   []flash.Extent
}

// scan finds the data of each output, while the outputs before it are packed.
func (r *run) scan(outputs []flash.Output, to chan<- planned) {
	for i, o := range outputs {
		data, err := findData(r.ctx, o.Image)
		if err != nil {
			r.cancel(fmt.Errorf("backup: %s: %w", o.Name, err))
			return
		}
		select {
		case to <- planned{o, &r.results[i], data}:
		case <-r.ctx.Done():
			return
		}
	}
}

// plan makes the tasks of one member.
func (r *run) plan(p planned) {
	o := p.output
	*p.result = Result{Name: o.Name, Size: o.Image.Size(), Zero: len(p.data) == 0}
	if p.result.Zero && o.OmitZero {
		p.result.Omitted = true
		return
	}
	m := &Member{Name: o.Name, Size: o.Image.Size(), Data: p.data}
	p.result.DataBytes = m.Stored()
	windows := windowsOf(m.Size, m.Data)
	t := &task{member: m, result: p.result, img: o.Image, head: memberHead(m, r.w.index.Created), last: len(windows) == 0}
	if !r.emit(t) {
		return
	}
	for i, win := range windows {
		t := &task{member: m, result: p.result, img: o.Image, window: win}
		if i == len(windows)-1 {
			t.last, t.pad = true, m.pad()
		}
		if !r.emit(t) {
			return
		}
	}
}

// emit passes a task on as soon as there are buffers for it.
func (r *run) emit(t *task) bool {
	t.done = make(chan struct{})
	select {
	case t.buffers = <-r.free:
	case <-r.ctx.Done():
		return false
	}
	r.queue <- t // never blocks: the queue has room for every pair of buffers
	r.work <- t  // a packer always takes it
	return true
}

func (r *run) release(t *task) {
	t.buffers.plain, t.buffers.packed = t.plain[:0], t.packed[:0]
	r.free <- t.buffers
}

// packer compresses chunks until there are no more.
func (r *run) packer() {
	enc, err := newEncoder(r.w.opt.Level)
	if err != nil {
		r.cancel(fmt.Errorf("backup: %w", err))
	}
	for t := range r.work {
		if r.ctx.Err() == nil {
			t.pack(enc)
		}
		close(t.done)
	}
}

// pack reads and compresses the content of the task.
func (t *task) pack(enc *zstd.Encoder) {
	t.plain, t.packed = t.buffers.plain[:0], t.buffers.packed[:0]
	if t.head != nil {
		t.packed = enc.EncodeAll(t.head, t.packed)
		return
	}
	n := int(t.window.stored())
	t.plain = sized(t.plain, n+t.pad)
	if t.err = readData(t.img, t.window.data, t.plain); t.err != nil {
		return
	}
	clear(t.plain[n:])
	if looksRandom(t.plain) {
		t.packed = appendRaw(sized(t.packed, rawLen(len(t.plain)))[:0], t.plain)
	} else {
		t.packed = enc.EncodeAll(t.plain, t.packed)
	}
}

// sized returns b with length n, or a new buffer if it is too small.
func sized(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n, max(n, rawLen(chunkSize+tarBlock)))
	}
	return b[:n]
}

// readData reads ranges of an image into b, one after the other.
func readData(img flash.Image, data []flash.Extent, b []byte) error {
	for _, d := range data {
		if err := flash.ReadInto(img, b[:d.Length], d.Offset); err != nil {
			return err
		}
		b = b[d.Length:]
	}
	return nil
}

// finish writes a packed frame. With the last frame of a member, it completes the member.
func (r *run) finish(t *task) error {
	m, w := t.member, r.w
	if t.err != nil {
		return fmt.Errorf("backup: %s: %w", m.Name, t.err)
	}
	t.result.Packed += int64(len(t.packed))
	if t.head != nil {
		r.sum.Reset()
		r.summed = 0
		m.Head = int64(len(t.packed))
		if err := w.frame(t.packed, len(t.head)); err != nil {
			return err
		}
	} else {
		before := r.summed
		m.Chunks = append(m.Chunks, r.link(t))
		if err := w.frame(t.packed, len(t.plain)); err != nil {
			return err
		}
		w.progress(m.Name, r.summed, m.Size, r.summed-before)
	}
	if t.last {
		addZeros(r.sum, m.Size-r.summed)
		m.SHA256 = hex.EncodeToString(r.sum.Sum(nil))
		t.result.SHA256 = m.SHA256
		w.index.Members = append(w.index.Members, *m)
		w.progress(m.Name, m.Size, m.Size, m.Size-r.summed)
	}
	return nil
}

// link hashes the chunk of a task and the holes before it, and returns the states that prove the
// chunk.
func (r *run) link(t *task) Chunk {
	m, w := t.member, t.window
	i := len(m.Chunks)
	m.windows = append(m.windows, w)
	c := Chunk{Packed: int64(len(t.packed))}
	from, to := m.linked(i)
	if from {
		addZeros(r.sum, w.Offset-r.summed)
		r.summed = w.Offset
		c.From = stateOf(r.sum)
	}
	addZeros(r.sum, w.End()-addWindow(r.sum, w, t.plain, r.summed))
	r.summed = w.End()
	if to {
		c.To = stateOf(r.sum)
	}
	return c
}
