package commands

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/words"
)

// A disk that cannot be read in places: a loop device whose file has become shorter. What
// was read is right, the rest is in the map, and the run does not end well.
func TestAcquireBadDisk(t *testing.T) {
	losetup, err := exec.LookPath("losetup")
	if err != nil || os.Geteuid() != 0 {
		t.Skip("no losetup, or no right to use it: no disk with bad places can be made")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "disk")
	const size, good = 8 << 20, 5 << 20
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i>>8 ^ i*7)
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(losetup, "-f", "--show", "-r", file).Output()
	if err != nil {
		t.Skipf("no loop device to be had: %v", err)
	}
	loop := strings.TrimSpace(string(out))
	defer exec.Command(losetup, "-d", loop).Run()
	if err := os.Truncate(file, good); err != nil {
		t.Fatal(err)
	}
	dump := filepath.Join(dir, "dump")
	var o, e strings.Builder
	code := Run(t.Context(), []string{"mtkkit", "acquire", "--from", loop, "-o", dump, "--quiet"}, screen.Streams{Out: &o, Err: &e}, nil)
	got, err := os.ReadFile(filepath.Join(dump, "regions", "ROM_1.part"))
	if err != nil || code != words.ExitProblems || len(got) != size || string(got[:good]) != string(b[:good]) {
		t.Fatalf("exit %d, %d bytes, %v\n%s%s", code, len(got), err, &o, &e)
	}
	m, err := os.ReadFile(filepath.Join(dump, "regions", "ROM_1.map"))
	if err != nil || !strings.Contains(string(m), fmt.Sprintf("0x%08X  0x%08X  -", good, size-good)) && !strings.Contains(strings.ToLower(string(m)), "0x00500000") {
		t.Errorf("%v\n%s", err, m)
	}
	if err := os.Truncate(file, size); err != nil { // the place reads again, as zeros
		t.Fatal(err)
	}
	o.Reset()
	e.Reset()
	if code := Run(t.Context(), []string{"mtkkit", "acquire", "--resume", dump, "--from", loop, "--quiet"}, screen.Streams{Out: &o, Err: &e}, nil); code != words.ExitOK && code != words.ExitProblems {
		t.Errorf("exit %d\n%s%s", code, &o, &e)
	}
	if _, err := os.Stat(filepath.Join(dump, "regions", "ROM_1")); err != nil {
		t.Errorf("it is not finished: %v\n%s%s", err, &o, &e)
	}
}
