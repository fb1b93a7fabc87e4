package split

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// same asserts that a folder has exactly these files, byte for byte.
func same(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	if got := tree(t, dir); !maps.Equal(got, want) {
		t.Errorf("the folder has %d files, it had %d, and some may differ", len(got), len(want))
		for n, b := range want {
			if got[n] != b {
				t.Errorf("%s is gone or changed", n)
			}
		}
	}
}

// A file that the manifest does not prove is not replaced, and nothing else is then.
func TestForceKeepsChanged(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, dir string) (said string){
		"other bytes": func(t *testing.T, dir string) string {
			poke(t, filepath.Join(dir, "boot.img"), 5)
			return "boot.img"
		},
		"another size": func(t *testing.T, dir string) string {
			write(t, filepath.Join(dir, "nvram.bin"), []byte("mine"))
			return "nvram.bin"
		},
		"two files, not in the new plan": func(t *testing.T, dir string) string {
			write(t, filepath.Join(dir, "old.img"), []byte("mine"))
			write(t, filepath.Join(dir, "scatter.txt"), []byte("mine"))
			return "old.img, scatter.txt"
		},
		"the sums": func(t *testing.T, dir string) string {
			write(t, filepath.Join(dir, flash.SumsName), []byte("mine"))
			return flash.SumsName
		},
		"no hash": func(t *testing.T, dir string) string {
			m, err := openManifest(dir)
			check(t, err)
			m.Files[0].SHA256, m.Entries[0].SHA256 = "", ""
			b, err := m.Encode()
			check(t, err)
			write(t, filepath.Join(dir, flash.ManifestName), b)
			check(t, os.Remove(filepath.Join(dir, flash.SumsName)))
			return "without a hash in the manifest"
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "p")
			d := newDump(1)
			d.add("partition", "old.img", 0, 4096)
			d.split(t, dir, Options{})
			said := change(t, dir)
			before := tree(t, dir)
			_, err := Create(t.Context(), dir, newDump(2).outputs, nil, Options{Force: true})
			if r := refusal(t, err, flash.ReasonInTheWay); !strings.Contains(r.Text, said) {
				t.Errorf("%q does not say %q", r.Text, said)
			}
			same(t, dir, before)
		})
	}
}

// A file that changes while the new ones are written is not replaced, either.
func TestForceKeepsChangedMeanwhile(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, dir string){
		"written to": func(t *testing.T, dir string) { poke(t, filepath.Join(dir, "boot.img"), 5) },
		"replaced": func(t *testing.T, dir string) {
			path := filepath.Join(dir, "boot.img")
			st, err := os.Stat(path)
			check(t, err)
			check(t, os.Remove(path))
			write(t, path, noise(9, 512<<10))
			check(t, os.Chtimes(path, st.ModTime(), st.ModTime()))
		},
		"new file in the way": func(t *testing.T, dir string) { write(t, filepath.Join(dir, "new.img"), []byte("mine")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "p")
			newDump(1).split(t, dir, Options{})
			d := newDump(2)
			d.add("partition", "new.img", 0, 4096)
			f, err := Create(t.Context(), dir, d.outputs, []string{"scatter.txt"}, Options{Force: true})
			check(t, err)
			_, err = f.Copy(t.Context())
			check(t, err)
			change(t, dir)
			before := tree(t, dir)
			refusal(t, f.Finish(d.m), flash.ReasonInTheWay)
			check(t, f.Abandon())
			maps.DeleteFunc(before, func(n, _ string) bool { return strings.HasSuffix(n, partSuffix) || n == flash.MarkerName })
			same(t, dir, before)
		})
	}
}

// An interruption leaves the folder as it was, whenever it comes.
func TestForceInterrupted(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	newDump(1).split(t, dir, Options{})
	before := tree(t, dir)
	for _, at := range []int64{0, 1000, 2<<20 - 1} {
		ctx, cancel := context.WithCancel(t.Context())
		d := newDump(2)
		last := &d.outputs[3]
		last.Image = &faulty{Image: last.Image, at: at, touch: cancel}
		if err := WriteFolder(ctx, dir, d.outputs, d.m, Options{Force: true}); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		same(t, dir, before)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // while the old files are hashed
	if _, err := Create(ctx, dir, newDump(2).outputs, nil, Options{Force: true}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	same(t, dir, before)
}

// The old files stay until the new ones are whole, so they free no space.
func TestForceRoom(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	newDump(1).split(t, dir, Options{})
	f := &Folder{dir: dir, outputs: []flash.Output{{Name: "a.img", Image: blank(1 << 20)}}, opt: Options{Force: true},
		volumeOf: func(string) (disk.Volume, error) { return disk.Volume{Free: 1<<20 - 1}, nil }}
	_, err := f.refuse(t.Context(), []string{"a.img"})
	if r := refusal(t, err, flash.ReasonNoRoom); !strings.Contains(r.Text, "stay until the new ones are whole") {
		t.Errorf("%q", r.Text)
	}
	f.volumeOf = func(string) (disk.Volume, error) { return disk.Volume{Free: 1 << 20}, nil }
	if old, err := f.refuse(t.Context(), []string{"a.img"}); err != nil || len(old) != 6 {
		t.Errorf("%v, %v", old, err)
	}
}

// A failure in Finish leaves the old files, or a folder that the next run completes.
func TestForceFails(t *testing.T) {
	defer func() { syncDir, renameFile = disk.SyncDir, os.Rename }()
	broken := errors.New("the disk gives up")
	whole := filepath.Join(t.TempDir(), "want")
	d := stepDump(2)
	check(t, WriteFolder(t.Context(), whole, d.outputs, d.m, Options{}))
	want, completed := tree(t, whole), 0
	for at := 1; ; at++ {
		dir, n := filepath.Join(t.TempDir(), "p"), 0
		stepDump(1).split(t, dir, Options{})
		before := tree(t, dir)
		fail := func() error {
			if n++; n == at {
				return broken
			}
			return nil
		}
		syncDir = func(string) error { return fail() }
		renameFile = func(old, new string) error {
			if err := fail(); err != nil {
				return err
			}
			return os.Rename(old, new)
		}
		d := stepDump(2)
		err := WriteFolder(t.Context(), dir, d.outputs, d.m, Options{Force: true})
		syncDir, renameFile = disk.SyncDir, os.Rename
		if err == nil {
			same(t, dir, want)
			break
		}
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if Unfinished(dir) {
			completed++
			_, err := Create(t.Context(), dir, d.outputs, nil, Options{})
			refusal(t, err, flash.ReasonOurs)
			same(t, dir, want)
			continue
		}
		same(t, dir, before)
	}
	if completed < 4 {
		t.Errorf("only %d failures after the commit", completed)
	}
}

// stepDump is the dump whose split is killed at each step; each seed has a file that no other has.
func stepDump(seed uint64) *dump {
	d := &dump{b: append(make([]byte, 4096), noise(seed, 8192)...)}
	d.m = &flash.Manifest{Schema: flash.ManifestSchema, Kind: flash.KindParts,
		Sources: []flash.ManifestSource{{Name: "ROM_1", Region: flash.EMMCUser, Size: int64(len(d.b))}}}
	d.add("gap", "gap_0x0.bin", 0, 4096)
	d.add("partition", "boot.img", 4096, 4096)
	d.add("partition", fmt.Sprintf("only-in-%d.img", seed), 8192, 4096)
	return d
}

// stepChild splits stepDump(2) into args[0] and hangs before step args[1].
func stepChild(args []string, hang func()) {
	var at, n int
	if _, err := fmt.Sscan(args[1], &at); err != nil {
		panic(err)
	}
	step := func() {
		if n++; n == at {
			hang()
		}
	}
	create, rename, remove, sync := makeFile, renameFile, removeFile, syncDir
	makeFile = func(path string) (*os.File, error) { step(); return create(path) }
	renameFile = func(old, new string) error { step(); return rename(old, new) }
	removeFile = func(path string) error { step(); return remove(path) }
	syncDir = func(dir string) error { step(); return sync(dir) }
	d := stepDump(2)
	fmt.Println("split ended:", WriteFolder(context.Background(), args[0], d.outputs, d.m, Options{Workers: 1, Force: true}))
}

// A run with Force that is killed before any of its steps leaves the old files or the new ones,
// and the same run completes or repeats it.
func TestKilledAtEachStep(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "want")
	d := stepDump(2)
	check(t, WriteFolder(t.Context(), whole, d.outputs, d.m, Options{}))
	want := tree(t, whole)
	for _, old := range []bool{true, false} {
		commits := 0
		for at := 1; ; at++ {
			dir := filepath.Join(t.TempDir(), "p")
			before := map[string]string{}
			if old {
				stepDump(1).split(t, dir, Options{})
				before = tree(t, dir)
			}
			if !killAt(t, dir, at) {
				if at < 10 {
					t.Errorf("only %d steps", at)
				}
				same(t, dir, want)
				break
			}
			rest := map[string]string{}
			if isFolder(dir) {
				rest = tree(t, dir)
			}
			if committed := strings.Contains(rest[flash.MarkerName], `{"commit":`); committed {
				commits++
			} else {
				for n, b := range before {
					if rest[n] != b {
						t.Errorf("killed before step %d: %s is gone or changed, and the new files are not whole", at, n)
					}
				}
			}
			again := stepDump(2)
			if err := WriteFolder(t.Context(), dir, again.outputs, again.m, Options{Force: true}); err != nil {
				t.Fatalf("old files %v, killed before step %d: %v", old, at, err)
			}
			same(t, dir, want)
		}
		if commits < 5 {
			t.Errorf("old files %v: only %d kills after the commit", old, commits)
		}
	}
}

func isFolder(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

// killAt reports whether a run was killed before its step at; false: it has ended before.
func killAt(t *testing.T, dir string, at int) bool {
	t.Helper()
	return runAndKill(t, "step", dir, fmt.Sprint(at)) == "hanging\n"
}

// A run that was killed in its last step is completed by the next one, whatever that wants.
func TestKilledInLastStepIsCompleted(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	stepDump(1).split(t, dir, Options{})
	at := 1
	for ; ; at++ {
		check(t, os.RemoveAll(dir))
		stepDump(1).split(t, dir, Options{})
		if !killAt(t, dir, at) {
			t.Fatal("never killed after the commit")
		}
		if strings.Contains(tree(t, dir)[flash.MarkerName], `{"commit":`) {
			break
		}
	}
	_, err := Create(t.Context(), dir, newDump(3).outputs, nil, Options{})
	refusal(t, err, flash.ReasonOurs)
	if r, err := Verify(t.Context(), dir, VerifyOptions{}); err != nil || !r.OK || r.Manifest.Entries[2].Name != "only-in-2.img" {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "only-in-1.img")); err == nil {
		t.Error("a file of the replaced run is still there")
	}

	// A file that was put in the place of one of ours meanwhile stops it, and stays.
	check(t, os.RemoveAll(dir))
	stepDump(1).split(t, dir, Options{})
	killAt(t, dir, at)
	write(t, filepath.Join(dir, "boot.img"), []byte("mine"))
	before := tree(t, dir)
	_, err = Create(t.Context(), dir, newDump(3).outputs, nil, Options{Force: true})
	refusal(t, err, flash.ReasonInTheWay)
	for n, b := range tree(t, dir) {
		if strings.HasPrefix(n, "boot.img") && before[n] != b {
			t.Errorf("%s was changed", n)
		}
	}
}
