package acquire

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/mapfile"
	"github.com/mtkkit/mtkkit/flash"
)

// holed is what a region holds when the bad ranges read as zeros.
func holed(b []byte, bad []flash.Extent) []byte {
	b = bytes.Clone(b)
	for _, e := range bad {
		clear(b[e.Offset:e.End()])
	}
	return b
}

func chartOf(t *testing.T, dir, name string) *mapfile.Map {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "regions", name+mapSuffix))
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapfile.Read(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Bad ranges cost what they are, to the sector, and not what is around them.
func TestBadPlaces(t *testing.T) {
	bad := []flash.Extent{
		{Offset: 5<<20 + 512, Length: 512},       // a sector
		{Offset: 8<<20 - 1024, Length: 4096},     // over the end of a chunk
		{Offset: 12 << 20, Length: 1<<20 + 1536}, // a large range: its edges are found
		{Offset: 25 << 20, Length: 512},          // the last sector
	}
	p, dir := newPhone(3), filepath.Join(t.TempDir(), "dump")
	p.user.bad = bad
	m, done, err := acquire(t, dir, p.job())
	if err != nil || done {
		t.Fatal(done, err)
	}
	src := m.Source(flash.EMMCUser)
	if !slices.Equal(src.Unread, bad) || m.Complete {
		t.Errorf("unread %v, want %v", src.Unread, bad)
	}
	same(t, dir, "ROM_1.part", holed(p.user.b, bad))
	if got := chartOf(t, dir, "ROM_1").Unread(p.user.Size()); !slices.Equal(got, bad) {
		t.Errorf("the map has %v", got)
	}
	same(t, dir, "BOOT_1", p.boot1.b) // finished for itself
	if _, err := os.Stat(filepath.Join(dir, flash.ManifestName)); err == nil {
		t.Error("a dump with bad places is called finished")
	}

	// Accepted without the phone: they stay named.
	again := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(again, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	m, done, err = resume(t, again, Job{AcceptBad: true})
	if err != nil || !done || m.Complete || !slices.Equal(m.Source(flash.EMMCUser).Unread, bad) {
		t.Errorf("accepted: %v, %v, %+v", done, err, m.Source(flash.EMMCUser))
	}
	same(t, again, "ROM_1", holed(p.user.b, bad))
	if want := sha(holed(p.user.b, bad)); m.Source(flash.EMMCUser).SHA256 != want {
		t.Error("the flat sum is not the file's")
	}

	// A phone that has recovered gives the rest.
	p.user.bad = bad[:1]
	if m, done, err = resume(t, dir, p.job()); err != nil || done || !slices.Equal(m.Source(flash.EMMCUser).Unread, bad[:1]) {
		t.Errorf("resumed: %v, %v, %v", done, err, m.Source(flash.EMMCUser).Unread)
	}
	p.user.bad = nil
	if _, done, err = resume(t, dir, p.job()); err != nil || !done {
		t.Fatal(done, err)
	}
	p.finished(t, dir)
}

// A bad range in the middle alone is come back to as well.
func TestBadPlaceInTheMiddle(t *testing.T) {
	bad := []flash.Extent{{Offset: 9<<20 + 8192, Length: 512}}
	p, dir := newPhone(13), filepath.Join(t.TempDir(), "dump")
	p.user.bad = bad
	m, done, err := acquire(t, dir, p.job())
	if err != nil || done || !slices.Equal(m.Source(flash.EMMCUser).Unread, bad) {
		t.Errorf("%v, %v, unread %v", done, err, m.Source(flash.EMMCUser).Unread)
	}
}

// What fails once and not again costs nothing but the retry.
func TestPassingTrouble(t *testing.T) {
	p, dir := newPhone(4), filepath.Join(t.TempDir(), "dump")
	p.user.bad, p.user.healAt = []flash.Extent{{Offset: 9 << 20, Length: 512}}, 4
	if _, done, err := acquire(t, dir, p.job()); err != nil || !done {
		t.Fatal(done, err)
	}
	p.finished(t, dir)
}

// A source that ends early has a hole there.
func TestShortSource(t *testing.T) {
	p, dir := newPhone(6), filepath.Join(t.TempDir(), "dump")
	job := p.job()
	job.Device.Parts[0].Image = &cutShort{p.user, 20<<20 + 1024}
	m, done, err := acquire(t, dir, job)
	if err != nil || done {
		t.Fatal(done, err)
	}
	if want := ext(20<<20+1024, 5<<20+512-1024); !slices.Equal(m.Source(flash.EMMCUser).Unread, want) {
		t.Errorf("unread %v, want %v", m.Source(flash.EMMCUser).Unread, want)
	}
}

// cutShort says that it has more than it gives.
type cutShort struct {
	*fake
	ends int64
}

func (c *cutShort) ReadAt(p []byte, off int64) (int, error) {
	if off >= c.ends {
		return 0, nil
	}
	return c.fake.ReadAt(p[:min(int64(len(p)), c.ends-off)], off)
}

// A bit that flips on the way is found where things are read twice, and what two
// readings agree on is kept.
func TestReread(t *testing.T) {
	p, dir := newPhone(7), filepath.Join(t.TempDir(), "dump")
	p.boot1.flip = func(reads int) bool { return reads == 1 }
	p.user.flip = func(reads int) bool { return reads == 7 } // of the third chunk; the tables were read twice before
	job := p.job()
	job.Reread = 100
	m, done, err := acquire(t, dir, job)
	if err != nil || !done {
		t.Fatal(done, err)
	}
	p.finished(t, dir)
	var said []string
	for _, pr := range m.Problems {
		if pr.Severity == flash.Warning && strings.Contains(pr.Text, "the second reading differed") {
			said = append(said, pr.Place)
		}
	}
	if !slices.Equal(said, []string{"EMMC_BOOT_1", "EMMC_USER"}) {
		t.Errorf("problems: %v", m.Problems)
	}
	if p.user.reads != (2+7)*2+1 {
		t.Errorf("%d reads of 2 tables and 7 chunks twice, and one a third time", p.user.reads)
	}
}

// A second reading that fails is not tried again in the same run, and is told of once.
func TestSecondReadingFails(t *testing.T) {
	p, dir := newPhone(14), filepath.Join(t.TempDir(), "dump")
	p.user.before = func(int64, int) {
		if p.user.bad = nil; p.user.reads == 3 { // of the first table, the second time
			p.user.bad = ext(4096, 512)
		}
	}
	m, done, err := acquire(t, dir, p.job())
	if err != nil || !done || p.user.reads != 2+2+7 || len(m.Problems) != 1 || !strings.Contains(m.Problems[0].Text, "not a second time to compare") {
		t.Errorf("%v, %v: %d reads, %v", done, err, p.user.reads, m.Problems)
	}
}

// What never reads the same is not believed.
func TestNeverTheSame(t *testing.T) {
	p, dir := newPhone(8), filepath.Join(t.TempDir(), "dump")
	n := byte(0)
	p.boot2.before = func(int64, int) { n++; p.boot2.b[100] = n }
	m, done, err := acquire(t, dir, p.job())
	if err != nil || done || flash.Worst(m.Problems) != flash.Error {
		t.Fatal(done, err, m.Problems)
	}
	same(t, dir, "BOOT_2.part", make([]byte, 1<<20))
	if !slices.Equal(m.Source(flash.EMMCBoot2).Unread, ext(0, 1<<20)) {
		t.Errorf("unread %v", m.Source(flash.EMMCBoot2).Unread)
	}
}

// A sample of the rest is read twice when that is asked.
func TestRereadSample(t *testing.T) {
	p, dir := newPhone(9), filepath.Join(t.TempDir(), "dump")
	job := p.job()
	job.ReadTwice, job.Reread = nil, 30 // of seven chunks two
	if _, _, err := acquire(t, dir, job); err != nil {
		t.Fatal(err)
	}
	if p.user.reads != 9 || p.boot1.reads != 2 {
		t.Errorf("%d reads of user, %d of boot 1", p.user.reads, p.boot1.reads)
	}
}

func TestOtherPhone(t *testing.T) {
	t.Parallel()
	p, dir := newPhone(10), filepath.Join(t.TempDir(), "dump")
	p.user.diesAt = 8 // behind the chunk at 0x800000
	if _, _, err := acquire(t, dir, p.job()); err == nil {
		t.Fatal("not lost")
	}
	before := tree(t, dir)
	for name, c := range map[string]struct {
		change func(*phone, *Job)
		says   string
	}{
		"its identity":    {func(_ *phone, j *Job) { j.IDs = map[string][]byte{"me_id": []byte("another")} }, "another phone: its me_id differs"},
		"its size":        {func(q *phone, _ *Job) { q.user.b = append(q.user.b, make([]byte, 512)...) }, "another phone: its EMMC_USER has"},
		"a region less":   {func(_ *phone, j *Job) { j.Device.Parts = j.Device.Parts[:2] }, "this one has no EMMC_BOOT_2"},
		"what it holds":   {func(q *phone, j *Job) { j.IDs = nil; q.user.b[9<<20] ^= 1 }, "EMMC_USER has other bytes at 0x800000"},
		"its boot region": {func(q *phone, j *Job) { j.IDs = nil; q.boot1.b[100] ^= 1 }, "EMMC_BOOT_1 has other bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			q := newPhone(10)
			job := q.job()
			c.change(q, &job)
			job.Device.Parts[0].Image = q.user
			d, err := Resume(dir, job)
			if err == nil {
				d.Close()
			}
			refused(t, err, c.says)
			if got := tree(t, dir); got != before {
				t.Errorf("the folder was changed from\n%s\nto\n%s", before, got)
			}
		})
	}
	// The same phone where nothing can be compared is not refused.
	q := newPhone(10)
	job := q.job()
	job.IDs = nil
	if _, done, err := resume(t, dir, job); err != nil || !done {
		t.Error(done, err)
	}
}

// tree lists a folder's files with their sums.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		out.WriteString(sha(b) + " " + path + "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Two runs do not read into one folder.
func TestBusy(t *testing.T) {
	p, dir := newPhone(11), filepath.Join(t.TempDir(), "dump")
	d, err := Create(dir, p.job())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	_, err = Resume(dir, newPhone(11).job())
	refused(t, err, "another run is reading")
}

// What was left out can be read later, into the same folder.
func TestWants(t *testing.T) {
	p, dir := newPhone(12), filepath.Join(t.TempDir(), "dump")
	job := p.job()
	job.Want = map[flash.Region][]flash.Extent{flash.EMMCUser: ext(0, 1<<20, 6<<20+512, 512), flash.EMMCBoot1: ext(0, 1<<20)}
	m, done, err := acquire(t, dir, job)
	if err != nil || !done || m.Complete {
		t.Fatal(done, err)
	}
	if got := flash.Without(ext(0, p.user.Size()), m.Source(flash.EMMCUser).Unread); !slices.Equal(got, job.Want[flash.EMMCUser]) {
		t.Errorf("read %v", got)
	}
	if !slices.ContainsFunc(m.Problems, func(p flash.Problem) bool { return p.Place == "EMMC_BOOT_2" && p.Text == leftOut }) {
		t.Errorf("nobody says that a region was left out: %v", m.Problems)
	}
	job = p.job()
	job.Want = everything(job.Device)
	p.user.reads = 0
	m, done, err = resume(t, dir, job)
	if err != nil || !done || len(m.Problems) > 0 {
		t.Fatal(done, err, m.Problems)
	}
	p.finished(t, dir)
}
