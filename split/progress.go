package split

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/mtkkit/mtkkit/flash"
)

// every is the shortest time between two events of one run.
const every = 100 * time.Millisecond

// meter adds up the progress of a run and reports it, not too often. Its function is never
// called by two goroutines at once.
type meter struct {
	op    string
	total int64
	done  atomic.Int64
	last  atomic.Int64 // time of the last event, nanoseconds since start
	start time.Time
	mu    sync.Mutex
	tell  func(flash.Event)
}

// task counts the bytes of one file for a meter. A nil task counts nothing.
type task struct {
	m     *meter
	name  string
	total int64
	done  int64
}

func newMeter(op string, total int64, tell func(flash.Event)) *meter {
	return &meter{op: op, total: total, start: time.Now(), tell: tell}
}

func (m *meter) task(name string, total int64) *task {
	t := &task{m: m, name: name, total: total}
	t.event(false)
	return t
}

// add counts n more bytes.
func (t *task) add(n int64) {
	if t == nil {
		return
	}
	t.done += n
	t.m.done.Add(n)
	if t.m.tell == nil {
		return
	}
	now, last := int64(time.Since(t.m.start)), t.m.last.Load()
	if now-last >= int64(every) && t.m.last.CompareAndSwap(last, now) {
		t.event(true)
	}
}

// end reports that a file is complete.
func (t *task) end() {
	t.m.done.Add(t.total - t.done) // zeros that were not read
	t.done = t.total
	t.event(true)
}

// event reports the progress of the file and, with all, of the run.
func (t *task) event(all bool) {
	m := t.m
	if m.tell == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tell(flash.Event{Op: m.op, Name: t.name, Done: t.done, Total: t.total})
	if all {
		m.tell(flash.Event{Op: m.op, Done: m.done.Load(), Total: m.total})
	}
}
