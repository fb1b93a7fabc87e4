package acquire

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// part reads all but userdata's middle and the second boot region: a dump that is
// finished, and not all of the phone.
func (p *phone) part(t *testing.T, dir string) {
	t.Helper()
	job := p.job()
	job.Want = map[flash.Region][]flash.Extent{flash.EMMCUser: ext(0, 8<<20), flash.EMMCBoot1: ext(0, 1<<20)}
	d, err := Create(dir, job)
	if err != nil {
		t.Fatal(err)
	}
	if n, want := d.Omitted(nil), p.user.Size()-8<<20+p.boot2.Size(); n != want {
		t.Errorf("0x%x bytes are left out, want 0x%x", n, want)
	}
	if n := d.Omitted(map[flash.Region][]flash.Extent{flash.EMMCBoot2: ext(0, p.boot2.Size()), flash.EMMCUser: ext(4<<20, 8<<20)}); n != p.user.Size()-12<<20 {
		t.Errorf("0x%x bytes are left out that somebody has", n)
	}
	if _, done, err := goOn(d); err != nil || !done {
		t.Fatal(done, err)
	}
}

// A region that was left out whole leaves no hole in the others; the dump is incomplete
// all the same.
func TestRegionLeftOut(t *testing.T) {
	p, dir := newPhone(50), filepath.Join(t.TempDir(), "dump")
	job := p.job()
	job.Want = everything(job.Device)
	delete(job.Want, flash.EMMCBoot2)
	m, done, err := acquire(t, dir, job)
	if err != nil || !done || m.Complete {
		t.Errorf("complete %v; %v, %v", m.Complete, done, err)
	}
	m, done, err = resume(t, dir, Job{AcceptBad: true}) // nobody there who could tell it has one
	if err != nil || !done || m.Complete {
		t.Errorf("without the phone: complete %v; %v, %v", m.Complete, done, err)
	}
	job = p.job()
	job.Want = everything(job.Device)
	if _, done, err = resume(t, dir, job); err != nil || !done {
		t.Fatal(done, err)
	}
	p.finished(t, dir)
}

// What was left out, and what went wrong before, is on the disk from the first moment on:
// whenever a run is killed, the next one knows.
func TestProblemsOutliveARun(t *testing.T) {
	p, dir := newPhone(54), filepath.Join(t.TempDir(), "dump")
	job := p.job()
	job.Want = everything(job.Device)
	delete(job.Want, flash.EMMCBoot2)
	job.Record.Problems = []flash.Problem{{Severity: flash.Warning, Place: "phone", Offset: flash.NoOffset, Text: "was warm"}}
	said := func(where string) {
		t.Helper()
		m, err := readRecord(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Problems) != 2 || m.Problems[0].Text != "was warm" || m.Problems[1].Text != leftOut {
			t.Errorf("%s, the draft says %v", where, m.Problems)
		}
	}
	d, err := Create(dir, job)
	if err != nil {
		t.Fatal(err)
	}
	d.Close() // killed at once
	said("begun")
	job = p.job()
	must(t, dir, job).Close()
	said("gone on with")
	if _, done, err := resume(t, dir, job); err != nil || !done {
		t.Fatal(done, err)
	}
	said("finished")
	must(t, dir, job).Close()
	m, done, err := resume(t, dir, Job{AcceptBad: true})
	if err != nil || !done || m.Complete {
		t.Errorf("finished without the phone: %v, %v, complete %v", done, err, m.Complete)
	}
	said("finished once more")
}

// A finished dump that is extended has nothing that calls it finished, from before its
// first file changes until it is.
func TestExtendedIsUnfinished(t *testing.T) {
	t.Parallel()
	p, dir := newPhone(51), filepath.Join(t.TempDir(), "dump")
	p.part(t, dir)
	proofs := func() (there []string) {
		for _, name := range []string{flash.ManifestName, flash.SumsName} {
			if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
				there = append(there, name)
			}
		}
		return there
	}
	if got := proofs(); len(got) != 2 {
		t.Fatalf("finished, with %q only", got)
	}
	job := p.job()
	job.Want = everything(job.Device)
	opened := 0
	d := &Dump{dir: dir, job: job, open: func(path string) (file, error) {
		opened++
		if got := proofs(); len(got) > 0 {
			t.Errorf("%s is opened while %q says it is finished", filepath.Base(path), got)
		}
		return openFile(path)
	}}
	if err := d.reopen(); err != nil || opened == 0 || d.Omitted(nil) != 0 {
		t.Fatal(err, opened, d.Omitted(nil))
	}
	p.user.reads, p.user.diesAt = 0, 2
	if _, _, err := goOn(d); !errors.Is(err, errGone) {
		t.Fatal(err)
	}
	if got := proofs(); len(got) > 0 {
		t.Errorf("lost while it was extended, and it has %q", got)
	}
	p.user.reads, p.user.diesAt = 0, 0
	if _, done, err := resume(t, dir, p.job()); err != nil || !done { // what is wanted is remembered
		t.Fatal(done, err)
	}
	p.finished(t, dir)
	if p.user.reads > 7 {
		t.Errorf("%d chunks of 7 were read: what was there was read again", p.user.reads)
	}
}

// A dump that is resumed by another way keeps what the first one knew of the phone,
// and continues telling phones apart by it.
func TestResumeAnotherWay(t *testing.T) {
	p, dir := newPhone(52), filepath.Join(t.TempDir(), "dump")
	p.user.diesAt = 3
	job := p.job()
	job.KeepIDs = true
	if _, _, err := acquire(t, dir, job); !errors.Is(err, errGone) {
		t.Fatal(err)
	}
	p.user.diesAt = 0

	job = p.job() // a card reader: no identity, no codes; lost again
	job.IDs, job.Record = nil, flash.Manifest{Phone: &flash.ManifestPhone{Protocol: "file"}}
	p.user.reads, p.user.diesAt = 0, 3
	if _, _, err := goOn(must(t, dir, job)); !errors.Is(err, errGone) {
		t.Fatal(err)
	}
	p.user.diesAt = 0

	job = p.job() // one more id
	job.IDs, job.KeepIDs = map[string][]byte{"serial": []byte("0123")}, true
	m, done, err := resume(t, dir, job)
	if err != nil || !done {
		t.Fatal(done, err)
	}
	plain := map[string]string{"me_id": hex.EncodeToString([]byte("this very phone")), "serial": hex.EncodeToString([]byte("0123"))}
	for name, want := range plain {
		if m.Phone.IDs[name] == "" || m.Phone.PlainIDs[name] != want {
			t.Errorf("%s: HMAC %q, in clear %q", name, m.Phone.IDs[name], m.Phone.PlainIDs[name])
		}
	}
	if m.Phone.HWCode != "0x0766" || m.Phone.Protocol != "xflash+file" { // and xflash once more
		t.Errorf("the chip's code, or how it was read, is forgotten: %+v", m.Phone)
	}
	for name := range plain {
		job := p.job()
		job.IDs = map[string][]byte{name: []byte("another")}
		d, err := Resume(dir, job)
		if err == nil {
			d.Close()
		}
		refused(t, err, "another phone: its "+name+" differs")
	}
}

// A card reader has not all regions of a phone: those that are read already need not be
// there. A phone that lacks one is another.
func TestResumeFromSomeRegions(t *testing.T) {
	p, dir := newPhone(55), filepath.Join(t.TempDir(), "dump")
	p.user.diesAt = 6 // the tables were read, and the boot regions
	if _, _, err := acquire(t, dir, p.job()); !errors.Is(err, errGone) {
		t.Fatal(err)
	}
	p.user.diesAt = 0
	reader := func(parts []flash.Part) Job {
		job := p.job()
		job.Device.Parts, job.IDs, job.Partial = parts, nil, true
		return job
	}
	all := p.job().Device.Parts
	d, err := Resume(dir, reader(all[1:])) // the boot regions, and not what is still to be read
	if err == nil {
		d.Close()
	}
	refused(t, err, "EMMC_USER is still to be read, but this source does not have it")
	if _, done, err := resume(t, dir, reader(all[:1])); err != nil || !done {
		t.Fatal(done, err)
	}
	p.finished(t, dir)

	dir = filepath.Join(t.TempDir(), "dump") // what the phone has is not forgotten
	p.part(t, dir)
	job := reader(all[:1])
	job.Want = everything(job.Device)
	m, done, err := resume(t, dir, job)
	if err != nil || !done || m.Complete || len(m.Source(flash.EMMCUser).Unread) > 0 {
		t.Errorf("%v, %v: complete %v, %v", done, err, m.Complete, m.Problems)
	}
}

func must(t *testing.T, dir string, job Job) *Dump {
	t.Helper()
	d, err := Resume(dir, job)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Where the phone is lost and what came of it does not reach the disk either, both are
// said: with only one of them repaired it would fail again.
func TestTwoTroubles(t *testing.T) {
	p, dir := newPhone(53), filepath.Join(t.TempDir(), "dump")
	d, err := Create(dir, p.job())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(d.regions, func(r *region) bool { return r.region == flash.EMMCUser })
	d.regions[i].data = unsyncable{d.regions[i].data}
	p.user.diesAt = 2
	if _, _, err := goOn(d); !errors.Is(err, errGone) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("said is only: %v", err)
	}

	p, dir = newPhone(53), filepath.Join(t.TempDir(), "dump") // one trouble is said once
	if d, err = Create(dir, p.job()); err != nil {
		t.Fatal(err)
	}
	d.regions[i].data = unsyncable{d.regions[i].data}
	if _, _, err := goOn(d); !errors.Is(err, syscall.ENOSPC) || strings.Count(err.Error(), "no space") != 1 {
		t.Errorf("said is: %v", err)
	}
}

// unsyncable is a file whose disk turns out to be full when it is asked to keep what it has.
type unsyncable struct{ file }

func (unsyncable) Sync() error { return syscall.ENOSPC }
