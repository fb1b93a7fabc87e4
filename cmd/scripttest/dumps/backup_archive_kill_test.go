package dumps

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// leftovers lists what stands in the folder beside what is expected.
func leftovers(t *testing.T, dir string, expected ...string) (out []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, n := range expected {
		known[n] = true
	}
	for _, e := range entries {
		if !known[e.Name()] {
			out = append(out, e.Name())
		}
	}
	return out
}

// A create that is killed at any moment leaves no file of that name, and the next one
// is done, in one file and in volumes.
func TestKilledBackupCreate(t *testing.T) {
	p := newKillable(t)
	if err := imgtest.MT6572().WriteDump(p.dir); err != nil {
		t.Fatal(err)
	}
	dump := leftovers(t, p.dir)
	p.must("backup", "create", "ROM_1", "--no-siblings", "-o", "first")
	length := p.runtime
	for i := range kills(t) {
		args := []string{"backup", "create", "ROM_1", "--no-siblings", "-o", "b"}
		name := "b"
		if i%2 == 1 {
			args, name = append(args, "--split-size", "1M"), "b.001"
		}
		p.runtime = length
		done := p.kill(args...)
		if _, err := os.Lstat(filepath.Join(p.dir, name)); (err == nil) != done {
			// The name may be given and the marker not yet removed.
			if out, verr := p.run("backup", "verify", name); verr != nil {
				t.Errorf("kill %d: done is %v, the file says %v, and verify: %s", i, done, err, out)
			}
			done = true
		}
		if !done {
			p.must(args...)
		}
		p.must("backup", "verify", name)
		p.must("backup", "restore", name, "-o", "again")
		if err := p.isDump("again"); err != nil {
			t.Errorf("kill %d: what comes back is not the dump: %v", i, err)
		}
		for _, n := range []string{"again", name, ".b.mtkkit-unfinished"} {
			os.Remove(filepath.Join(p.dir, n))
		}
		if rests := leftovers(t, p.dir, append(dump, "first")...); len(rests) > 0 {
			t.Errorf("kill %d: rests %v", i, rests)
		}
	}
	t.Logf("%d of %d kills hit a running create", p.midway, p.attempts)
}

// A restore that is killed at any moment leaves nothing that looks finished, and the
// next one is done: a dump, and a folder to flash.
func TestKilledRestore(t *testing.T) {
	p := newKillable(t)
	if err := imgtest.MT6572().WriteDump(p.dir); err != nil {
		t.Fatal(err)
	}
	p.must("backup", "create", "ROM_1", "--no-siblings", "-o", "b")
	p.must("backup", "restore", "b", "-o", "first")
	file := p.runtime
	p.must("backup", "restore", "b", "--parts", "-o", "first.parts")
	parts := p.runtime
	for i := range kills(t) {
		out := fmt.Sprint("out", i)
		args := []string{"backup", "restore", "b", "-o", out}
		p.runtime = file
		if i%2 == 1 {
			args, p.runtime = append(args, "--parts"), parts
		}
		done := p.kill(args...)
		if i%2 == 1 {
			text, err := p.run("verify", out)
			if done && err != nil {
				t.Errorf("kill %d: it ended well, and verify says %v\n%s", i, err, text)
			}
			done = err == nil // a kill between the last rename and the exit leaves a whole folder
		} else if _, err := os.Lstat(filepath.Join(p.dir, out)); (err == nil) != done {
			done = true // it has its name; that it is whole is seen below
		}
		if !done {
			p.must(args...)
		}
		if i%2 == 1 {
			p.must("verify", out)
			p.must("join", out, "-o", "joined")
			os.RemoveAll(filepath.Join(p.dir, out))
			os.Rename(filepath.Join(p.dir, "joined"), filepath.Join(p.dir, out))
		}
		if err := p.isDump(out); err != nil {
			t.Errorf("kill %d: what comes back is not the dump: %v", i, err)
		}
		os.Remove(filepath.Join(p.dir, out))
	}
	t.Logf("%d of %d kills hit a running restore", p.midway, p.attempts)
}
