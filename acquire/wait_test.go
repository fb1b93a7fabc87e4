package acquire

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mtkkit/mtkkit/flash"
)

// A phone that tries a range for minutes says nothing meanwhile. Who waits is told where, in
// the first reading, when a range is tried again, and in the second.
func TestWaiting(t *testing.T) {
	for name, c := range map[string]struct {
		slow func(p *phone, off int64, reads int) bool
		at   string
	}{
		"first reading":  {func(p *phone, off int64, _ int) bool { return off == 8<<20 }, "ROM_1, waiting for the phone at 0x800000 for "},
		"tried again":    {func(p *phone, off int64, _ int) bool { return off == 9<<20 }, "ROM_1, waiting for the phone at 0x900000 for "},
		"second reading": {func(p *phone, off int64, reads int) bool { return reads == 3 }, "ROM_1, second reading, waiting for the phone at 0x0 for "},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, dir := newPhone(85), filepath.Join(t.TempDir(), "dump")
				if name == "tried again" {
					p.user.bad = ext(9<<20, 512)
				}
				p.user.before = func(off int64, n int) {
					if c.slow(p, off, p.user.reads) {
						time.Sleep(45 * time.Second)
					} else {
						time.Sleep(4 * time.Second) // slow, and nothing to speak of
					}
				}
				job := p.job()
				var events []flash.Event
				job.Progress = func(e flash.Event) { events = append(events, e) }
				if _, _, err := acquire(t, dir, job); err != nil {
					t.Fatal(err)
				}
				said, last := 0, flash.Event{}
				for _, e := range events {
					if !strings.Contains(e.Detail, "waiting") {
						last = e
						continue
					}
					if said++; !strings.HasPrefix(e.Detail, c.at) || !strings.HasSuffix(e.Detail, "s: it may be retrying a bad range") || e.Done != last.Done || e.Total != last.Total {
						t.Fatalf("%+v behind %+v", e, last)
					}
				}
				if said < 20 || said%40 > 1 && name != "tried again" {
					t.Errorf("said %d times in 45 seconds", said)
				}
				if want := fmt.Sprint(c.at, "40s: it may be retrying"); !strings.Contains(fmt.Sprint(events), want) {
					t.Errorf("nobody says %q", want)
				}
			})
		})
	}
}
