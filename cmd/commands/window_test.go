package commands

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

// heard is a listener that writes lines as a terminal shows them.
type heard struct {
	mu     sync.Mutex
	out    bytes.Buffer
	err    bytes.Buffer
	events int
}

func (h *heard) Line(v words.Voice, text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch v {
	case words.Said:
		fmt.Fprintln(&h.out, text)
	case words.Stopped:
		fmt.Fprintln(&h.err, "mtkkit:", text)
	default:
		fmt.Fprintf(&h.err, "%s: %s\n", v, text)
	}
}

func (h *heard) Progress(flash.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events++
}

func (h *heard) Passphrase(context.Context, string) (string, error) { return "open sesame", nil }

func newWindowUI() *ui { return newUI(screen.Streams{Out: new(bytes.Buffer), Err: new(bytes.Buffer)}) }

// A command says the same in the window as in a terminal, and ends with the same code.
func TestWindowSaysTheSame(t *testing.T) {
	dir := t.TempDir()
	dump := filepath.Join(dir, "dump")
	u := newWindowUI()
	if code := u.runJob(t.Context(), []string{"acquire", "--port", "sim", "--output", dump}, new(heard)); code != 0 {
		t.Fatalf("acquire: %d", code)
	}
	for _, line := range []string{
		"info " + dump, "list " + dump, "verify " + dump, "blocks " + dump, "split " + dump + " --dry-run",
		"split " + dump + " --only nothing", "split", "nonsense", "info " + dir + "/missing", "backup diff " + dump + " " + dump,
		"acquire --da " + dir, "split --help", "backup create " + dump + " --share --identity", "scatter create -o - " + dump,
	} {
		args := strings.Fields(line)
		var out, err bytes.Buffer
		want := Run(t.Context(), append([]string{"mtkkit"}, args...), screen.Streams{In: new(bytes.Buffer), Out: &out, Err: &err}, nil)
		h := new(heard)
		if code := u.runJob(t.Context(), args, h); code != want {
			t.Errorf("%s: code %d, in a terminal %d", line, code, want)
		}
		if h.out.String() != out.String() {
			t.Errorf("%s\nsays %s\nin a terminal %s", line, h.out.String(), out.String())
		}
		if a, b := plainLines(h.err.String()), plainLines(err.String()); a != b {
			t.Errorf("%s\ntells %s\nin a terminal %s", line, a, b)
		}
	}
}

// plainLines returns messages without the indentation of their second lines and without progress.
func plainLines(s string) string {
	var out []string
	for line := range strings.Lines(s) {
		out = append(out, strings.TrimPrefix(strings.TrimSpace(line), "mtkkit: "))
	}
	return strings.Join(out, "\n")
}

// Commands run at the same time: none sees the options or the messages of another.
func TestWindowRunsTogether(t *testing.T) {
	dir := t.TempDir()
	u := newWindowUI()
	var all sync.WaitGroup
	for i := range 4 {
		dump := filepath.Join(dir, fmt.Sprint("dump", i))
		all.Go(func() {
			h := new(heard)
			code := u.runJob(t.Context(), []string{"acquire", "--port", "sim", "--only", "boot", "--output", dump}, h)
			if code != words.ExitProblems || !strings.Contains(h.out.String(), dump+":") || strings.Count(h.out.String(), dir) > 2 || h.events == 0 {
				t.Errorf("%s: code %d, %d events\n%s\n%s", dump, code, h.events, h.out.String(), h.err.String())
			}
		})
	}
	all.Wait()
}

// A passphrase of the window reaches the command, and none of its messages has it.
func TestWindowPassphrase(t *testing.T) {
	dir := t.TempDir()
	u := newWindowUI()
	var all heard
	run := func(args ...string) {
		t.Helper()
		if code := u.runJob(t.Context(), args, &all); code != 0 && code != words.ExitProblems {
			t.Fatalf("%q: %d\n%s", args, code, all.err.String())
		}
	}
	run("acquire", "--port", "sim", "--only", "boot,nvram", "--output", dir+"/dump")
	run("backup", "create", "--encrypt", "passphrase", "--output", dir+"/a.tar.zst", dir+"/dump")
	run("backup", "verify", dir+"/a.tar.zst")
	if strings.Contains(all.out.String()+all.err.String(), "sesame") {
		t.Error("the passphrase is in the messages")
	}
}

func TestClicked(t *testing.T) {
	is := func(name string) bool { return name == "ROM_1" }
	for in, want := range map[string]string{
		"mtkkit": "mtkkit ui", "mtkkit ROM_1": "mtkkit ui ROM_1", "mtkkit ROM_1 ROM_1": "mtkkit ui ROM_1", "mtkkit info ROM_1": "mtkkit info ROM_1",
	} {
		if got := strings.Join(clicked(strings.Fields(in), is), " "); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
