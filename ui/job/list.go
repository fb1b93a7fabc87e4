package job

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// together is how many jobs run at the same time; others wait. Each needs memory and a disk.
const together = 3

// mostEnded is how many ended jobs are kept.
const mostEnded = 50

// List has the jobs of one run of the program.
type List struct {
	run  Runner
	turn chan struct{}

	mu   sync.Mutex
	jobs []*Job // the oldest first
	last int    // the last id
	over bool   // no more jobs are started
}

// NewList returns an empty list. do runs its jobs.
func NewList(do Runner) *List { return &List{run: do, turn: make(chan struct{}, together)} }

// OutputError means that another job writes to the same file or folder.
type OutputError struct {
	Path string
	Job  int // id
}

func (e *OutputError) Error() string {
	return fmt.Sprintf("job %d writes to %s: wait for its end, or choose another name", e.Job, e.Path)
}

// Start starts a job. It returns an *OutputError if a job that has not ended writes to one of its
// outputs, or into a folder that contains it.
func (l *List) Start(o Order) (*Job, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return nil, fmt.Errorf("the program ends: no job can be started")
	}
	for _, other := range l.jobs {
		if other.Now().State == Ended {
			continue
		}
		for _, path := range o.Outputs {
			if slices.ContainsFunc(other.order.Outputs, func(p string) bool { return within(path, p) || within(p, path) }) {
				return nil, &OutputError{path, other.id}
			}
		}
	}
	l.last++
	ctx, cancel := context.WithCancel(context.Background())
	j := newJob(l.last, o, cancel)
	l.jobs = append(l.jobs, j)
	l.forgetOld()
	go func() {
		defer cancel()
		j.run(ctx, l.turn, l.run)
	}()
	return j, nil
}

// forgetOld removes the oldest ended jobs if there are too many.
func (l *List) forgetOld() {
	ended := 0
	for _, j := range l.jobs {
		if j.Now().State == Ended {
			ended++
		}
	}
	l.jobs = slices.DeleteFunc(l.jobs, func(j *Job) bool {
		if ended <= mostEnded || j.Now().State != Ended {
			return false
		}
		ended--
		return true
	})
}

// Find returns the job with an id, nil if there is none.
func (l *List) Find(id int) *Job {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.IndexFunc(l.jobs, func(j *Job) bool { return j.id == id }); i >= 0 {
		return l.jobs[i]
	}
	return nil
}

// All returns what is known of all jobs, the newest first.
func (l *List) All() (out []Snapshot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, j := range slices.Backward(l.jobs) {
		out = append(out, j.Now())
	}
	return out
}

// Active returns how many jobs have not ended.
func (l *List) Active() (n int) {
	for _, s := range l.All() {
		if s.State != Ended {
			n++
		}
	}
	return n
}

// End cancels all jobs, waits for their end, and starts no more.
func (l *List) End() {
	l.mu.Lock()
	l.over = true
	jobs := slices.Clone(l.jobs)
	l.mu.Unlock()
	for _, j := range jobs {
		j.Cancel()
	}
	for _, j := range jobs {
		j.Wait()
	}
}

// within reports whether path is dir or in it, whatever names the links on the way have.
func within(path, dir string) bool {
	path, dir = real(path), real(dir)
	if runtime.GOOS != "linux" { // file systems without upper and lower case
		path, dir = strings.ToLower(path), strings.ToLower(dir)
	}
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}

// real returns a path without links. Its end need not exist.
func real(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if r, err := filepath.EvalSymlinks(abs); err == nil {
		return r
	}
	parent := filepath.Dir(abs)
	if parent == abs {
		return abs
	}
	return filepath.Join(real(parent), filepath.Base(abs))
}
