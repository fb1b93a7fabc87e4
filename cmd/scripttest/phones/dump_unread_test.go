package phones

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/words"
)

// Of a dump that stopped between its boot regions, the one that was read is looked at, and
// the other is told of.
func TestPreloaderNotReadYet(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dump")
	dev := imgtest.MT6765().Device()
	d, err := acquire.Create(dir, acquire.Job{Device: dev})
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
	code, said, errs := onPhone(t, &acquiretest.Phone{}, "preloader", "info", dir)
	expect(t, code, words.ExitProblems, said+errs, "nothing was read yet of EMMC_BOOT_1, EMMC_BOOT_2", "hint: resume it")
	ctx, cancel := context.WithCancel(t.Context())
	job := acquire.Job{Device: dev, Progress: func(e flash.Event) {
		if e.Detail == "BOOT_1" && e.Done > 0 {
			cancel() // what is under way is still taken
		}
	}}
	if d, err = acquire.Resume(dir, job); err != nil {
		t.Fatal(err)
	}
	if err := d.Read(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	d.Close()
	code, said, errs = onPhone(t, &acquiretest.Phone{}, "preloader", "info", dir)
	expect(t, code, words.ExitProblems, said+errs, "warning: nothing was read yet of EMMC_BOOT_2", "demo_k5")
}

// A dump that stopped before its table was read is not a dump without a table: every
// command that looks for one says so, and how to go on. One that stopped before its first
// manifest says that too.
func TestTableNotReadYet(t *testing.T) {
	top := t.TempDir()
	begun, bare := filepath.Join(top, "begun"), filepath.Join(top, "bare")
	d, err := acquire.Create(begun, acquire.Job{Device: imgtest.MT6765().Device()})
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
	if err := os.Mkdir(bare, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bare, "phone.key"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(top, "out")
	for _, args := range [][]string{{"info", "DUMP"}, {"list", "DUMP"}, {"verify", "DUMP"}, {"split", "DUMP", "-o", out}, {"cat", "DUMP", "boot"}, {"backup", "create", "DUMP", "-o", out}} {
		for dir, says := range map[string][]string{
			begun: {"the partition table is still unread", "hint: resume it: mtkkit acquire --resume " + begun},
			bare:  {"ended before anything was read", "hint: remove the folder"},
		} {
			for i, a := range args {
				if a == "DUMP" || a == begun || a == bare {
					args[i] = dir
				}
			}
			code, said, errs := onPhone(t, &acquiretest.Phone{}, args...)
			expect(t, code, words.ExitProblems, said+errs, says...)
		}
		if _, err := os.Stat(out); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q made something of nothing", args)
		}
	}
}
