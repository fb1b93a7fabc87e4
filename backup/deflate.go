package backup

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/flate"

	"github.com/mtkkit/mtkkit/flash"
)

// deflater is a compressor for archive/zip that uses all processors. Like pigz, it writes one
// deflate stream of chunks that are compressed separately and end on a whole byte (RFC 1951, an
// empty stored block):
//
//	chunk, flushed │ chunk, flushed │ … │ last chunk │
type deflater struct {
	pool  *deflatePool
	out   io.Writer
	cur   *deflating
	queue chan *deflating // in order, for the goroutine that writes
	done  chan error
}

// deflating is a chunk that is being compressed.
type deflating struct {
	fast, stored *flate.Writer
	plain        []byte
	packed       bytes.Buffer
	err          error
	ready        chan struct{}
}

// deflatePool lends a fixed number of chunks, which limits the memory.
type deflatePool struct {
	free  chan *deflating
	zeros []byte // a packed chunk of zeros
}

func newDeflatePool(level, workers int) (*deflatePool, error) {
	p := &deflatePool{free: make(chan *deflating, workers+1)}
	for range workers + 1 {
		d := &deflating{plain: make([]byte, 0, chunkSize)}
		var err error
		if d.fast, err = flate.NewWriter(nil, min(max(level, 1), 9)); err != nil {
			return nil, err
		}
		if d.stored, err = flate.NewWriter(nil, flate.NoCompression); err != nil {
			return nil, err
		}
		p.free <- d
	}
	d := <-p.free
	d.plain = d.plain[:chunkSize]
	d.deflate(d.fast, false)
	p.zeros = bytes.Clone(d.packed.Bytes())
	p.free <- d
	return p, d.err
}

// start starts a stream.
func (p *deflatePool) start(out io.Writer) *deflater {
	w := &deflater{pool: p, out: out, queue: make(chan *deflating, cap(p.free)), done: make(chan error, 1)}
	go w.write()
	return w
}

// Write implements io.Writer. Errors of the output are returned by Close.
func (w *deflater) Write(b []byte) (n int, err error) {
	for n < len(b) {
		if w.cur == nil {
			w.cur = <-w.pool.free
			w.cur.plain = w.cur.plain[:0]
		}
		m := min(chunkSize-len(w.cur.plain), len(b)-n)
		w.cur.plain = append(w.cur.plain, b[n:n+m]...)
		if n += m; len(w.cur.plain) == chunkSize {
			w.send(false)
		}
	}
	return n, nil
}

// Close ends the stream.
func (w *deflater) Close() error {
	if w.cur == nil {
		w.cur = <-w.pool.free
		w.cur.plain = w.cur.plain[:0]
	}
	w.send(true)
	close(w.queue)
	return <-w.done
}

// send starts the compression of the chunk.
func (w *deflater) send(last bool) {
	d := w.cur
	w.cur = nil
	d.ready = make(chan struct{})
	w.queue <- d
	go func() {
		defer close(d.ready)
		switch {
		case !last && len(d.plain) == chunkSize && flash.IsZero(d.plain):
			d.packed.Reset()
			d.packed.Write(w.pool.zeros)
		case looksRandom(d.plain):
			d.deflate(d.stored, last)
		default:
			d.deflate(d.fast, last)
		}
	}()
}

func (d *deflating) deflate(f *flate.Writer, last bool) {
	d.packed.Reset()
	f.Reset(&d.packed)
	_, d.err = f.Write(d.plain)
	end := f.Flush
	if last {
		end = f.Close
	}
	if err := end(); d.err == nil {
		d.err = err
	}
}

// write writes the chunks to the output, in order.
func (w *deflater) write() {
	var err error
	for d := range w.queue {
		<-d.ready
		if err == nil {
			err = d.err
		}
		if err == nil {
			_, err = w.out.Write(d.packed.Bytes())
		}
		w.pool.free <- d
	}
	w.done <- err
}
