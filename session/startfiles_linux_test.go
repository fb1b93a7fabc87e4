package session

import (
	"os"
	"path/filepath"
	"testing"
)

// A loader of which one file is bad keeps none of the others open.
func TestKitCloses(t *testing.T) {
	agent, bad := filepath.Join(t.TempDir(), "DA.bin"), filepath.Join(t.TempDir(), "bad")
	for path, b := range map[string][]byte{agent: agents(), bad: []byte("no agent, no preloader")} {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range []Options{{Agents: agent, Preloader: bad}, {Agents: agent, Auth: bad + ".none"}, {Agents: agent, Cert: bad + ".none"}, {Agents: bad}} {
		o.Bus = &desk{}
		if _, err := Connect(t.Context(), o); err == nil || IsTrouble(err) {
			t.Fatalf("%+v: %v", o, err)
		}
		fds, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		for _, fd := range fds {
			if to, _ := os.Readlink("/proc/self/fd/" + fd.Name()); to == agent || to == bad {
				t.Errorf("%+v: %s is still open", o, to)
			}
		}
	}
}
