package split

import (
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

func TestProgress(t *testing.T) {
	d := newDump(6)
	last, done := map[string]flash.Event{}, int64(0)
	busy := false
	d.split(t, filepath.Join(t.TempDir(), "p"), Options{Progress: func(e flash.Event) {
		if busy {
			t.Error("called twice at once")
		}
		busy = true
		if e.Op != "split" || e.Done > e.Total || e.Done < last[e.Name].Done {
			t.Errorf("%+v after %+v", e, last[e.Name])
		}
		last[e.Name] = e
		busy = false
	}})
	for _, o := range d.outputs {
		if e := last[o.Name]; e.Done != o.Image.Size() || e.Total != e.Done {
			t.Errorf("%s ends with %+v", o.Name, e)
		}
		done += o.Image.Size()
	}
	if e := last[""]; e.Done != done || e.Total != done {
		t.Errorf("the whole ends with %+v, want %d", e, done)
	}
}

func TestProgressIsThrottled(t *testing.T) {
	calls := 0
	m := newMeter("split", 1<<30, func(flash.Event) { calls++ })
	task := m.task("a", 1<<30)
	m.start = m.start.Add(-every) // one interval has passed, and no other will in this loop
	m.last.Store(0)
	for range 1000 {
		task.add(1)
	}
	if calls > 50 {
		t.Errorf("%d calls for 1000 blocks", calls)
	}
}

func TestSortJobs(t *testing.T) {
	for _, c := range []struct {
		costs  []int64
		w      int
		first  int
		beside bool
	}{{[]int64{1, 9, 3}, 2, 1, true}, {[]int64{5, 4, 3}, 2, 0, false}, {[]int64{9, 1}, 1, 0, false}, {[]int64{4, 4, 4}, 8, 0, true}} {
		jobs := sortJobs(c.costs, c.w)
		if jobs[0].index != c.first || jobs[0].beside != c.beside || jobs[1].beside {
			t.Errorf("%v with %d: %+v", c.costs, c.w, jobs)
		}
		for i := 1; i < len(jobs); i++ {
			if jobs[i].cost > jobs[i-1].cost {
				t.Errorf("%v: not the dearest first: %+v", c.costs, jobs)
			}
		}
	}
}

func TestWriteFileMustBeAnnounced(t *testing.T) {
	f, err := Create(t.Context(), filepath.Join(t.TempDir(), "p"), nil, []string{"a"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Abandon()
	if err := f.WriteFile("b", nil); err == nil {
		t.Error("a file that the marker does not list was written")
	}
}
