package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
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
	expect(t, code, exitProblems, said, "unfinished: 4 KiB of ", "no run tries places again where the phone was lost so often",
		"it counts as unreadable", "--resume "+dir+" --accept-bad")
	words := regexp.MustCompile(`--resume \S+ (--range) (EMMC_USER:0x500000\+0x1000) --port`).FindStringSubmatch(said)
	if words == nil {
		t.Fatalf("nobody says how it is tried again:\n%s", said)
	}
	knownOptions(t, said)
	code, said = acquireFrom(t, &acquiretest.Phone{Parts: faultParts()}, "--resume", dir, words[1], words[2])
	expect(t, code, exitOK, said, "complete")
}
