package ui

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Each step happens after a time; the window must not end before them, and must end when told
// after the last.
func TestAlive(t *testing.T) {
	const idle = time.Minute
	type step struct {
		after time.Duration
		do    func(w *aliveWindow)
	}
	for _, c := range []struct {
		name  string
		steps []step
		end   time.Duration // after the last step
	}{
		{"never opened", nil, idle},
		{"a request", []step{{59 * time.Second, touch}}, idle},
		{"many requests", []step{{59 * time.Second, touch}, {59 * time.Second, touch}, {time.Second, touch}}, idle},
		{"a page for hours", []step{{time.Second, open}, {9 * time.Hour, leave}}, idle},
		{"a page that was loaded again", []step{{time.Second, open}, {time.Hour, leave}, {time.Second, open}, {time.Hour, leave}}, idle},
		{"two pages", []step{{time.Second, open}, {0, open}, {time.Hour, leave}, {time.Hour, leave}}, idle},
		{"a page that was left twice", []step{{0, open}, {0, open}, {time.Second, leaveTwice}, {time.Hour, leave}}, idle},
		{"a job without a page", []step{{time.Second, start}, {time.Hour, stop}, {0, touch}}, idle},
		{"a job that nobody waits for", []step{{0, start}, {90 * time.Second, stop}}, 30 * time.Second},
		{"a page that was opened during a job", []step{{0, start}, {90 * time.Second, open}, {0, stop}, {time.Hour, leave}}, idle},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &aliveWindow{}
				w.alive = newAlive(idle, func() bool { return w.busy.Load() })
				for i, s := range c.steps {
					time.Sleep(s.after)
					synctest.Wait()
					if w.hasEnded() {
						t.Fatalf("ended before step %d", i)
					}
					s.do(w)
				}
				last := time.Now()
				<-w.ended()
				if got := time.Since(last); got != c.end {
					t.Errorf("ended %v after the last step, want %v", got, c.end)
				}
				w.touch() // a late request
				w.page()()
				time.Sleep(2 * idle)
			})
		})
	}
}

// aliveWindow is a window with its open pages, the oldest first, and whether a job runs.
type aliveWindow struct {
	*alive
	left []func()
	busy atomic.Bool
}

func (w *aliveWindow) hasEnded() bool {
	select {
	case <-w.ended():
		return true
	default:
		return false
	}
}

func touch(w *aliveWindow)      { w.touch() }
func open(w *aliveWindow)       { w.left = append(w.left, w.page()) }
func leave(w *aliveWindow)      { w.left[0](); w.left = w.left[1:] }
func leaveTwice(w *aliveWindow) { w.left[0](); leave(w) }
func start(w *aliveWindow)      { w.busy.Store(true) }
func stop(w *aliveWindow)       { w.busy.Store(false) }
