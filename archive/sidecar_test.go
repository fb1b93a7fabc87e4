package archive

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/backup/parity"
	"github.com/mtkkit/mtkkit/flash"
)

// childEnv makes the test binary a create of an archive with a sidecar, in a folder, that is
// killed in the middle. Its value is the operation at which it hangs.
const childEnv = "MTKKIT_ARCHIVE_TEST_CHILD"

func TestMain(m *testing.M) {
	if op := os.Getenv(childEnv); op != "" {
		opt := CreateOptions{Path: os.Args[1] + "/ROM_1", Output: os.Args[1] + "/a", Parity: 5, Progress: func(e flash.Event) {
			if e.Op == op && e.Done > 0 {
				fmt.Println("hanging")
				select {}
			}
		}}
		opt.Open.Alone = true
		_, err := Create(context.Background(), opt)
		fmt.Println("create ended:", err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// killed starts a create and kills it where it hangs.
func (m made) killed(op string) {
	m.t.Helper()
	cmd := exec.Command(os.Args[0], m.dir)
	cmd.Env = append(os.Environ(), childEnv+"="+op)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		m.t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "hanging\n" {
		m.t.Errorf("the child says %q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		m.t.Error(err)
	}
	_ = cmd.Wait()
}

func (m made) names() (out []string) {
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// The call of a killed create with a sidecar works when it is repeated, with the sidecar and
// without it, wherever it was killed, and leaves nothing of the killed one.
func TestKilledSidecar(t *testing.T) {
	side := "a" + parity.Suffix
	for _, c := range []struct {
		name, op string
		after    func(m made) error // what a kill between two renames would have left
		replace  bool
	}{
		{name: "packing", op: "backup"},
		{name: "parity", op: "parity"},
		{name: "parity, to be replaced", op: "parity", replace: true},
		{name: "between the names", op: "parity", after: func(m made) error { return os.Rename(m.path(side+".part"), m.path(side)) }},
	} {
		for _, percent := range []int{5, 0} {
			m := newMade(t)
			before := m.names()
			m.killed(c.op)
			if c.after != nil {
				if err := c.after(m); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := os.Stat(m.path("a")); err == nil {
				t.Errorf("%s: the archive has its name before its sidecar", c.name)
			}
			m.pack("a", CreateOptions{Parity: percent, Replace: c.replace})
			want := append(before, "a")
			if percent > 0 {
				want = append(want, side)
				if r, err := parity.Verify(t.Context(), m.path("a"), m.path(side), nil); err != nil || !r.Whole() {
					t.Errorf("%s: the sidecar: %+v, %v", c.name, r, err)
				}
			}
			slices.Sort(want)
			if got := m.names(); !slices.Equal(got, want) {
				t.Errorf("%s, %d %%: %q, want %q", c.name, percent, got, want)
			}
		}
	}
}

// An interrupted create leaves neither archive nor sidecar; a sidecar that cannot be made leaves
// the archive.
func TestSidecarFails(t *testing.T) {
	m := newMade(t)
	before := m.names()
	ctx, cancel := context.WithCancel(t.Context())
	opt := CreateOptions{Path: m.path("ROM_1"), Output: m.path("a"), Parity: 5, Progress: func(e flash.Event) {
		if e.Op == "parity" {
			cancel()
		}
	}}
	opt.Open.Alone = true
	if _, err := Create(ctx, opt); err == nil || !slices.Equal(m.names(), before) {
		t.Errorf("interrupted: %v, %q", err, m.names())
	}
	if err := os.WriteFile(m.path("a.par"), []byte("another file"), 0o666); err != nil {
		t.Fatal(err)
	}
	opt.Progress = nil
	_, err := Create(t.Context(), opt)
	wants(t, "a file with the name of the sidecar", err, flash.ReasonBeside)
}
