package acquire

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// withRPMB is p with an RPMB.
func (p *phone) withRPMB(img flash.Image) Job {
	job := p.job()
	job.Device.Parts = append(job.Device.Parts, flash.Part{Region: flash.EMMCRPMB, Image: img})
	return job
}

// ofRPMB are the words of a manifest about the RPMB.
func ofRPMB(m *flash.Manifest) (said []string) {
	for _, p := range m.Problems {
		if p.Place == string(flash.EMMCRPMB) {
			said = append(said, p.Text)
			if p.Severity != flash.Note {
				said = append(said, p.Severity.String())
			}
		}
	}
	return said
}

// without asserts a complete dump that has no RPMB, and says so in these words.
func (p *phone) without(t *testing.T, dir string, m *flash.Manifest, words string) {
	t.Helper()
	p.finished(t, dir) // three regions, nothing else in the folder, complete
	if said := ofRPMB(m); len(said) != 1 || said[0] != words {
		t.Errorf("it is said: %q", said)
	}
	for _, f := range m.Files {
		if strings.Contains(f.Name, "RPMB") {
			t.Errorf("%s is in the manifest", f.Name)
		}
	}
	if slices.ContainsFunc(m.Entries, func(e flash.ManifestEntry) bool { return e.Region == flash.EMMCRPMB }) {
		t.Error("it has an entry")
	}
}

// Who leaves the RPMB out has a complete dump: a restore has no use for it.
func TestRPMBLeftOut(t *testing.T) {
	p, dir := newPhone(5), filepath.Join(t.TempDir(), "dump")
	job := p.withRPMB(&fake{b: make([]byte, 1<<20)})
	job.Want = everything(job.Device)
	delete(job.Want, flash.EMMCRPMB)
	d, err := Create(dir, job)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := d.Omitted(nil); n != 0 {
		t.Errorf("%d bytes are said to be left out", n)
	}
	m, done, err := d.Finish(t.Context())
	if err != nil || !done || !m.Complete {
		t.Fatalf("finished %v, complete %v, %v", done, m.Complete, err)
	}
	p.without(t, dir, m, "was left out as asked: "+noUse)
}

const refusedRPMB = "this phone does not allow reading its RPMB: it is not in the dump, and a restore has no use for it"

// An RPMB that the agent does not read is asked for once, and the dump is complete without it.
func TestRefusedRPMB(t *testing.T) {
	t.Parallel()
	p, dir := newPhone(5), filepath.Join(t.TempDir(), "dump")
	rpmb := &fake{b: make([]byte, 16<<20), bad: []flash.Extent{{Length: 16 << 20}}}
	job := p.withRPMB(rpmb)
	d, err := Create(dir, job)
	if err != nil {
		t.Fatal(err)
	}
	m, done, err := goOn(d)
	if err != nil || !done || rpmb.reads != 1 || d.Omitted(nil) != 0 {
		t.Fatalf("%v, %v: %d reads, 0x%x bytes are left out", done, err, rpmb.reads, d.Omitted(nil))
	}
	p.without(t, dir, m, refusedRPMB)

	// To resume it does not ask; to complete it does, once more.
	rpmb.reads = 0
	job.Want = nil
	d = must(t, dir, job)
	if m, done, err = goOn(d); err != nil || !done || rpmb.reads > 0 || d.Omitted(nil) != 0 {
		t.Errorf("gone on with: %v, %v, %d reads", done, err, rpmb.reads)
	}
	p.without(t, dir, m, refusedRPMB)
	job.Want = everything(job.Device)
	if m, done, err = resume(t, dir, job); err != nil || !done || rpmb.reads != 1 {
		t.Errorf("completed: %v, %v, %d reads", done, err, rpmb.reads)
	}
	p.without(t, dir, m, refusedRPMB)

	// A phone that lets it be read after all.
	rpmb.bad = nil
	for range 2 {
		m, done, err = resume(t, dir, job)
		if said := ofRPMB(m); err != nil || !done || !m.Complete || len(said) != 1 || !strings.Contains(said[0], "can never be written back") {
			t.Errorf("%v, %v: %q", done, err, said)
		}
	}
	same(t, dir, "RPMB", rpmb.b)
}

// One that was marked as unreadable by an earlier version is asked for once, too.
func TestRefusedRPMBOfOldDumps(t *testing.T) {
	p, dir := newPhone(5), filepath.Join(t.TempDir(), "dump")
	rpmb := &fake{b: make([]byte, 16<<20), bad: []flash.Extent{{Length: 16 << 20}}}
	d, err := Create(dir, p.withRPMB(rpmb))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(d.regions, func(r *region) bool { return r.region == flash.EMMCRPMB })
	if err := errors.Join(d.regions[i].markBad(at(0, 16<<20)), d.regions[i].sync()); err != nil {
		t.Fatal(err)
	}
	d.Close()
	m, done, err := resume(t, dir, p.withRPMB(rpmb))
	if err != nil || !done || rpmb.reads != 1 {
		t.Fatalf("%v, %v, %d reads", done, err, rpmb.reads)
	}
	p.without(t, dir, m, refusedRPMB)
}

// An agent that does not survive the question is asked twice. Before that all else is read.
func TestLostRPMB(t *testing.T) {
	p, dir := newPhone(6), filepath.Join(t.TempDir(), "dump")
	rpmb := &trap{fake: &fake{b: make([]byte, 8<<20)}, kills: ext(0, 512)}
	job := func() Job { rpmb.plug(); return p.withRPMB(rpmb) }
	var lost *LostError
	if _, _, err := acquire(t, dir, job()); !errors.Is(err, port.ErrGone) || !errors.As(err, &lost) || !strings.Contains(lost.Next, "tries the RPMB once more") {
		t.Fatal(err)
	}
	if todo := journalOf(t, dir, "ROM_1").todo(); len(todo) > 0 {
		t.Errorf("lost over the RPMB before %v of the user area were read", todo)
	}
	alone := filepath.Join(t.TempDir(), "dump") // whose phone does not come back
	if err := os.CopyFS(alone, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	m, done, err := resume(t, dir, job())
	if err != nil || !done {
		t.Fatal(done, err)
	}
	p.without(t, dir, m, "the phone was lost twice while its RPMB was read: it is not in the dump, and a restore has no use for it")

	if _, _, err := resume(t, alone, Job{}); !errors.Is(err, ErrUnfinished) {
		t.Errorf("finished without the phone, and nobody accepted that: %v", err)
	}
	if m, done, err = resume(t, alone, Job{AcceptBad: true}); err != nil || !done {
		t.Fatal(done, err)
	}
	p.without(t, alone, m, "the phone was lost while its RPMB was read: it is not in the dump, and a restore has no use for it")
}

// What costs a trip to the cable comes behind what does not, an RPMB included.
func TestRPMBBeforeWhatIsPutOff(t *testing.T) {
	p, dir := newPhone(10), filepath.Join(t.TempDir(), "dump")
	_, trapped := p.trapped(at(9<<20, 4096))
	rpmb := &fake{b: patchwork(8, 1<<20)}
	job := func() Job {
		job := trapped()
		job.Device.Parts = append(job.Device.Parts, flash.Part{Region: flash.EMMCRPMB, Image: rpmb})
		return job
	}
	_, _, err := acquire(t, dir, job())
	for range 2 {
		if !errors.Is(err, port.ErrGone) || rpmb.reads > 0 {
			t.Fatal(err, rpmb.reads)
		}
		_, _, err = resume(t, dir, job())
	}
	if !errors.Is(err, port.ErrGone) || rpmb.reads != 1 {
		t.Errorf("%v, %d reads of the RPMB", err, rpmb.reads)
	}
}

// One that can be read in part is treated as other regions are.
func TestRPMBWithABadPlace(t *testing.T) {
	p, dir := newPhone(7), filepath.Join(t.TempDir(), "dump")
	bad := ext(6<<20, 512)
	rpmb := &fake{b: patchwork(8, 8<<20), bad: bad}
	m, done, err := acquire(t, dir, p.withRPMB(rpmb))
	if err != nil || done || !slices.Equal(m.Source(flash.EMMCRPMB).Unread, bad) {
		t.Errorf("%v, %v: %v", done, err, m.Sources)
	}
	same(t, dir, "RPMB.part", holed(rpmb.b, bad))

	dir = filepath.Join(t.TempDir(), "dump")
	trap := &trap{fake: &fake{b: patchwork(8, 8<<20)}, kills: ext(6<<20, 4096)}
	m, done, lost := runs(t, dir, func() Job { trap.plug(); return p.withRPMB(exactTrap{trap}) })
	if done || len(lost) > 6 || !slices.Equal(m.Source(flash.EMMCRPMB).Unread, trap.kills) {
		t.Errorf("%v after %d losses: %v", done, len(lost), m.Sources)
	}
}

// A region that is left out leaves, whenever that is cut short, what the next run can go on
// with: what of its files is there without the journal counts for nothing.
func TestLeavingOutIsCutShort(t *testing.T) {
	t.Parallel()
	for n := range 4 {
		p, dir := newPhone(9), filepath.Join(t.TempDir(), "dump")
		rpmb := &fake{b: make([]byte, 1<<20), bad: ext(0, 1<<20)}
		job := p.withRPMB(rpmb)
		d, err := Create(dir, job)
		if err != nil {
			t.Fatal(err)
		}
		d.Close()
		for _, suffix := range []string{journalSuffix, partSuffix, mapSuffix}[:n] { // in this order
			if err := os.Remove(filepath.Join(dir, "regions", "RPMB"+suffix)); err != nil && suffix != mapSuffix {
				t.Fatal(err)
			}
		}
		m, done, err := resume(t, dir, job)
		if err != nil || !done {
			t.Fatalf("%d files removed: %v, %v", n, done, err)
		}
		p.without(t, dir, m, refusedRPMB)
	}

	// While the journal cannot be removed, nothing is.
	p, dir := newPhone(9), filepath.Join(t.TempDir(), "dump")
	rpmb := &fake{b: make([]byte, 1<<20), bad: ext(0, 1<<20)}
	path := filepath.Join(dir, "regions", "RPMB")
	rpmb.before = func(int64, int) {
		if err := errors.Join(os.Remove(path+journalSuffix), os.MkdirAll(filepath.Join(path+journalSuffix, "in the way"), 0o777)); err != nil {
			t.Skip("an open file cannot be removed here:", err)
		}
	}
	if _, _, err := acquire(t, dir, p.withRPMB(rpmb)); err == nil {
		t.Error("left out, and its journal is still there")
	}
	if _, err := os.Stat(path + partSuffix); err != nil {
		t.Error(err)
	}
}
