package commands

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/cmd/scripttest"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/session"
	"github.com/mtkkit/mtkkit/words"
)

// typedAcquire is a run of acquire with these options.
func typedAcquire(t *testing.T, u *ui, args ...string) *acquisition {
	t.Helper()
	o := newAcquireOptions()
	app := &cli.App{Commands: []*cli.Command{{Name: "acquire", Flags: flags.Of(nil, o.all), Action: func(*cli.Context) error { return nil }}}}
	if err := app.Run(append([]string{"mtkkit", "acquire"}, args...)); err != nil {
		t.Fatal(err)
	}
	return &acquisition{acquireOptions: o, u: u}
}

// How a dump is gone on with names what was typed, and nothing else.
func TestCommandToGoOn(t *testing.T) {
	for args, c := range map[string]struct {
		blind bool
		want  string
	}{
		"":                                 {false, "mtkkit acquire --resume d --da FILE"},
		"--port sim":                       {false, "mtkkit acquire --resume d --port sim"},
		"--da DA.bin --then off --wait 5m": {false, "mtkkit acquire --resume d --da DA.bin --then off"},
		"--from ROM_1,BOOT_1 --any-room --keep-ids --verify reread=5%": {false, "mtkkit acquire --resume d --from ROM_1,BOOT_1 --verify reread=5% --any-room --keep-ids"},
		"--da x --only a,b --skip c --range 0x0+4K":                    {false, "mtkkit acquire --resume d --da x"},
		"--da x --only a,b --only c --range 0x0+4K":                    {true, "mtkkit acquire --resume d --da x --only a,b,c --range 0x0+4K"},
	} {
		a := typedAcquire(t, newUI(screen.Streams{}), strings.Fields(args)...)
		a.run.Dir, a.run.Blind = "d", c.blind
		if got := a.command(); got != c.want {
			t.Errorf("%s\n%s, want\n%s", args, got, c.want)
		}
	}
}

// A phone that was lost at a place before: what the next run does is said, and how to do
// without the place where nothing else is left.
func TestLostHints(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "manifest.json.part"), []byte(`{"schema":"`+flash.ManifestSchema+`","kind":"dump"}`), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		lost     acquire.LostError
		says, no string
	}{
		"once":             {acquire.LostError{Next: "goes on there"}, "hint: goes on there", "--accept-bad"},
		"twice":            {acquire.LostError{Before: 1, Next: "reads everything else first"}, "hint: reads everything else first", "--accept-bad"},
		"and nothing else": {acquire.LostError{Before: 3, Next: "from its end", Rest: true}, "--accept-bad", "nobody"},
	} {
		c.lost.Region, c.lost.Extent, c.lost.Err = flash.EMMCUser, flash.Extent{Offset: 0x1000, Length: 0x1000}, fmt.Errorf("da: %w", port.ErrGone)
		var out strings.Builder
		u := newUI(screen.Streams{Out: &out, Err: &out})
		a := typedAcquire(t, u, "--da", "x")
		a.run.Dir = dir
		if code := u.finish(a.explain(&c.lost)); code != words.ExitPhone {
			t.Errorf("%s: exit %d", name, code)
		}
		if said := out.String(); !strings.Contains(said, c.says) || strings.Contains(said, c.no) || strings.Contains(said, "lost at this range before (EMMC_USER, 0x1000 bytes at 0x1000)") != (c.lost.Before > 0) {
			t.Errorf("%s: %s", name, said)
		}
		scripttest.KnownOptions(t, Run, out.String())
	}
}

// Ranges that no run tries any more are listed in the form that --range takes, and the hint
// to try again is for the others.
func TestGivenUpHints(t *testing.T) {
	place := func(offset int64) plan.Range {
		return plan.Range{Region: flash.EMMCUser, Extent: flash.Extent{Offset: offset, Length: 0x1000}}
	}
	for name, c := range map[string]struct {
		left     session.Rest
		want, no string
	}{
		"ranges that fail": {session.Rest{Again: true}, "try these ranges again: mtkkit acquire", "--range"},
		"ranges given up":  {session.Rest{GivenUp: []plan.Range{place(0x1000)}}, "--range EMMC_USER:0x1000+0x1000", "try these ranges again"},
		"many of them":     {session.Rest{GivenUp: []plan.Range{place(1), place(2), place(3), place(4), place(0x5000)}}, "4 of 5 are listed here", "EMMC_USER:0x5000"},
	} {
		var out strings.Builder
		u := newUI(screen.Streams{Out: &out, Err: &out})
		a := typedAcquire(t, u, "--da", "x")
		a.run.Dir = "dump"
		if _, err := a.summary(t.Context(), &flash.Manifest{}, false, c.left); err != nil && !errors.Is(err, words.ErrProblems) {
			t.Fatal(err)
		}
		if said := out.String(); !strings.Contains(said, c.want) || strings.Contains(said, c.no) || !strings.Contains(said, "--accept-bad") {
			t.Errorf("%s: %s", name, said)
		}
		scripttest.KnownOptions(t, Run, out.String())
	}
}
