package phones

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/mapfile"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/cmd/commands"
	"github.com/mtkkit/mtkkit/cmd/scripttest"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

// killer is a region at a place of which the phone leaves.
type killer struct {
	flash.Image
	at flash.Extent
}

func (k killer) ReadAt(p []byte, off int64) (int, error) {
	if k.at.Overlaps(flash.Extent{Offset: off, Length: int64(len(p))}) {
		return 0, fmt.Errorf("reading: %w", port.ErrGone)
	}
	return k.Image.ReadAt(p, off)
}

// lostDump reads the parts of the fault table until what is left is a place at which the
// phone was lost again and again, and returns how often it was.
func lostDump(t *testing.T, dir string, at flash.Extent) (lost int) {
	t.Helper()
	parts := faultParts()
	parts[0].Image = killer{parts[0].Image, at}
	job := acquire.Job{Device: &flash.Device{Storage: flash.EMMC, Parts: parts}, Record: flash.Manifest{Tool: "test"}}
	for {
		open := acquire.Resume
		if lost == 0 {
			open = acquire.Create
		}
		d, err := open(dir, job)
		if err != nil {
			t.Fatal(err)
		}
		if err = d.Read(context.Background()); err == nil {
			_, _, err = d.Finish(context.Background())
		}
		d.Close()
		if !errors.Is(err, port.ErrGone) {
			if err != nil {
				t.Fatal(err)
			}
			return lost
		}
		lost++
	}
}

// What was given up since the phone was lost there too often is told as such, with the
// command that has it tried again, and that command does.
func TestAcquireGivenUp(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dump")
	if n := lostDump(t, dir, flash.Extent{Offset: 5 << 20, Length: 4096}); n > 6 {
		t.Errorf("lost %d times", n)
	}
	code, said := acquireFrom(t, &acquiretest.Phone{Parts: faultParts()}, "--resume", dir)
	expect(t, code, words.ExitProblems, said, "unfinished: 4 KiB of ", "ranges where the phone was lost several times are read again only if",
		"it counts as unreadable", "--resume "+dir+" --accept-bad")
	named := regexp.MustCompile(`--resume \S+ (--range) (EMMC_USER:0x500000\+0x1000) --port`).FindStringSubmatch(said)
	if named == nil {
		t.Fatalf("nobody says how it is tried again:\n%s", said)
	}
	scripttest.KnownOptions(t, commands.Run, said)
	code, said = acquireFrom(t, &acquiretest.Phone{Parts: faultParts()}, "--resume", dir, named[1], named[2])
	expect(t, code, words.ExitOK, said, "complete")
}

// A phone that is lost whenever one place is read is read but for that place, wherever it
// is, also where its tables are looked for before there is a dump.
func TestAcquireDeadlyPlace(t *testing.T) {
	size := faultParts()[0].Image.Size()
	for _, f := range families {
		for name, c := range map[string]struct {
			region flash.Region
			at     int64
		}{
			"the head of the table":  {flash.EMMCUser, 512},
			"the entries":            {flash.EMMCUser, 1024},
			"the backup's entries":   {flash.EMMCUser, size - 33*512},
			"the last sector":        {flash.EMMCUser, size - 512},
			"where a partition lies": {flash.EMMCUser, 2 << 20},
			"the middle":             {flash.EMMCUser, 5<<20 + 4096},
			"the preloader":          {flash.EMMCBoot1, 0x3000},
			"the second boot region": {flash.EMMCBoot2, 0},
		} {
			t.Run(fmt.Sprint(f.protocol, " ", name), func(t *testing.T) {
				parts, dir := faultParts(), filepath.Join(t.TempDir(), "dump")
				da, deadly := f.agentFor(t), flash.Extent{Offset: c.at, Length: 512}
				args := []string{"-o", dir}
				var code int
				var said string
				for n := 1; ; n++ {
					p := &acquiretest.Phone{Protocol: f.protocol, HWCode: f.hwCode, Parts: parts, Deadly: map[flash.Region][]flash.Extent{c.region: {deadly}}}
					var out, errs string
					code, out, errs = onPhone(t, p, append([]string{"acquire", "--da", da}, args...)...)
					if said = out + errs; code != words.ExitPhone {
						break
					}
					if n == 7 {
						t.Fatalf("lost %d times: %s", n, said)
					}
					scripttest.KnownOptions(t, commands.Run, said)
					args = []string{"--resume", dir}
				}
				expect(t, code, words.ExitProblems, said, "unfinished: ", "--accept-bad")
				for _, p := range parts {
					want, err := flash.ReadFull(p.Image, 0, int(p.Image.Size()))
					if err != nil {
						t.Fatal(err)
					}
					path := filepath.Join(dir, "regions", acquire.FileName(p.Region))
					if p.Region == c.region { // at most the 4 KiB around the place are missing
						path += ".part"
						b, err := os.ReadFile(filepath.Join(dir, "regions", acquire.FileName(p.Region)+".map"))
						if err != nil {
							t.Fatal(err)
						}
						m, err := mapfile.Read(bytes.NewReader(b))
						if err != nil {
							t.Fatal(err)
						}
						unread := m.Unread(p.Image.Size())
						if len(unread) != 1 || !unread[0].Overlaps(deadly) || unread[0].Length > 4096 {
							t.Fatalf("%v is missing", unread)
						}
						clear(want[unread[0].Offset:unread[0].End()])
					}
					if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
						t.Errorf("%s: %v, the bytes differ", p.Region, err)
					}
				}
			})
		}
	}
}
