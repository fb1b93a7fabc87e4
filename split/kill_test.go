package split

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// childEnv makes the test binary a run that is killed in the middle: "split DIR" or
// "join DIR OUT", with the seed of the dump.
const childEnv = "MTKKIT_SPLIT_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		child(os.Args[1:])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child works until its image hangs, says so, and waits to be killed.
func child(args []string) {
	hang := func() {
		fmt.Println("hanging")
		select {}
	}
	if args[0] == "join" {
		_, err := Join(context.Background(), args[1], args[2], JoinOptions{Workers: 1, Progress: func(e flash.Event) {
			if e.Name == "nvram.bin" && e.Done == e.Total {
				hang()
			}
		}})
		fmt.Println("join ended:", err)
		return
	}
	if args[0] == "step" {
		stepChild(args[1:], hang)
		return
	}
	d := newDump(1)
	last := &d.outputs[1] // the first in line is the largest; the gap comes last
	last.Image = &faulty{Image: last.Image, at: 1000, touch: hang}
	f, err := Create(context.Background(), args[1], d.outputs, []string{"scatter.txt"}, Options{Workers: 1})
	if err == nil {
		_, err = f.Copy(context.Background())
	}
	fmt.Println("split ended:", err)
}

// startAndKill runs the child until it hangs, and kills it.
func startAndKill(t *testing.T, args ...string) {
	t.Helper()
	if line := runAndKill(t, args...); line != "hanging\n" {
		t.Errorf("the child says %q", line)
	}
}

// runAndKill runs the child until it says something, kills it, and returns that line.
func runAndKill(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), childEnv+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Error(err)
	}
	_ = cmd.Process.Kill() // SIGKILL: no handler, no defer
	_ = cmd.Wait()
	return line
}

func TestKilledSplit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "p")
	startAndKill(t, "split", dir)
	rest := tree(t, dir)
	if _, there := rest[flash.MarkerName]; !there {
		t.Fatalf("no marker among %d files", len(rest))
	}
	if _, there := rest[flash.ManifestName]; there {
		t.Error("a killed run left a manifest")
	}
	if len(rest) < 3 {
		t.Errorf("the run was killed too early to prove anything: %d files", len(rest))
	}
	if r, err := Verify(t.Context(), dir, VerifyOptions{}); err != nil || r.OK {
		t.Errorf("verify of an unfinished folder: %+v, %v", r, err)
	}
	_, err := Join(t.Context(), dir, filepath.Join(t.TempDir(), "out"), JoinOptions{})
	refusal(t, err, flash.ReasonUnfinished)

	// Another file stops the next run, and is not removed.
	foreign := write(t, filepath.Join(dir, "mine.txt"), []byte("mine"))
	other := newDump(2)
	other.outputs = other.outputs[:2] // another plan: the rests are known by the marker, not by the plan
	_, err = Create(t.Context(), dir, other.outputs, nil, Options{})
	refusal(t, err, flash.ReasonNotEmpty)
	if got := tree(t, dir); len(got) != len(rest)+1 {
		t.Errorf("the refused run removed something: %d files of %d", len(got), len(rest)+1)
	}
	if err := os.Remove(foreign); err != nil {
		t.Fatal(err)
	}

	d := newDump(2)
	d.outputs, d.m.Entries = d.outputs[:1], d.m.Entries[:1]
	d.m.Sources[0].Size = 512 << 10
	d.split(t, dir, Options{}) // without force
	if got := tree(t, dir); len(got) != 4 || got["boot.img"] != string(d.b[:512<<10]) {
		t.Errorf("after the next run: %d files", len(got))
	}
	if r, err := Verify(t.Context(), dir, VerifyOptions{}); err != nil || !r.OK {
		t.Errorf("verify after the next run: %+v, %v", r, err)
	}
}

func TestKilledJoin(t *testing.T) {
	d := newDump(1)
	dir, out := filepath.Join(t.TempDir(), "p"), filepath.Join(t.TempDir(), "ROM_1")
	d.split(t, dir, Options{})
	startAndKill(t, "join", dir, out)
	if _, err := os.Stat(out); err == nil {
		t.Error("a killed join left its output")
	}
	if _, err := os.Stat(out + partSuffix); err != nil {
		t.Errorf("killed too early to prove anything: %v", err)
	}
	if _, err := Join(t.Context(), dir, out, JoinOptions{}); err != nil { // without force
		t.Fatal(err)
	}
	if got := tree(t, filepath.Dir(out)); len(got) != 1 || got["ROM_1"] != string(d.b) {
		t.Errorf("after the next run: %d files", len(got))
	}
}
