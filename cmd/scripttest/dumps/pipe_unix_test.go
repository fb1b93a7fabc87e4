//go:build unix

package dumps

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mtkkit/mtkkit/cmd/scripttest"
	"github.com/mtkkit/mtkkit/words"
)

// TestNamedPipes gives commands a named pipe, to which nobody writes, where a file, a folder or a
// store should be. None waits for a writer: each says that it is no file, or no folder.
func TestNamedPipes(t *testing.T) {
	dir := t.TempDir()
	pipe, out := filepath.Join(dir, "pipe"), filepath.Join(dir, "out")
	if err := syscall.Mkfifo(pipe, 0o666); err != nil {
		t.Fatal(err)
	}
	rom := filepath.Join(scripttest.Root(t), "testdata", "mt6765-ROM_1.zst")
	for _, args := range [][]string{
		{"info", pipe}, {"list", pipe}, {"cat", pipe, "boot", "-o", out}, {"split", pipe, "-o", out}, {"join", pipe, "-o", out}, {"verify", pipe},
		{"blocks", pipe}, {"acquire", "--from", pipe, "-o", out}, {"image", "info", pipe}, {"image", "ls", pipe}, {"image", "raw", pipe, "-o", out},
		{"preloader", "info", pipe}, {"preloader", "fix", pipe, "-o", out}, {"recovery", "unpack", pipe}, {"recovery", "repack", pipe}, {"recovery", "check", pipe, "--for", rom},
		{"scatter", "create", pipe}, {"scatter", "check", pipe}, {"scatter", "diff", pipe, pipe},
		{"backup", "create", pipe, "-o", out}, {"backup", "list", pipe}, {"backup", "verify", pipe}, {"backup", "restore", pipe, "-o", out}, {"backup", "diff", rom, pipe},
		{"backup", "push", pipe, "oci:" + out + ":t"}, {"backup", "push", rom, "oci:" + pipe + ":t"}, {"backup", "pull", "oci:" + pipe + ":t", "-o", out},
		{"backup", "tags", "oci:" + pipe}, {"backup", "prune", "oci:" + pipe, "--keep", "1"}, {"backup", "verify", "oci:" + pipe + ":t"}, {"info", "oci:" + pipe + ":t"},
		{"info", rom, "--scatter", pipe}, {"info", rom, "--table", pipe}, {"info", rom, "--boot1", pipe}, {"info", rom, "--rpmb", pipe},
		{"backup", "restore", pipe, "--key", pipe, "-o", out}, {"backup", "create", rom, "-o", out, "--encrypt", pipe},
	} {
		code, said, errs := program(args...)
		if says := said + errs; code == words.ExitOK || !strings.Contains(says, "not a ") && !strings.Contains(says, "a file, not") {
			t.Errorf("%q: exit %d: %s", args, code, says)
		}
		if _, err := os.Lstat(out); err == nil {
			t.Errorf("%q wrote something", args)
		}
	}
}
