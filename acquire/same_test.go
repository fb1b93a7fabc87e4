package acquire

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// reader returns a job for the same phone without identities: its flash in a card reader.
func (p *phone) reader() Job {
	job := p.job()
	job.Device.Parts, job.IDs, job.Partial = job.Device.Parts[:1], nil, true
	job.Want = everything(job.Device)
	return job
}

// some reads the tables, both boot regions and what e says of the user area.
func (p *phone) some(t *testing.T, dir string, e ...flash.Extent) {
	t.Helper()
	job := p.job()
	job.Want = everything(job.Device)
	job.Want[flash.EMMCUser] = append(slices.Clone(job.ReadTwice[flash.EMMCUser]), e...)
	if _, done, err := acquire(t, dir, job); err != nil || !done {
		t.Fatal(done, err)
	}
}

// noisy is a phone without zeros in its user area.
func noisy(seed uint64) *phone {
	p := newPhone(seed)
	for i := range p.user.b {
		p.user.b[i] |= 1
	}
	return p
}

// sibling is another phone of the model: its tables are the same, and all else is not.
func (p *phone) sibling() *phone {
	q := *p
	q.user = &fake{b: bytes.Clone(p.user.b)}
	for i := 1 << 20; i < 25<<20; i++ {
		q.user.b[i] ^= 2
	}
	return &q
}

// A card reader says nothing of whose flash it holds: more than the last chunk, a table that
// all phones of a model have, is compared.
func TestSiblingIsRefused(t *testing.T) {
	p, dir := noisy(60), filepath.Join(t.TempDir(), "dump")
	p.some(t, dir, ext(6<<20, 2<<20, 13<<20, 4096)...)
	before := tree(t, dir)
	q := p.sibling()
	d, err := Resume(dir, q.reader())
	if err == nil {
		d.Close()
	}
	refused(t, err, "EMMC_USER has other bytes at 0x600000")
	if tree(t, dir) != before {
		t.Error("the folder was changed")
	}

	q.user.bad = ext(6<<20, 512) // what cannot be read is passed over; the next is compared
	d, err = Resume(dir, q.reader())
	if err == nil {
		d.Close()
	}
	refused(t, err, "EMMC_USER has other bytes at 0xd00000")

	n := 0 // a bit that flips on the way, once in each chunk, makes no other phone
	p.user.flip = func(int) bool { n++; return n < 12 && n%2 == 1 }
	must(t, dir, p.reader()).Close()
	p.user.flip = nil
	if m, done, err := resume(t, dir, p.reader()); err != nil || !done || !m.Complete || len(m.Problems) > 0 {
		t.Fatal(done, err, m)
	}
	p.finished(t, dir)
}

// Where nothing was read by which phones differ, the dump says so and is not complete.
func TestUnproven(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		read  []flash.Extent
		spoil func(p *phone, job *Job)
	}{
		"tables only":    {nil, func(*phone, *Job) {}},
		"and zeros":      {ext(8<<20, 4<<20, 13<<20, 4096), func(*phone, *Job) {}},
		"cannot be read": {ext(6<<20, 4096), func(p *phone, _ *Job) { p.user.bad, p.user.healAt = ext(6<<20, 512), 8 }},
		"has no bytes": {ext(6<<20, 4096), func(_ *phone, job *Job) {
			job.Holes = map[flash.Region][]flash.Extent{flash.EMMCUser: ext(6<<20, 4096)}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			p, dir := noisy(61), filepath.Join(t.TempDir(), "dump")
			clear(p.user.b[8<<20 : 16<<20])
			p.some(t, dir, c.read...)
			job := p.reader()
			c.spoil(p, &job)
			unproven := func(m *flash.Manifest) bool {
				return slices.ContainsFunc(m.Problems, func(p flash.Problem) bool { return p.Text == Unproven && p.Severity == flash.Warning })
			}
			must(t, dir, job).Close() // killed: the next run knows
			if m, err := readRecord(dir); err != nil || !unproven(m) {
				t.Fatal(m.Problems, err)
			}
			m, done, err := resume(t, dir, p.job())
			if err != nil || !done || m.Complete || len(m.Problems) != 1 || !unproven(m) {
				t.Errorf("done %v, %v, complete %v: %v", done, err, m.Complete, m.Problems)
			}
		})
	}
}

// Where there is nothing to mix, nothing need be proved: nothing was read yet, or nothing is
// left to be read.
func TestNothingToProve(t *testing.T) {
	p, dir := noisy(62), filepath.Join(t.TempDir(), "dump")
	d, err := Create(dir, p.reader())
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
	if m, done, err := resume(t, dir, p.reader()); err != nil || !done || !m.Complete || len(m.Problems) > 0 {
		t.Errorf("nothing was read: %v, %v, %v", done, err, m.Problems)
	}

	dir = filepath.Join(t.TempDir(), "dump")
	p.some(t, dir)
	job := p.reader()
	job.Want = nil
	m, done, err := resume(t, dir, job)
	if err != nil || !done || slices.ContainsFunc(m.Problems, func(p flash.Problem) bool { return strings.Contains(p.Text, Unproven) }) {
		t.Errorf("nothing is left: %v, %v, %v", done, err, m.Problems)
	}
}

// To resume a large file compares some of it: what phones differ by wherever it lies,
// and of the rest as much as takes seconds.
func TestSampleIsBounded(t *testing.T) {
	j := &journal{region: flash.EMMCUser, size: 1 << 40}
	for i := range int64(5000) {
		c := chunk{Extent: flash.Extent{Offset: i * chunkSize, Length: chunkSize}, sum: [32]byte{1}}
		if i%2 == 1 {
			c.sum = zeroSum()
		}
		j.add(c)
	}
	d := &Dump{job: Job{Distinct: map[flash.Region][]flash.Extent{flash.EMMCUser: ext(3000*chunkSize+1, 1, 4001*chunkSize, 1)}}}
	list := d.sample(j)
	if len(list) != maxCompared || list[0].Offset != 3000*chunkSize {
		t.Fatalf("%d chunks, the first at 0x%x", len(list), list[0].Offset)
	}
	for i, c := range list {
		if c.isZero() || i > 1 && c.Offset-list[i-1].Offset > 100*chunkSize {
			t.Errorf("0x%x, zeros %v", c.Offset, c.isZero())
		}
	}
	if last := list[len(list)-1]; last.Offset < 4800*chunkSize {
		t.Errorf("the last is at 0x%x of 0x%x", last.Offset, 5000*chunkSize)
	}
	d.job.Distinct[flash.EMMCUser] = ext(0, 1<<40)
	if list = d.sample(j); len(list) != maxCompared {
		t.Errorf("%d chunks", len(list))
	}
}

// A user area that keeps changing is not compared; the phone's identity is.
func TestLiveIsKnownByItsIdentity(t *testing.T) {
	p, dir := noisy(63), filepath.Join(t.TempDir(), "dump")
	p.some(t, dir, ext(6<<20, 4096)...)
	q := p.sibling()
	job := q.job()
	job.Live, job.Want = true, everything(job.Device)
	d, err := Resume(dir, job)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Read(context.Background()); err != nil {
		t.Fatal(err)
	}
	if m, done, err := d.Finish(context.Background()); err != nil || !done || !m.Complete {
		t.Error(done, err, m.Problems)
	}
	d.Close()
}
