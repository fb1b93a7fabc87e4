//go:build unix

package dumps

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/words"
)

// A command that waits for input that does not come ends when it is told to.
func TestSignals(t *testing.T) {
	p := newKillable(t)
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		for _, args := range [][]string{{"info", "-"}, {"split", "-", "-o", "parts"}, {"backup", "create", "-", "-o", "x.tar.zst"}, {"verify", "/dev/stdin"}} {
			cmd := exec.Command(p.path, args...)
			cmd.Dir = p.dir
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			cmd.Stdin = r
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			r.Close()
			if _, err := w.Write(make([]byte, 1<<20)); err != nil { // no pipe holds so much: it reads
				t.Fatal(err)
			}
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != words.ExitInterrupted {
				t.Errorf("%v, %v: %v", args, signal, err)
			}
			w.Close()
		}
	}
	silentReader(t, p)
	if left, err := os.ReadDir(p.dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// silentReader has a command write to a pipe that nobody empties.
func silentReader(t *testing.T, p *killable) {
	dir := t.TempDir()
	if err := imgtest.SmallMT6765().WriteDump(dir); err != nil {
		t.Fatal(err)
	}
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(p.path, "cat", filepath.Join(dir, "ROM_1"), "userdata")
		cmd.Stdout = w
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w.Close()
		if _, err := io.ReadFull(r, make([]byte, 1)); err != nil { // it writes; the pipe holds less than the partition
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != words.ExitInterrupted {
			t.Errorf("cat, %v: %v", signal, err)
		}
		r.Close()
	}
}
