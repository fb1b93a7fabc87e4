package phones

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/cmd/commands"
	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/words"
)

// A program that had the port open before is named with its number, where the phone's
// answers make no sense.
func TestOtherProgramIsNamed(t *testing.T) {
	link := filepath.Join(t.TempDir(), "ttyACM90")
	p := &acquiretest.Phone{Window: -1, Parts: faultParts(), Faults: []fault{{Place: "hw code", Do: acquiretest.Drop, N: 1}}}
	ctx, unplug := context.WithCancel(t.Context())
	names, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- p.Serve(ctx, link, func(name string) { names <- name }) }()
	select {
	case <-names:
	case err := <-done:
		unplug()
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	defer func() { unplug(); <-done }()

	other := exec.Command("sh", "-c", `exec 3<>"$1"; echo open; read x`, "sh", link)
	until, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Skipf("no shell here: %v", err)
	}
	defer func() { until.Close(); other.Wait() }()
	if line, err := bufio.NewReader(said).ReadString('\n'); line != "open\n" {
		t.Fatalf("the other program says %q, %v", line, err)
	}

	var out, errs bytes.Buffer
	code := commands.Run(t.Context(), []string{"mtkkit", "info", "--port", link, "--da", families[0].agentFor(t)}, screen.Streams{In: strings.NewReader(""), Out: &out, Err: &errs}, nil)
	expect(t, code, words.ExitPhone, errs.String(), fmt.Sprintf("hint: sh (pid %d) has the port open too: end it", other.Process.Pid))
}
