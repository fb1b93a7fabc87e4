package acquiretest

import (
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/mtkkit/mtkkit/acquire/port"
)

// Plug connects the phone to this process: List has its ports from now on. Call Unplug at the end.
func (p *Phone) Plug() {
	p.setDefaults()
	go func() {
		defer close(p.done)
		p.run(inProcess{p})
	}()
}

// Unplug pulls the cable and waits until the phone has noticed.
func (p *Phone) Unplug() {
	close(p.quit)
	p.mu.Lock()
	for _, pp := range p.ports {
		pp.vanish()
	}
	p.mu.Unlock()
	<-p.done
}

// List implements port.Bus.
func (p *Phone) List() ([]port.Info, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []port.Info
	for _, pp := range p.ports {
		out = append(out, pp.info)
	}
	return out, nil
}

// Open implements port.Bus.
func (p *Phone) Open(name string) (port.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pp := range p.ports {
		if pp.info.Name != name {
			continue
		}
		if p.OpenErrors < 0 || p.refused < p.OpenErrors {
			p.refused++
			return nil, p.OpenError
		}
		if pp.opened() {
			return nil, port.ErrBusy
		}
		pp.open(true)
		return &hostEnd{pp: pp, limit: p.Fragment, timeout: time.Hour}, nil
	}
	return nil, port.ErrGone
}

type inProcess struct{ p *Phone }

func (s inProcess) appear(info port.Info) (transport, error) {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	info.Name = "sim" + strconv.Itoa(s.p.nextPort) // never the same name twice
	s.p.nextPort++
	pp := &pipePort{p: s.p, info: info, in: newQueue(), out: newQueue()}
	s.p.ports = append(s.p.ports, pp)
	select {
	case <-s.p.quit: // the cable was pulled out meanwhile
		pp.vanish()
	default:
	}
	return pp, nil
}

// pipePort is a port within the process: two queues and their state.
type pipePort struct {
	p        *Phone
	info     port.Info
	in, out  *queue // to the phone, to the host
	deadline time.Time
	mu       sync.Mutex
	isOpen   bool
}

func (pp *pipePort) Read(b []byte) (int, error)        { return pp.in.read(b, pp.deadline) }
func (pp *pipePort) transfers() bool                   { return true }
func (pp *pipePort) Write(b []byte) (int, error)       { return pp.out.write(b) }
func (pp *pipePort) SetReadDeadline(t time.Time) error { pp.deadline = t; return nil }

func (pp *pipePort) opened() bool {
	pp.mu.Lock()
	defer pp.mu.Unlock()
	return pp.isOpen
}

func (pp *pipePort) open(yes bool) {
	pp.mu.Lock()
	defer pp.mu.Unlock()
	pp.isOpen = yes
	if yes {
		pp.in.reopen()
		pp.out.reopen()
	}
}

// Close removes the port from the bus: the host can still read the sent bytes, then it gets
// port.ErrGone.
func (pp *pipePort) Close() error {
	pp.p.mu.Lock()
	defer pp.p.mu.Unlock()
	for i, other := range pp.p.ports {
		if other == pp {
			pp.p.ports = append(pp.p.ports[:i:i], pp.p.ports[i+1:]...)
		}
	}
	pp.vanish()
	return nil
}

func (pp *pipePort) vanish() {
	pp.out.close(port.ErrGone)
	pp.in.close(port.ErrGone)
}

// hostEnd is the port.Conn of a pipePort.
type hostEnd struct {
	pp      *pipePort
	limit   int
	timeout time.Duration
	mu      sync.Mutex
	closed  bool
}

func (h *hostEnd) SetReadTimeout(d time.Duration) error { h.timeout = d; return nil }

func (h *hostEnd) Read(b []byte) (int, error) {
	if h.limit > 0 {
		b = b[:min(len(b), h.limit)]
	}
	return h.pp.out.read(b, time.Now().Add(h.timeout))
}

func (h *hostEnd) Write(b []byte) (int, error) { return h.pp.in.write(b) }

// Close closes the port. The phone notices it when it reads, as on USB when DTR drops.
func (h *hostEnd) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil
	}
	h.closed = true
	h.pp.open(false)
	h.pp.out.close(port.ErrClosed)
	h.pp.in.close(io.EOF)
	return nil
}

// queueSize is the size of a queue, bytes: more than a tty, so that the scheduler does not limit
// in-process reads.
const queueSize = 256 << 10

// queue is a bounded byte pipe with deadlines that records the end of each write.
type queue struct {
	mu     sync.Mutex
	change *sync.Cond
	buf    [queueSize]byte
	r, n   int
	ends   []int // of the writes in buf, counted from r
	end    error
}

func newQueue() *queue {
	q := &queue{}
	q.change = sync.NewCond(&q.mu)
	return q
}

// read waits for at least one byte, and never returns bytes of two writes. After close it still
// returns the queued bytes, unless the reader itself closed the queue (port.ErrClosed).
func (q *queue) read(b []byte, deadline time.Time) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var timer *time.Timer
	for q.n == 0 || q.end == port.ErrClosed {
		switch {
		case q.end != nil:
			return 0, q.end
		case deadline.IsZero():
		case !time.Now().Before(deadline):
			return 0, port.ErrTimeout
		case timer == nil:
			timer = time.AfterFunc(time.Until(deadline), func() {
				q.mu.Lock()
				defer q.mu.Unlock()
				q.change.Broadcast()
			})
			defer timer.Stop()
		}
		q.change.Wait()
	}
	whole := q.n
	if len(q.ends) > 0 {
		whole = q.ends[0]
	}
	b = b[:min(len(b), whole)]
	n := copy(b, q.buf[q.r:])
	n += copy(b[n:], q.buf[:])
	q.r, q.n = (q.r+n)%queueSize, q.n-n
	for i := range q.ends {
		q.ends[i] -= n
	}
	if len(q.ends) > 0 && q.ends[0] == 0 {
		q.ends = append(q.ends[:0], q.ends[1:]...)
	}
	q.change.Broadcast()
	return n, nil
}

func (q *queue) write(b []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	done := 0
	for done < len(b) {
		for q.n == queueSize && q.end == nil {
			q.change.Wait()
		}
		if q.end != nil {
			return done, q.end
		}
		w := (q.r + q.n) % queueSize
		n := copy(q.buf[w:min(queueSize, w+queueSize-q.n)], b[done:])
		q.n += n
		done += n
		if done == len(b) {
			q.ends = append(q.ends, q.n)
		}
		q.change.Broadcast()
	}
	return done, nil
}

// reopen empties a queue that the host has closed.
func (q *queue) reopen() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.end == io.EOF || q.end == port.ErrClosed {
		q.end, q.n, q.ends = nil, 0, nil
	}
}

func (q *queue) close(why error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.end == nil || why == port.ErrClosed {
		q.end = why
	}
	q.change.Broadcast()
}
