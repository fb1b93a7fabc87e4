package split

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"

	"github.com/mtkkit/mtkkit/flash"
)

// maxWorkers bounds memory: a worker has one buffer, one of them a few more.
const maxWorkers = 16

// job is one output on its way.
type job struct {
	index  int
	cost   int64 // bytes to hash, or to copy when nothing is hashed
	beside bool
}

// Copy writes and hashes all outputs, several at a time. Results are in the order of
// the outputs. After an error nothing is complete; call Abandon.
func (f *Folder) Copy(ctx context.Context) ([]Result, error) {
	if f.closed || f.results != nil {
		return nil, errors.New("split: Copy is for a folder just created")
	}
	var total int64
	costs := make([]int64, len(f.outputs))
	for i, o := range f.outputs {
		total += o.Image.Size()
		costs[i] = o.Image.Size()
		if f.opt.NoHash {
			n, err := dataBytes(o.Image)
			if err != nil {
				return nil, fmt.Errorf("split: %s: %w", o.Name, err)
			}
			costs[i] = n
		}
	}
	m := newMeter("split", total, f.opt.Progress)
	results := make([]Result, len(f.outputs))
	err := runJobs(ctx, costs, f.opt.Workers, func(ctx context.Context, j job, buf []byte) error {
		o := f.outputs[j.index]
		t := m.task(o.Name, o.Image.Size())
		r, err := f.copyOne(ctx, o, j.beside, buf, t)
		if err != nil {
			return fmt.Errorf("split: %s: %w", o.Name, err)
		}
		t.end()
		results[j.index] = r
		return nil
	})
	if err != nil {
		return nil, err
	}
	f.results = results
	return slices.Clone(results), nil
}

// runJobs does a job for each cost, the dearest first, on as many goroutines as there
// are workers, each with a buffer of its own. The first error stops the others and is
// returned.
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

// sortJobs puts the dearest first, so that the last to end is a small one. A job that
// costs more than its worker's share of all would end alone on one core; it hashes on
// the other.
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

// copyOne makes one output.
func (f *Folder) copyOne(ctx context.Context, o flash.Output, aside bool, buf []byte, t *task) (r Result, err error) {
	size := o.Image.Size()
	r = Result{Name: o.Name, Size: size}
	part := f.path(o.Name) + partSuffix
	out, err := f.openFile(part)
	if err != nil {
		return r, err
	}
	defer func() {
		if cerr := out.Close(); err == nil && cerr != nil {
			err = cerr
		}
		if err == nil && r.Omitted {
			err = os.Remove(part)
		} else if err == nil {
			err = os.Rename(part, f.path(o.Name))
		}
	}()
	m := mover{ctx: ctx, src: o.Image, dst: out, dense: f.opt.NoHoles, look: o.OmitZero,
		noClone: &f.noClone, buf: buf, meter: t}
	if !f.opt.NoHash {
		m.sum = newSum(t)
	}
	m.beside = aside && m.sum != nil
	if err := m.prepare(size); err != nil {
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
	if m.sum != nil {
		if r.SHA256, err = m.sum.hex(ctx); err != nil {
			return r, err
		}
	}
	if !f.opt.NoSync {
		err = out.Sync()
	}
	return r, err
}
