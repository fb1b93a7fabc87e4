package acquire

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// full is p with a small general purpose area and an RPMB, in a device's order.
func (p *phone) full(rpmb *fake) Job {
	job := p.job()
	job.Device.Parts = append(job.Device.Parts, flash.Part{Region: flash.EMMCRPMB, Image: rpmb},
		flash.Part{Region: "EMMC_GP1", Image: &fake{b: patchwork(90, 1<<20)}})
	job.ReadTwice[flash.EMMCUser] = append(job.ReadTwice[flash.EMMCUser], at(9<<20+512, 512))
	return job
}

// The tables come first, wherever they are, then the boot regions; both are compared at once.
// What no restore can use comes last.
func TestOrder(t *testing.T) {
	p, dir := newPhone(80), filepath.Join(t.TempDir(), "dump")
	job := p.full(&fake{b: patchwork(91, 1<<20)})
	var got []string
	for _, part := range job.Device.Parts {
		img := part.Image.(*fake)
		img.before = func(off int64, n int) {
			if s := fmt.Sprintf("%s %x", FileName(part.Region), off); n <= 1<<20 || part.Region != flash.EMMCUser {
				got = append(got, s)
			} else if got[len(got)-1] != "ROM_1" {
				got = append(got, "ROM_1")
			}
		}
	}
	if _, done, err := acquire(t, dir, job); err != nil || !done {
		t.Fatal(done, err)
	}
	want := []string{"ROM_1 0", "ROM_1 900200", "ROM_1 1900000", "ROM_1 0", "ROM_1 900200", "ROM_1 1900000",
		"BOOT_1 0", "BOOT_1 0", "BOOT_2 0", "BOOT_2 0", "GP1 0", "ROM_1", "ROM_1 1800000", "RPMB 0"}
	if !slices.Equal(got, want) {
		t.Errorf("read in the order of\n%q, want\n%q", got, want)
	}
}

// What is read before its turn does not have the file read back in the end, also when the
// reading is ended and resumed anywhere.
func TestFlatSumCatchesUp(t *testing.T) {
	t.Parallel()
	for diesAt := range 16 {
		p, dir := newPhone(81), filepath.Join(t.TempDir(), "dump")
		job := func() Job { return p.full(&fake{b: make([]byte, 1<<20)}) }
		p.user.diesAt = diesAt
		d, err := Create(dir, job())
		if err != nil {
			t.Fatal(err)
		}
		_, done, err := goOn(d)
		if p.user.diesAt, p.user.reads = 0, 0; err != nil {
			if !errors.Is(err, errGone) {
				t.Fatal(err)
			}
			d = must(t, dir, job())
			_, done, err = goOn(d)
		}
		if err != nil || !done {
			t.Fatal(done, err)
		}
	}
	p, dir, back := newPhone(82), filepath.Join(t.TempDir(), "dump"), 0
	job := p.full(&fake{b: make([]byte, 1<<20)})
	job.Progress = func(e flash.Event) {
		if e.Op == "hash" {
			back++
		}
	}
	m, done, err := acquire(t, dir, job)
	if err != nil || !done || back > 0 {
		t.Errorf("%v, %v: %d pieces were read back", done, err, back)
	}
	for _, s := range m.Sources {
		if s.Region == flash.EMMCUser && s.SHA256 != sha(p.user.b) {
			t.Error("the flat sum is wrong")
		}
	}
}
