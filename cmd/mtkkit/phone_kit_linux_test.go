package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
)

// A kit of which one file is bad keeps none of the others open.
func TestKitCloses(t *testing.T) {
	agent := families[0].agentFor(t)
	bad := filepath.Join(t.TempDir(), "bad")
	if err := os.WriteFile(bad, []byte("no agent, no preloader"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--da", agent, "--preloader", bad}, {"--da", agent, "--auth", bad + ".none"}, {"--da", agent, "--cert", bad + ".none"}, {"--da", bad}} {
		code, _, errs := onPhone(t, &acquiretest.Phone{}, append([]string{"info", "--port", "auto"}, args...)...)
		expect(t, code, exitFailed, errs, "bad")
		fds, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		for _, fd := range fds {
			if to, _ := os.Readlink("/proc/self/fd/" + fd.Name()); to == agent || to == bad {
				t.Errorf("%q: %s is still open", args, to)
			}
		}
	}
}
