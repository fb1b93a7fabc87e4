package split

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/mtkkit/mtkkit/flash"
)

// maxWorkers limits memory: a worker has one buffer, and one worker has a few more.
const maxWorkers = 16

// job is one output that is being copied.
type job struct {
	index  int
	cost   int64 // bytes to hash, or to copy if nothing is hashed
	beside bool
}

// Copy writes and hashes all outputs, several at a time. The results are in the order of the
// outputs. After an error no output is complete; call Abandon.
func (f *Folder) Copy(ctx context.Context) ([]Result, error) {
	if f.closed || f.results != nil {
		return nil, errors.New("split: Copy needs a folder that was just created")
	}
	var total int64
	costs := make([]int64, len(f.outputs))
	for i, o := range f.outputs {
		total += o.Image.Size()
		costs[i] = o.Image.Size()
		if f.opt.NoHash {
			n, err := dataBytes(o.Image)
			if err != nil && !f.leavesOut(err) {
				return nil, fmt.Errorf("split: %s: %w", o.Name, err)
			}
			costs[i] = n
		}
	}
	m := newMeter("split", total, f.opt.Progress)
	results := make([]Result, len(f.outputs))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := f.startSealer(ctx, cancel)
	err := runJobs(ctx, costs, f.opt.Workers, func(ctx context.Context, j job, buf []byte) error {
		o := f.outputs[j.index]
		t := m.task(o.Name, o.Image.Size())
		out, err := f.openFile(f.path(o.Name) + partSuffix)
		if err != nil {
			return fmt.Errorf("split: %w", err)
		}
		r, err := f.copyOne(ctx, o, out, j.beside, buf, t)
		if f.leavesOut(err) {
			r, err = Result{Name: o.Name, Size: r.Size, Damaged: err}, nil
		}
		if err != nil {
			err = fmt.Errorf("split: %s: %w", o.Name, err)
			cancel(err) // before the file is passed on, so that it gets no name
		} else {
			t.end()
		}
		results[j.index] = r
		s.files <- written{out, r}
		return err
	})
	s.end()
	if err == nil {
		err = context.Cause(ctx)
	}
	if err == nil && len(results) > 0 && !slices.ContainsFunc(results, func(r Result) bool { return r.Damaged == nil }) {
		err = fmt.Errorf("split: %s: %w", results[0].Name, results[0].Damaged) // nothing can be read
	}
	if err != nil {
		return nil, err
	}
	f.results = results
	return slices.Clone(results), nil
}

// leavesOut reports whether an error of an image leaves out only that image.
func (f *Folder) leavesOut(err error) bool { return f.opt.GoOn && errors.Is(err, flash.ErrDamaged) }

// runJobs runs a job for each cost, the most expensive first, on one goroutine for each worker,
// with a buffer of its own. The first error stops the others and is returned.
func runJobs(ctx context.Context, costs []int64, workers int, do func(context.Context, job, []byte) error) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = max(1, min(workers, maxWorkers))
	jobs := sortJobs(costs, workers)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan job, len(jobs))
	for _, j := range jobs {
		queue <- j
	}
	close(queue)
	var wg sync.WaitGroup
	for range min(workers, len(jobs)) {
		wg.Go(func() {
			buf := make([]byte, blockSize)
			for j := range queue {
				if ctx.Err() != nil {
					return
				}
				if err := do(ctx, j, buf); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// sortJobs puts the most expensive jobs first, so that the last one to end is small. A job that
// costs more than one worker's share would run alone on one core at the end; it hashes on the
// other core.
func sortJobs(costs []int64, workers int) []job {
	var total int64
	jobs := make([]job, len(costs))
	for i, c := range costs {
		total += c
		jobs[i] = job{index: i, cost: c}
	}
	slices.SortStableFunc(jobs, func(a, b job) int { return cmp.Compare(b.cost, a.cost) })
	if len(jobs) > 0 && workers > 1 {
		jobs[0].beside = jobs[0].cost > total/int64(workers)
	}
	return jobs
}

// copyOne writes one output into out.
func (f *Folder) copyOne(ctx context.Context, o flash.Output, out outFile, aside bool, buf []byte, t *task) (Result, error) {
	r := Result{Name: o.Name, Size: o.Image.Size()}
	m := mover{ctx: ctx, src: o.Image, dst: out, dense: f.opt.NoHoles, look: o.OmitZero, early: !f.opt.NoSync,
		noClone: &f.noClone, buf: buf, meter: t}
	if !f.opt.NoHash {
		m.sum = newSum(t)
	}
	m.beside = aside && m.sum != nil
	prepare := m.prepare
	if f.kept[o.Name] {
		prepare = func(size int64) error { return m.goOn(ctx, size) }
	}
	if err := prepare(r.Size); err != nil {
		return r, err
	}
	if err := m.run(); err != nil {
		return r, err
	}
	r.Zero, r.DataBytes, r.Shared = m.zero, m.written, m.shared
	if r.Omitted = r.Zero && o.OmitZero; r.Omitted {
		r.DataBytes = 0
		return r, nil
	}
	if m.sum == nil {
		return r, nil
	}
	var err error
	r.SHA256, err = m.sum.hex(ctx)
	return r, err
}

// sealer completes written files one after the other: sync, close. It runs beside the
// workers, so that these do not wait for the disk.
type sealer struct {
	files chan written
	done  chan struct{}
}

// written is a file that waits for the sealer.
type written struct {
	out outFile
	r   Result
}

// openWhileSealing is the largest number of open files that wait for the sealer.
const openWhileSealing = 64

// startSealer starts a sealer. Its first error cancels ctx.
func (f *Folder) startSealer(ctx context.Context, cancel context.CancelCauseFunc) *sealer {
	s := &sealer{make(chan written, openWhileSealing), make(chan struct{})}
	go func() {
		defer close(s.done)
		for w := range s.files {
			if err := f.seal(ctx, w); err != nil {
				cancel(fmt.Errorf("split: %s: %w", w.r.Name, err))
			}
		}
	}()
	return s
}

func (s *sealer) end() {
	close(s.files)
	<-s.done
}

// seal completes a file, or removes it if it is left out.
func (f *Folder) seal(ctx context.Context, w written) error {
	noFile := w.r.Omitted || w.r.Damaged != nil
	if !noFile && ctx.Err() == nil {
		return f.complete(w.out)
	}
	err := w.out.Close()
	if err == nil && noFile {
		err = removeFile(f.path(w.r.Name) + partSuffix)
	}
	return err
}
