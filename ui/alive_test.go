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
	const second, hour = time.Second, time.Hour
	type w = *aliveWindow
	for _, c := range []struct {
		name  string
		steps []step
		end   time.Duration // after the last step
	}{
		{"never opened", nil, idle},
		{"a request", []step{{59 * second, w.touch}}, idle},
		{"many requests", []step{{59 * second, w.touch}, {59 * second, w.touch}, {second, w.touch}}, idle},
		{"a page for hours", []step{{second, w.open}, {9 * hour, w.leave}}, idle},
		{"a page that was loaded again", []step{{second, w.open}, {hour, w.leave}, {second, w.open}, {hour, w.leave}}, idle},
		{"two pages", []step{{second, w.open}, {0, w.open}, {hour, w.leave}, {hour, w.leave}}, idle},
		{"a page that was left twice", []step{{0, w.open}, {0, w.open}, {second, w.leaveTwice}, {hour, w.leave}}, idle},
		{"a job without a page", []step{{second, w.start}, {hour, w.stop}, {0, w.touch}}, idle},
		{"a job that nobody waits for", []step{{0, w.start}, {90 * second, w.stop}}, 30 * second},
		{"a page that was opened during a job", []step{{0, w.start}, {90 * second, w.open}, {0, w.stop}, {hour, w.leave}}, idle},
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

func (w *aliveWindow) open()       { w.left = append(w.left, w.page()) }
func (w *aliveWindow) leave()      { w.left[0](); w.left = w.left[1:] }
func (w *aliveWindow) leaveTwice() { w.left[0](); w.leave() }
func (w *aliveWindow) start()      { w.busy.Store(true) }
func (w *aliveWindow) stop()       { w.busy.Store(false) }
