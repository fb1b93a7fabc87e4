package acquire

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// halfRead reads a phone until the chunk at 16 MiB, and stops there as a killed run does.
func halfRead(t *testing.T, p *phone) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "dump")
	ctx, cancel := context.WithCancel(t.Context())
	p.user.before = func(off int64, _ int) {
		if off == 16<<20 {
			cancel()
		}
	}
	d, err := Create(dir, p.job())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Read(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	p.user.before = nil
	return dir
}

// spoilt are the ways in which a disk may hold something else than what was read; each is
// within the first 8 MiB.
var spoilt = map[string]func(path string) error{
	"a byte": func(path string) error {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		b := make([]byte, 1)
		if _, err := f.ReadAt(b, 5<<20); err != nil {
			return err
		}
		_, err = f.WriteAt([]byte{b[0] ^ 0x10}, 5<<20)
		return err
	},
	"cut":     func(path string) error { return os.Truncate(path, 1<<20) },
	"nothing": func(path string) error { return os.Truncate(path, 0) },
	"a hole": func(path string) error {
		st, err := os.Stat(path)
		return errors.Join(err, os.Truncate(path, 4<<20), os.Truncate(path, st.Size()))
	},
	"gone": os.Remove,
}

// What is on the disk is proven before it is built on, and read again where it is not.
func TestResumeProvesTheDisk(t *testing.T) {
	t.Parallel()
	for name, spoil := range spoilt {
		t.Run(name, func(t *testing.T) {
			p := newPhone(41)
			dir := halfRead(t, p)
			if err := spoil(filepath.Join(dir, "regions", "ROM_1.part")); err != nil {
				t.Fatal(err)
			}
			d, err := Resume(dir, p.job())
			if name == "gone" {
				if err == nil {
					t.Error("a journal without data is believed")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var again []int64
			p.user.before = func(off int64, _ int) { again = append(again, off) }
			m, done, err := goOn(d)
			if err != nil || !done {
				t.Fatal(done, err)
			}
			p.finished(t, dir)
			if name == "a byte" && (slices.Contains(again, 8<<20) || !slices.Contains(again, 4<<20)) {
				t.Errorf("read again: %x; wanted is the chunk at 4 MiB, and none that is right", again)
			}
			if !slices.ContainsFunc(m.Problems, func(p flash.Problem) bool {
				return p.Place == "EMMC_USER" && strings.Contains(p.Text, "changed on the disk after they were read")
			}) {
				t.Errorf("no word of it: %v", m.Problems)
			}
		})
	}
}

// Nothing is read twice of what is there.
func TestResumeKeepsWhatIsProven(t *testing.T) {
	p := newPhone(42)
	dir := halfRead(t, p)
	d, err := Resume(dir, p.job())
	if err != nil {
		t.Fatal(err)
	}
	p.user.before = func(off int64, _ int) {
		if off < 12<<20 && off >= 4<<20 {
			t.Errorf("0x%x is read again", off)
		}
	}
	if _, done, err := goOn(d); err != nil || !done {
		t.Fatal(done, err)
	}
	if m := p.finished(t, dir); len(m.Problems) > 0 {
		t.Error(m.Problems)
	}
}

// A dump whose bytes are all read is proven, too, when it is only to be finished; and where
// there is no phone, what is not there is missing.
func TestFinishProvesTheDisk(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a byte", "cut", "a hole"} {
		p := newPhone(43)
		dir := filepath.Join(t.TempDir(), "dump")
		d, err := Create(dir, p.job())
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.Close()
		if err := spoilt[name](filepath.Join(dir, "regions", "ROM_1.part")); err != nil {
			t.Fatal(err)
		}
		alone, err := Resume(dir, Job{AcceptBad: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, done, err := goOn(alone); done || !errors.Is(err, ErrUnfinished) {
			t.Errorf("%s: %v, %v", name, done, err)
		}
		if _, done, err := resume(t, dir, p.job()); err != nil || !done {
			t.Fatal(done, err)
		}
		p.finished(t, dir)
	}
}

// A finished dump that is read on is proven by its chunks.
func TestExtendProvesTheDisk(t *testing.T) {
	t.Parallel()
	p, dir := newPhone(44), filepath.Join(t.TempDir(), "dump")
	p.part(t, dir)
	path := filepath.Join(dir, "regions", "ROM_1")
	j, _, err := loadJournal(path, flash.EMMCUser, p.user.Size())
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte("something else"), j.chunks[0].Offset); err != nil {
		t.Fatal(err)
	}
	job := p.job()
	job.Want = everything(job.Device)
	if _, done, err := resume(t, dir, job); err != nil || !done {
		t.Fatal(done, err)
	}
	p.finished(t, dir)
}

// Ctrl-C ends the proof, and a proof that was ended is none.
func TestProofIsCancelled(t *testing.T) {
	p := newPhone(45)
	dir := halfRead(t, p)
	if err := spoilt["a byte"](filepath.Join(dir, "regions", "ROM_1.part")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	job := p.job()
	var ops []string
	job.Progress = func(e flash.Event) {
		ops = append(ops, e.Op)
		if e.Done > e.Total || e.Total == 0 {
			t.Errorf("%+v", e)
		}
		cancel()
	}
	d, err := Resume(dir, job)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Read(ctx); !errors.Is(err, context.Canceled) || !slices.Contains(ops, proveOp) || slices.Contains(ops, "read") {
		t.Errorf("%v after %v", err, ops)
	}
	if _, _, err := d.Finish(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	d.Close()
	if _, err := Prove(ctx, dir, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, done, err := resume(t, dir, p.job()); err != nil || !done {
		t.Fatal(done, err)
	}
	p.finished(t, dir)
}

func TestProve(t *testing.T) {
	t.Parallel()
	for name, spoil := range spoilt {
		p := newPhone(46)
		dir := halfRead(t, p)
		proof, err := Prove(t.Context(), dir, nil)
		if err != nil || len(proof.Problems) > 0 || proof.Bytes < 16<<20 {
			t.Fatalf("%+v, %v", proof, err)
		}
		if err := spoil(filepath.Join(dir, "regions", "ROM_1.part")); err != nil {
			t.Fatal(err)
		}
		if proof, err = Prove(t.Context(), dir, nil); err != nil || flash.Worst(proof.Problems) != flash.Error {
			t.Errorf("%s: %+v, %v", name, proof, err)
		}
	}
	p, dir := newPhone(47), filepath.Join(t.TempDir(), "dump")
	if _, done, err := acquire(t, dir, p.job()); err != nil || !done {
		t.Fatal(err)
	}
	if proof, err := Prove(t.Context(), dir, nil); err != nil || len(proof.Problems) > 0 || proof.Bytes != 27<<20+512 {
		t.Errorf("of a finished dump: %+v, %v", proof, err)
	}
	if _, err := Prove(t.Context(), t.TempDir(), nil); !errors.Is(err, ErrNoDump) {
		t.Error(err)
	}
}

// Nothing is written through a link that lies in the folder, and nothing read.
func TestLinksInTheDump(t *testing.T) {
	for _, name := range []string{"regions", "regions/ROM_1.part", "regions/ROM_1.map.new", "manifest.json.part.new", "phone.key"} {
		p := newPhone(48)
		dir := halfRead(t, p)
		path, away := filepath.Join(dir, filepath.FromSlash(name)), filepath.Join(t.TempDir(), "away")
		err := os.Rename(path, away)
		if errors.Is(err, os.ErrNotExist) {
			err = os.WriteFile(away, []byte("precious"), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(away, path); err != nil {
			t.Skipf("no links here: %v", err)
		}
		st, _ := os.Stat(away)
		d, err := Resume(dir, p.job())
		if err == nil {
			_, _, err = goOn(d)
		}
		var kind *disk.KindError
		if !errors.As(err, &kind) && flash.AsRefusal(err) == nil {
			t.Errorf("%s: %v", name, err)
		}
		if now, err := os.Stat(away); err != nil || now.Size() != st.Size() || !now.ModTime().Equal(st.ModTime()) {
			t.Errorf("%s was written through", name)
		}
	}
}

// A name that is not on the disk for certain ends the run with an error, and nothing looks
// finished then.
func TestFolderNotSynced(t *testing.T) {
	defer func() { syncDir = disk.SyncDir }()
	broken := errors.New("the disk gives up")
	small := func() *phone { return smallPhone(49) }
	total := 0
	syncDir = func(dir string) error { total++; return disk.SyncDir(dir) }
	if _, done, err := acquire(t, filepath.Join(t.TempDir(), "dump"), small().job()); err != nil || !done || total < 5 {
		t.Fatal(done, err, total)
	}
	for at := 1; at <= total; at++ {
		n, p, dir := 0, small(), filepath.Join(t.TempDir(), "dump")
		syncDir = func(dir string) error {
			if n++; n == at {
				return broken
			}
			return disk.SyncDir(dir)
		}
		d, err := Create(dir, p.job())
		if err == nil {
			_, _, err = goOn(d)
		}
		if !errors.Is(err, broken) {
			t.Fatalf("call %d of %d: %v", at, total, err)
		}
		if _, err := os.Stat(filepath.Join(dir, flash.ManifestName)); err == nil {
			t.Errorf("call %d of %d: the dump looks finished", at, total)
		}
	}
}
