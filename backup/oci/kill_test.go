package oci

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// victim is set for a process of this test that pushes to a registry and ends by being
// killed: its place, and at which read of its files.
const victim, victimAt = "MTKKIT_TEST_VICTIM", "MTKKIT_TEST_VICTIM_AT"

// TestVictim is no test: it is the client that TestRegistryClientKilled kills.
func TestVictim(t *testing.T) {
	ref := os.Getenv(victim)
	if ref == "" {
		t.Skip("only run by TestRegistryClientKilled")
	}
	at, err := strconv.Atoi(os.Getenv(victimAt))
	check(t, err)
	var reads atomic.Int64
	me, err := os.FindProcess(os.Getpid())
	check(t, err)
	fs := phone(1)
	for i := range fs {
		fs[i].Image = everyRead{fs[i].Image, func() {
			if reads.Add(1) == int64(at) {
				_ = me.Kill() // as a power cut would: nothing is said to the registry
				select {}
			}
		}}
	}
	r, err := ParseRef(ref)
	check(t, err)
	_, err = push(t.Context(), open(t, ref, Options{Write: true, PlainHTTP: true}), r.Tag, fs, PushOptions{Workers: 1})
	check(t, err)
}

// A client that is killed in the middle leaves no tag in the registry, and the next push
// of the same phone continues.
func TestRegistryClientKilled(t *testing.T) {
	t.Parallel()
	s := startRegistry(t, t.TempDir(), "")
	for i, at := range []int{1, 3, 6, 9} {
		ref := s.ref(fmt.Sprintf("phones/s%d:a", i))
		cmd := exec.Command(os.Args[0], "-test.run=^TestVictim$")
		cmd.Env = append(os.Environ(), victim+"="+ref, fmt.Sprintf("%s=%d", victimAt, at))
		out, err := cmd.CombinedOutput()
		var died *exec.ExitError
		if !errors.As(err, &died) || died.Exited() {
			t.Fatalf("read %d: the client was not killed: %v\n%s", at, err, out)
		}
		repo := s.open(fmt.Sprintf("phones/s%d", i))
		if _, err := repo.Open(t.Context(), "a"); !errors.Is(err, ErrNoTag) {
			t.Errorf("read %d: a tag is left: %v", at, err)
		}
		mustPush(t, repo, "a", phone(1), PushOptions{})
		same(t, repo, "a", phone(1))
	}
}

// everyRead does something whenever the image is read.
type everyRead struct {
	flash.Image
	do func()
}

func (r everyRead) ReadAt(b []byte, off int64) (int, error) {
	r.do()
	return r.Image.ReadAt(b, off)
}
