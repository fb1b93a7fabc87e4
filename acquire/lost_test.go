package acquire

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/mapfile"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// trap is a region of a phone that leaves the bus when certain places are read, and stays
// away until it is plugged in again.
type trap struct {
	*fake
	kills []flash.Extent
	ahead int64 // it is asked for so much more than its reader is
	nth   int   // the request of a run at which it leaves, 0 for none
	left  func()
	gone  bool
	lost  int            // times it left
	asked []flash.Extent // of this run
}

func (t *trap) ReadAt(p []byte, off int64) (int, error) { return t.readAt(p, off, t.ahead) }

func (t *trap) readAt(p []byte, off, ahead int64) (int, error) {
	e := flash.Extent{Offset: off, Length: int64(len(p))}
	t.asked = append(t.asked, e)
	if e.Length += ahead; !t.gone && (touches(t.kills, e) || t.nth == len(t.asked)) {
		t.gone = true
		t.lost++
		if t.left != nil {
			t.left()
		}
	}
	if t.gone {
		return 0, fmt.Errorf("reading: %w", port.ErrGone)
	}
	return t.fake.ReadAt(p, off)
}

func (t *trap) plug() { t.gone, t.asked = false, nil }

// exactTrap can be asked for a range and nothing behind it.
type exactTrap struct{ *trap }

func (t exactTrap) ReadExactAt(p []byte, off int64) (int, error) { return t.readAt(p, off, 0) }

// trapped is p with its user area as a trap.
func (p *phone) trapped(kills ...flash.Extent) (*trap, func() Job) {
	t := &trap{fake: p.user, kills: kills}
	return t, func() Job {
		t.plug()
		job := p.job()
		job.Device.Parts[0].Image = exactTrap{t}
		return job
	}
}

// runs reads p into dir, plugged in again after every loss, until a run ends otherwise. It
// returns the losses.
func runs(t *testing.T, dir string, job func() Job) (m *flash.Manifest, done bool, lost []*LostError) {
	t.Helper()
	m, done, err := acquire(t, dir, job())
	for err != nil {
		var l *LostError
		if !errors.As(err, &l) || !errors.Is(err, port.ErrGone) || len(lost) > 16 {
			t.Fatalf("after %d losses: %v", len(lost), err)
		}
		lost = append(lost, l)
		m, done, err = resume(t, dir, job())
	}
	return m, done, lost
}

func at(off, n int64) flash.Extent { return flash.Extent{Offset: off, Length: n} }

// A phone that leaves the bus whenever one place is read is lost a few times, and then all
// of it is there but that range.
func TestLostAtOnePlace(t *testing.T) {
	for name, c := range map[string]struct {
		kills, want []flash.Extent
		most        int
	}{
		"a chunk's beginning": {ext(8<<20, 4096), ext(8<<20, 4096), 4},
		"a sector":            {ext(9<<20+512*11, 512), ext(9<<20+4096, 4096), 6},
		"a chunk's end":       {ext(12<<20-4096, 4096), ext(12<<20-4096, 4096), 6},
		"over a step's end":   {ext(9<<20+60<<10, 8192), ext(9<<20+60<<10, 8192), 6},
		"two in a chunk":      {ext(9<<20, 4096, 9<<20+16384, 4096), ext(9<<20, 20480), 6},
		"two chunks":          {ext(4<<20, 4096, 20<<20, 4096), ext(4<<20, 4096, 20<<20, 4096), 8},
		"over a chunk's end":  {ext(8<<20-4096, 8192), ext(8<<20-4096, 8192), 10},
		"the first table":     {ext(4096, 4096), ext(4096, 4096), 6},
		"the last sector":     {ext(25<<20, 512), ext(25<<20, 512), 2},
	} {
		for _, ahead := range []int64{0, 16 << 20} {
			t.Run(fmt.Sprintf("%s, %d MiB ahead", name, ahead>>20), func(t *testing.T) {
				t.Parallel()
				p, dir := newPhone(70), filepath.Join(t.TempDir(), "dump")
				trap, job := p.trapped(c.kills...)
				trap.ahead = ahead
				m, done, lost := runs(t, dir, job)
				most := c.most
				if ahead > 0 {
					most *= 2 // until it is known where, it is lost where nothing is wrong
				}
				if done || len(lost) > most {
					t.Errorf("finished %v, after %d losses", done, len(lost))
				}
				if got := m.Source(flash.EMMCUser).Unread; !slices.Equal(got, c.want) {
					t.Errorf("unread %v, want %v", got, c.want)
				}
				same(t, dir, "ROM_1.part", holed(p.user.b, c.want))
				if got := chartOf(t, dir, "ROM_1").Unread(p.user.Size()); !slices.Equal(got, c.want) {
					t.Errorf("the map has %v", got)
				}
				// Later runs do not ask for it of their own accord.
				if _, done, err := resume(t, dir, job()); err != nil || done || trap.gone {
					t.Errorf("once more: %v, %v, lost %v", done, err, trap.gone)
				}
				m, done, err := resume(t, dir, Job{AcceptBad: true})
				if err != nil || !done || m.Complete || !slices.Equal(m.Source(flash.EMMCUser).Unread, c.want) {
					t.Errorf("accepted: %v, %v", done, err)
				}
				said := slices.ContainsFunc(m.Problems, func(p flash.Problem) bool {
					return p.Severity == flash.Warning && p.Offset == c.want[0].Offset && strings.Contains(p.Text, lostHere)
				})
				if !said {
					t.Errorf("nobody says what happened there: %v", m.Problems)
				}
			})
		}
	}
}

// What the runs do, one by one: on at the range, all the rest first, steps forward, steps
// backward and small ones. Each says what comes next, and the map draws it.
func TestLostRunByRun(t *testing.T) {
	p, dir := newPhone(71), filepath.Join(t.TempDir(), "dump")
	bad := at(9<<20+8192, 4096)
	trap, job := p.trapped(bad)
	cell := at(8<<20, 4<<20)
	beyond := at(12<<20, 4<<20)
	blocks := func(s mapfile.Status) (out []flash.Extent) {
		for _, b := range chartOf(t, dir, "ROM_1").Blocks {
			if b.Status == s {
				out = append(out, b.Extent)
			}
		}
		return out
	}
	lost := func(err error, place flash.Extent, before int, next string) {
		t.Helper()
		var l *LostError
		if !errors.As(err, &l) || l.Extent != place || l.Before != before || !strings.Contains(l.Next, next) {
			t.Fatalf("%+v", err)
		}
		if says := strings.Contains(err.Error(), fmt.Sprintf("lost at this range before (EMMC_USER, 0x%x bytes at 0x%x)", place.Length, place.Offset)); says != (before > 0) {
			t.Errorf("after %d losses it is said: %v", before, err)
		}
	}

	_, _, err := acquire(t, dir, job())
	lost(err, cell, 0, "continues at this range")
	if got := blocks(mapfile.NotTrimmed); got != nil {
		t.Errorf("lost once, the map has %v", got)
	}
	m, err := readRecord(dir)
	if err != nil || len(m.Problems) != 1 || m.Problems[0].Severity != flash.Note || m.Problems[0].Offset != cell.Offset {
		t.Errorf("the draft says %v, %v", m.Problems, err)
	}

	_, _, err = resume(t, dir, job())
	lost(err, cell, 1, "reads everything else first")
	if trap.asked[1] != cell { // the first is to know the phone by
		t.Errorf("asked for %v", trap.asked)
	}
	if touches(journalOf(t, dir, "ROM_1").read, beyond) {
		t.Error("a place that was lost once is passed over")
	}
	if got := blocks(mapfile.NotTrimmed); !slices.Equal(got, []flash.Extent{cell}) {
		t.Errorf("put off, the map has %v", got)
	}

	_, _, err = resume(t, dir, job())
	lost(err, at(9<<20, 64<<10), 2, "from its end backwards")
	if !journalOf(t, dir, "BOOT_2").read[0].Contains(at(0, 1<<20)) {
		t.Error("the other regions are not read")
	}
	if i := slices.IndexFunc(trap.asked[1:], cell.Overlaps) + 1; trap.asked[i] != at(8<<20, 64<<10) || len(flash.Without(ext(12<<20, 12<<20), flash.Union(trap.asked[:i]))) > 0 {
		t.Errorf("request %d is %v; the rest is not read before", i, trap.asked[i])
	}

	_, _, err = resume(t, dir, job())
	lost(err, bad, 3, "backwards")
	if got := blocks(mapfile.NotScraped); len(got) != 1 || !got[0].Contains(bad) {
		t.Errorf("in the smallest steps, the map has %v", got)
	}
	m, done, err := resume(t, dir, job())
	if err != nil || done || !slices.Equal(m.Source(flash.EMMCUser).Unread, []flash.Extent{bad}) {
		t.Errorf("in the end: %v, %v, %v", done, err, m.Source(flash.EMMCUser).Unread)
	}
	if got := blocks(mapfile.Bad); !slices.Equal(got, []flash.Extent{bad}) || trap.lost != 4 {
		t.Errorf("in the end, after %d losses, the map has %v", trap.lost, got)
	}
	if trap.asked[0].Overlaps(cell) {
		t.Errorf("to know the phone by, %v was read", trap.asked[0])
	}
	for _, e := range trap.asked { // and nothing around it
		if e.Overlaps(cell) && e.Length > fineStep {
			t.Errorf("asked for %v", e)
		}
	}
}

// A cable that comes out once changes nothing: the next run continues there, and nothing is
// left of it.
func TestLostByAccident(t *testing.T) {
	p, dir := newPhone(72), filepath.Join(t.TempDir(), "dump")
	trap, job := p.trapped(at(9<<20, 4096))
	if _, _, err := acquire(t, dir, job()); !errors.Is(err, port.ErrGone) {
		t.Fatal(err)
	}
	trap.kills = nil
	m, done, err := resume(t, dir, job())
	if err != nil || !done || len(m.Problems) > 0 {
		t.Fatal(done, err, m.Problems)
	}
	want := ext(4<<20, 4<<20, 8<<20, 4<<20, 12<<20, 4<<20, 16<<20, 4<<20, 20<<20, 4<<20, 24<<20, 1<<20)
	if !slices.Equal(trap.asked, want) {
		t.Errorf("asked for %v", trap.asked)
	}
	p.finished(t, dir)
}

// Neither a run that is interrupted nor a full disk says anything of a range.
func TestLossIsOfThePhone(t *testing.T) {
	p, dir := newPhone(73), filepath.Join(t.TempDir(), "dump")
	trap, job := p.trapped(at(9<<20, 4096))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	d, err := Create(dir, job())
	if err != nil {
		t.Fatal(err)
	}
	trap.left = cancel
	if err := d.Read(ctx); err == nil || errors.As(err, new(*LostError)) {
		t.Errorf("interrupted: %v", err)
	}
	d.Close()
	if got := journalOf(t, dir, "ROM_1").lost; got != nil {
		t.Errorf("interrupted, and the journal says it was lost at %v", got)
	}
	trap.kills = nil
	d = must(t, dir, job())
	i := slices.IndexFunc(d.regions, func(r *region) bool { return r.region == flash.EMMCUser })
	d.regions[i].data = unwritable{d.regions[i].data}
	if err := d.Read(context.Background()); !errors.Is(err, syscall.ENOSPC) || errors.As(err, new(*LostError)) {
		t.Errorf("full: %v", err)
	}
	d.Close()
	if got := journalOf(t, dir, "ROM_1").lost; got != nil {
		t.Errorf("the disk is full, and the journal says the phone was lost at %v", got)
	}
}

// unwritable is a file on a disk that is full.
type unwritable struct{ file }

func (unwritable) WriteAt([]byte, int64) (int, error) { return 0, syscall.ENOSPC }

// A dump of which only such ranges are left can be finished without the phone, and gone on
// with when it is there again.
func TestAcceptPutOff(t *testing.T) {
	p, dir := newPhone(74), filepath.Join(t.TempDir(), "dump")
	trap, job := p.trapped(at(9<<20, 4096))
	var err error
	var lost *LostError
	accept := func() (*flash.Manifest, bool, error) { return resume(t, dir, Job{AcceptBad: true}) }
	if _, _, err = acquire(t, dir, job()); !errors.As(err, &lost) || lost.Rest {
		t.Fatal(err)
	}
	if _, _, err := accept(); !errors.Is(err, ErrUnfinished) {
		t.Errorf("lost once: %v", err)
	}
	if _, _, err = resume(t, dir, job()); !errors.As(err, &lost) || lost.Rest {
		t.Fatal(err)
	}
	if _, _, err := accept(); !errors.Is(err, ErrUnfinished) {
		t.Errorf("the rest is not read: %v", err)
	}
	if _, _, err = resume(t, dir, job()); !errors.As(err, &lost) || !lost.Rest {
		t.Fatalf("%v; only such places are left: %v", err, lost.Rest)
	}
	if _, _, err := resume(t, dir, Job{}); !errors.Is(err, ErrUnfinished) {
		t.Errorf("not accepted: %v", err)
	}
	f, err := openFile(filepath.Join(dir, "regions", "ROM_1.part")) // what a write that was not synced has left
	if err == nil {
		_, err = f.WriteAt([]byte("rubbish"), 10<<20)
	}
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	m, done, err := accept()
	hole := ext(9<<20, 3<<20)
	if err != nil || !done || m.Complete || !slices.Equal(m.Source(flash.EMMCUser).Unread, hole) {
		t.Fatalf("%v, %v: %v", done, err, m.Source(flash.EMMCUser).Unread)
	}
	same(t, dir, "ROM_1", holed(p.user.b, hole))
	if m.Source(flash.EMMCUser).SHA256 != sha(holed(p.user.b, hole)) {
		t.Error("the flat sum is not the file's")
	}
	trap.kills = nil
	if m, done, err = resume(t, dir, job()); err != nil || !done || len(m.Problems) > 0 {
		t.Fatal(done, err, m.Problems)
	}
	p.finished(t, dir)
}

// What was given up is tried once more when it is asked for by its address.
func TestRetry(t *testing.T) {
	p, dir := newPhone(75), filepath.Join(t.TempDir(), "dump")
	bad := at(9<<20, 4096)
	trap, job := p.trapped(bad)
	runs(t, dir, job)
	retry := func(e flash.Extent) Job {
		j := job()
		j.Retry = map[flash.Region][]flash.Extent{flash.EMMCUser: {e}}
		return j
	}
	trap.kills = nil
	if _, done, err := resume(t, dir, retry(at(0, 4096))); err != nil || done {
		t.Errorf("another place is asked for: %v, %v", done, err)
	}
	must(t, dir, retry(at(9<<20, 512))).Close() // killed: the next run knows
	if _, done, err := resume(t, dir, job()); err != nil || !done {
		t.Fatal(done, err)
	}
	p.finished(t, dir)
}

// A phone that is lost over a second reading twice is read without it.
func TestLostInSecondReading(t *testing.T) {
	p, dir := newPhone(76), filepath.Join(t.TempDir(), "dump")
	boot := &trap{fake: p.boot1, nth: 2} // the first is to read it
	job := func() Job {
		boot.plug()
		job := p.job()
		job.Device.Parts[1].Image = boot
		return job
	}
	_, _, err := acquire(t, dir, job())
	var lost *LostError
	if !errors.As(err, &lost) || lost.Before != 0 || !strings.Contains(lost.Next, "second reading of this range once more") {
		t.Fatalf("%+v", err)
	}
	boot.nth = 1 // what was read is not asked for to know the phone by
	if _, _, err = resume(t, dir, job()); !errors.As(err, &lost) || lost.Before != 1 || !strings.Contains(lost.Next, "omits the second reading") {
		t.Fatalf("%+v", err)
	}
	if _, _, err := resume(t, dir, job()); err != nil {
		t.Fatal(err)
	}
	m, done, err := resume(t, dir, job()) // what was said is not said again
	if err != nil || !done || !m.Complete {
		t.Fatal(done, err)
	}
	if len(m.Problems) != 1 || m.Problems[0].Severity != flash.Warning || !strings.Contains(m.Problems[0].Text, "lost twice while it was read") {
		t.Errorf("%v", m.Problems)
	}
	p.finished(t, dir)
}

// A range that cannot be read, and where the phone is lost when it is come back to.
func TestLostAtABadPlace(t *testing.T) {
	p, dir := newPhone(77), filepath.Join(t.TempDir(), "dump")
	p.user.bad = ext(9<<20, 4096)
	trap, job := p.trapped()
	last := func() Job {
		j := job()
		tries := 0
		p.user.before = func(off int64, n int) {
			if touches(p.user.bad, at(off, int64(n))) {
				if tries++; tries == 8 {
					trap.kills = p.user.bad
				}
			}
		}
		trap.kills = nil
		return j
	}
	m, done, lost := runs(t, dir, last)
	if done || len(lost) > 8 || len(lost) == 0 {
		t.Errorf("%v, after %d losses", done, len(lost))
	}
	if got := m.Source(flash.EMMCUser).Unread; len(got) != 1 || !got[0].Contains(p.user.bad[0]) || got[0].Length > 64<<10 {
		t.Errorf("unread %v", got)
	}
}

// In a boot region, too: the rest is read first, and what there is of it is read twice.
func TestLostInABootRegion(t *testing.T) {
	p, dir := newPhone(78), filepath.Join(t.TempDir(), "dump")
	boot := &trap{fake: p.boot1, kills: ext(512<<10, 4096)}
	job := func() Job {
		boot.plug()
		job := p.job()
		job.Device.Parts[1].Image = exactTrap{boot}
		return job
	}
	m, done, lost := runs(t, dir, job)
	if done || len(lost) != 4 || !slices.Equal(m.Source(flash.EMMCBoot1).Unread, ext(512<<10, 4096)) {
		t.Fatalf("%v, after %d losses, unread %v", done, len(lost), m.Source(flash.EMMCBoot1).Unread)
	}
	j := journalOf(t, dir, "BOOT_1")
	if left := flash.Without(j.read, j.twice); len(left) > 0 {
		t.Errorf("%v were read once", left)
	}
	if _, err := os.Stat(filepath.Join(dir, "regions", "ROM_1")); err != nil {
		t.Error("the user area is not finished:", err)
	}
}
