package dumps

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/cmd/scripttest"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// killEnv is how often each command is killed; without it a few times.
const killEnv = "MTKKIT_KILLS"

func kills(t *testing.T) int {
	if n, err := strconv.Atoi(os.Getenv(killEnv)); err == nil {
		return n
	}
	t.Logf("a few kills only; %s=50 makes more", killEnv)
	return 2
}

// killable is the real program, as a process of its own that can be killed.
type killable struct {
	t        *testing.T
	path     string
	dir      string
	runtime  time.Duration // of the last run that ended by itself
	midway   int           // kills that hit a running process
	attempts int
}

func newKillable(t *testing.T) *killable {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &killable{t: t, dir: t.TempDir(), path: filepath.Join(t.TempDir(), "mtkkit")}
	if err := os.Symlink(self, p.path); err != nil { // TestMain goes by the name
		t.Skipf("no symbolic links: %v", err)
	}
	return p
}

// run runs to the end and returns what was said.
func (p *killable) run(args ...string) (string, error) {
	cmd := exec.Command(p.path, args...)
	cmd.Dir = p.dir
	start := time.Now()
	out, err := cmd.CombinedOutput()
	p.runtime = time.Since(start)
	return string(out), err
}

func (p *killable) must(args ...string) string {
	p.t.Helper()
	out, err := p.run(args...)
	if err != nil {
		p.t.Fatalf("mtkkit %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// kill starts the program, kills it at some moment, and reports whether it had done
// its work before that.
func (p *killable) kill(args ...string) (done bool) {
	p.t.Helper()
	cmd := exec.Command(p.path, args...)
	cmd.Dir = p.dir
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	time.AfterFunc(time.Duration(rand.Int64N(int64(p.runtime))), func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	p.attempts++
	if err == nil {
		return true
	}
	p.midway++
	return false
}

// isDump compares a file with the dump that all began with.
func (p *killable) isDump(name string) error {
	return scripttest.SameFiles(filepath.Join(p.dir, name), filepath.Join(p.dir, "ROM_1"))
}

// A push that is killed at any moment leaves no tag that cannot be pulled, and the next
// push is done.
func TestKilledPush(t *testing.T) {
	p := newKillable(t)
	if err := imgtest.MT6572().WriteDump(p.dir); err != nil {
		t.Fatal(err)
	}
	p.must("backup", "push", "ROM_1", "oci:first:x")
	for i := range kills(t) {
		place := fmt.Sprintf("oci:backups%d", i%3) // new ones, and ones that hold rests
		tag := fmt.Sprintf("%s:t%d", place, i)
		done := p.kill("backup", "push", "ROM_1", tag)
		out, err := p.run("backup", "tags", place)
		if listed := err == nil && strings.Contains(out, fmt.Sprintf("t%d ", i)); listed != done && (done || err == nil && !pulls(p, tag)) {
			t.Errorf("kill %d: done is %v, and tags says %v\n%s", i, done, err, out)
		}
		if !done {
			if out, err := p.run("backup", "push", "ROM_1", tag); err != nil && !strings.Contains(out, "the tag exists") {
				t.Fatalf("kill %d: the next push: %v\n%s", i, err, out)
			}
		}
		if !pulls(p, tag) {
			t.Errorf("kill %d: what was pushed then does not come back", i)
		}
		p.must("backup", "prune", place)
		if rests, _ := filepath.Glob(filepath.Join(p.dir, place[4:], ".mtkkit", "*.part")); len(rests) > 0 {
			t.Errorf("kill %d: prune leaves %v", i, rests)
		}
	}
	t.Logf("%d of %d kills hit a running push", p.midway, p.attempts)
}

// pulls reports whether a tag gives a complete dump.
func pulls(p *killable, tag string) bool {
	dir := filepath.Join(p.dir, "check")
	defer os.RemoveAll(dir)
	last := p.runtime
	defer func() { p.runtime = last }()
	if _, err := p.run("backup", "pull", tag, "-o", "check"); err != nil {
		return false
	}
	_, err := p.run("verify", "check")
	return err == nil
}

// A pull that is killed at any moment leaves nothing that looks finished, and the next
// one is done.
func TestKilledPull(t *testing.T) {
	p := newKillable(t)
	if err := imgtest.MT6572().WriteDump(p.dir); err != nil {
		t.Fatal(err)
	}
	p.must("backup", "push", "ROM_1", "oci:backups:x")
	p.must("backup", "pull", "oci:backups:x", "-o", "first")
	length := p.runtime
	for i := range kills(t) {
		dir := fmt.Sprint("out", i)
		p.runtime = length
		done := p.kill("backup", "pull", "oci:backups:x", "-o", dir)
		if i%2 == 1 && !done { // and again while it goes on
			done = p.kill("backup", "pull", "oci:backups:x", "-o", dir)
		}
		out, err := p.run("verify", dir)
		if done && err != nil {
			t.Errorf("kill %d: it ended well, and verify says %v\n%s", i, err, out)
		}
		if err != nil { // a kill between the last rename and the exit leaves a whole folder, and that is fine
			p.must("backup", "pull", "oci:backups:x", "-o", dir)
		}
		p.must("verify", dir)
		p.must("join", dir, "-o", "again")
		if err := p.isDump("again"); err != nil {
			t.Errorf("kill %d: what comes back is not the dump: %v", i, err)
		}
		if rests, _ := filepath.Glob(filepath.Join(p.dir, dir, "*.part")); len(rests) > 0 {
			t.Errorf("kill %d: rests %v", i, rests)
		}
		os.Remove(filepath.Join(p.dir, "again"))
		os.RemoveAll(filepath.Join(p.dir, dir))
	}
	t.Logf("%d of %d kills hit a running pull", p.midway, p.attempts)
}
