package ui

import (
	"sync"
	"time"
)

// alive finds out when nobody needs the window any more. A page holds a stream of events open for
// as long as it is shown; a browser that was closed, or a computer that lost it, ends the stream.
type alive struct {
	idle  time.Duration
	busy  func() bool
	done  chan struct{}
	timer *time.Timer

	mu    sync.Mutex
	pages int
	last  time.Time // of the last request, or of the page that was left last
}

// newAlive returns the watch of a window that has just started. It ends when for the time idle no
// page was open and no request came, and busy returns false. A window that nobody opens ends as
// well. When a job ends without a page, touch gives the person the time to come back.
func newAlive(idle time.Duration, busy func() bool) *alive {
	a := &alive{idle: idle, busy: busy, done: make(chan struct{}), last: time.Now()}
	a.mu.Lock() // check needs the timer
	defer a.mu.Unlock()
	a.timer = time.AfterFunc(idle, a.check)
	return a
}

// page counts an open page until left is called. Calling left again does nothing.
func (a *alive) page() (left func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pages++
	return sync.OnceFunc(func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.pages--
		a.last = time.Now()
	})
}

// touch says that a request came, or that a job has ended.
func (a *alive) touch() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last = time.Now()
}

// ended returns a channel that is closed at the end.
func (a *alive) ended() <-chan struct{} { return a.done }

// check ends the window or looks again later. It asks for jobs first: a job that starts after
// that comes with a request.
func (a *alive) check() {
	busy := a.busy()
	a.mu.Lock()
	defer a.mu.Unlock()
	switch rest := a.idle - time.Since(a.last); {
	case busy || a.pages > 0:
		a.timer.Reset(a.idle)
	case rest > 0:
		a.timer.Reset(rest)
	default:
		close(a.done)
	}
}
