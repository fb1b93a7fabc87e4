package acquire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mtkkit/mtkkit/flash"
)

// recorder writes down what is done to the files of a dump, and can fail.
type recorder struct {
	mu     sync.Mutex
	ops    []op
	failAt int   // the operation that fails, from 1; 0: none
	err    error // with this
}

type op struct {
	file, what string // "write", "sync", "truncate"
	extent     flash.Extent
	text       string
	at         time.Time
}

func (r *recorder) open(path string) (file, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	return &recorded{file: f, name: filepath.Base(path), r: r}, nil
}

func (r *recorder) note(o op) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	o.at = time.Now()
	r.ops = append(r.ops, o)
	if r.failAt == len(r.ops) {
		return r.err
	}
	return nil
}

type recorded struct {
	file
	name  string
	r     *recorder
	loose []flash.Extent
}

func (f *recorded) WriteAt(b []byte, off int64) (int, error) {
	o := op{file: f.name, what: "write", extent: flash.Extent{Offset: off, Length: int64(len(b))}}
	if strings.HasSuffix(f.name, journalSuffix) {
		o.text = string(b)
	}
	if err := f.r.note(o); err != nil {
		n, _ := f.file.WriteAt(b[:len(b)/2], off) // half of it
		return n, err
	}
	f.loose = append(f.loose, o.extent)
	return f.file.WriteAt(b, off)
}

// Sync loses what was not synced when it fails, and only then says so, as Linux does.
func (f *recorded) Sync() error {
	err := f.r.note(op{file: f.name, what: "sync"})
	for _, e := range f.loose {
		if err != nil {
			f.file.WriteAt(make([]byte, e.Length), e.Offset)
		}
	}
	if f.loose = nil; err != nil {
		return err
	}
	return f.file.Sync()
}

// record reads p into dir under the eyes of r.
func (r *recorder) record(dir string, job Job) (*flash.Manifest, bool, error) {
	d := &Dump{dir: dir, job: job, open: r.open}
	d.job.Want = everything(job.Device)
	if err := os.Mkdir(dir, 0o777); err != nil {
		return nil, false, err
	}
	if err := d.begin(); err != nil {
		d.Close()
		return nil, false, err
	}
	return goOn(d)
}

// What the journal says was on the disk before the journal said it, and no more than
// 16 MiB or 5 seconds of reading are ever at risk.
func TestSyncOrder(t *testing.T) {
	t.Parallel()
	for name, slow := range map[string]time.Duration{"fast": 0, "slow": 2 * time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, r, dir := newPhone(20), &recorder{}, filepath.Join(t.TempDir(), "dump")
				p.user.b = patchwork(20, 70<<20)
				p.user.before = func(int64, int) { time.Sleep(slow) }
				if _, done, err := r.record(dir, p.job()); err != nil || !done {
					t.Fatal(done, err)
				}
				r.check(t, "ROM_1", 70<<20)
			})
		})
	}
}

// check goes through the operations on one region.
func (r *recorder) check(t *testing.T, region string, size int64) {
	t.Helper()
	var loose, durable, believed []flash.Extent
	var bytes int64
	first, syncs := time.Time{}, 0
	journalDirty := false
	for i, o := range r.ops {
		switch {
		case o.file == region+partSuffix && o.what == "write":
			loose = append(loose, o.extent)
		case o.file == region+partSuffix && o.what == "sync":
			durable, loose = flash.Union(durable, loose), nil
			syncs++
		case o.file == region+journalSuffix && o.what == "sync":
			journalDirty, bytes, first = false, 0, time.Time{}
		case o.file == region+journalSuffix && o.what == "write":
			if journalDirty {
				t.Fatalf("operation %d: the journal is written again before it was synced", i)
			}
			journalDirty = true
			for line := range strings.Lines(o.text) {
				if f := strings.Fields(line); f[0] == "+" {
					e, err := extentOf(f[1], f[2], size)
					if err != nil {
						t.Fatal(err)
					}
					if first.IsZero() {
						first = o.at
					}
					bytes += e.Length
					believed = append(believed, e)
					if left := flash.Within(loose, e); len(left) > 0 {
						t.Fatalf("operation %d: the journal speaks of %v, of which %v are not synced", i, e, left)
					}
				}
			}
			if bytes > syncBytes {
				t.Fatalf("operation %d: %v at once", i, flash.Size(bytes))
			}
		}
	}
	if journalDirty || flash.Total(flash.Union(believed)) != size || len(durable) == 0 {
		t.Errorf("in the end: journal dirty %v, believed %v of %v", journalDirty, flash.Size(flash.Total(believed)), flash.Size(size))
	}
	if least := int(size / syncBytes); syncs < least {
		t.Errorf("%d syncs, want at least %d", syncs, least)
	}
	var last time.Time
	for _, o := range r.ops {
		if o.file != region+partSuffix || o.what != "sync" {
			continue
		}
		if !last.IsZero() && o.at.Sub(last) > syncEvery+2*time.Second { // a chunk takes two
			t.Errorf("%v between two syncs", o.at.Sub(last))
		}
		last = o.at
	}
}

// Whatever write or sync fails (the disk is full, the stick is out): the run ends with
// that error, nothing counts that is not there, and the next run makes it whole.
func TestEveryOperationFails(t *testing.T) {
	t.Parallel()
	small := func() *phone { return smallPhone(21) }
	p, r := small(), &recorder{}
	if _, _, err := r.record(filepath.Join(t.TempDir(), "dump"), p.job()); err != nil {
		t.Fatal(err)
	}
	total := len(r.ops)
	if total < 20 {
		t.Fatalf("only %d operations", total)
	}
	step := 1
	if testing.Short() {
		step = 5
	}
	for at := 1; at <= total; at += step {
		cause := []error{syscall.ENOSPC, syscall.EIO}[at%2]
		p, r, dir := small(), &recorder{failAt: at, err: cause}, filepath.Join(t.TempDir(), "dump")
		_, done, err := r.record(dir, p.job())
		if done || !errors.Is(err, cause) {
			t.Fatalf("operation %d of %d (%v): %v, %v", at, total, cause, done, err)
		}
		d, err := Resume(dir, p.job())
		if err != nil {
			t.Fatalf("operation %d (%+v): %v", at, r.ops[at-1], err)
		}
		if _, done, err := goOn(d); err != nil || !done {
			t.Fatalf("operation %d, resumed: %v, %v", at, done, err)
		}
		p.finished(t, dir)
	}
}

// Garbage that an unsynced write left where the journal ends is not kept, zeros
// included.
func TestGarbageBehindTheJournal(t *testing.T) {
	p, dir := newPhone(22), filepath.Join(t.TempDir(), "dump")
	p.user.diesAt = 4
	if _, _, err := acquire(t, dir, p.job()); !errors.Is(err, errGone) {
		t.Fatal(err)
	}
	f, err := openFile(filepath.Join(dir, "regions", "ROM_1.part"))
	if err != nil {
		t.Fatal(err)
	}
	garbage := slices.Repeat([]byte{0xa5}, 1<<20)
	for off := int64(12 << 20); off < 25<<20; off += 1 << 20 {
		if _, err := f.WriteAt(garbage, off); err != nil {
			t.Fatal(err)
		}
	}
	f.Close()
	p.user.diesAt = 0
	if _, done, err := resume(t, dir, p.job()); err != nil || !done {
		t.Fatal(done, err)
	}
	p.finished(t, dir)
}

// sparse is a region of any size that holds noise in few ranges. Where it is nothing it
// costs nothing to say so.
type sparse struct {
	size  int64
	every int64
	reads int
}

func (s *sparse) Size() int64 { return s.size }
func (s *sparse) ReadAt(p []byte, off int64) (int, error) {
	s.reads++
	n := min(int64(len(p)), s.size-off)
	clear(p[:n])
	if off%s.every == 0 {
		copy(p, fmt.Sprint("data at ", off))
	}
	if n < int64(len(p)) {
		return int(n), io.EOF
	}
	return int(n), nil
}

// A phone of 64 GiB: its map, its journal and its file stay small, and an interruption
// near the end costs one chunk.
func TestHugePhone(t *testing.T) {
	const size = 64 << 30
	dir := filepath.Join(t.TempDir(), "dump")
	user := &sparse{size: size, every: 1 << 30}
	job := newPhone(23).job()
	job.Device.Parts = []flash.Part{{Region: flash.EMMCUser, Image: user}}
	job.ReadTwice = nil
	// All but the first and last GiB is left out; what is in between is a hole.
	job.Want = map[flash.Region][]flash.Extent{flash.EMMCUser: {{Length: 64 << 20}, {Offset: size - 64<<20, Length: 64 << 20}}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d, err := Create(dir, job)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Read(context.Background()); err != nil {
		t.Fatal(err)
	}
	// All that was ever allocated, for 128 MiB read: whatever the collector does, no more
	// can be in use.
	if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 24<<20 {
		t.Errorf("%v were allocated", flash.Size(after.TotalAlloc-before.TotalAlloc))
	}
	if user.reads != 32 {
		t.Errorf("%d reads", user.reads)
	}
	path := filepath.Join(dir, "regions", "ROM_1.part")
	if n := takes(t, path); n > 1<<20 {
		t.Errorf("the file takes %v", flash.Size(n))
	}
	if got := chartOf(t, dir, "ROM_1").Unread(size); len(got) != 1 || got[0].Length != size-128<<20 {
		t.Errorf("the map has %v", got)
	}
}
