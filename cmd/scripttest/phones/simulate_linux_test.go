package phones

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/cmd/commands"
	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/words"
)

// firstLine tells when something was printed.
type firstLine struct {
	io.Writer
	up chan struct{}
}

func (f *firstLine) Write(b []byte) (int, error) {
	select {
	case <-f.up:
	default:
		close(f.up)
	}
	return f.Writer.Write(b)
}

// Ctrl-C ends it as well, and it says so.
func TestSimulateInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var told, errs bytes.Buffer
	up, done := &firstLine{&told, make(chan struct{})}, make(chan int)
	go func() {
		done <- commands.Run(ctx, []string{"mtkkit", "simulate"}, screen.Streams{Out: up, Err: &errs}, nil)
	}()
	select {
	case <-up.up:
		cancel()
	case code := <-done:
		t.Fatalf("exit %d\n%s", code, errs.String())
	}
	if code := <-done; code != words.ExitOK || !strings.HasSuffix(told.String(), "\ninterrupted; the simulation has ended\n") {
		t.Errorf("exit %d\n%s%s", code, told.String(), errs.String())
	}
}

// A dump served as a phone, over a real terminal: what is read from it is the dump, and
// when the tool lets the phone go or starts it anew the simulation is over.
func TestSimulate(t *testing.T) {
	made := imgtest.MT6765()
	ends := map[string]string{"off": "released by the tool: it waits in its agent with a dark screen", "reboot": "restarted by the tool"}
	for _, c := range []struct {
		then string
		args []string
	}{
		{"off", []string{"--protocol", "xflash", "--packet", "1M"}},
		{"off", []string{"--chip", "mt6582", "--echo-first"}},
		{"off", []string{"--protocol", "xml"}},
		{"reboot", []string{"--protocol", "xflash", "--bootrom"}},
		{"reboot", []string{"--protocol", "xml", "--packet", "8K"}},
		{"reboot", []string{"--wide-ram", "--short-status"}},
		{"off", []string{"--fault", "disconnect@data:2+100", "--replug", "1ms"}},
	} {
		args := c.args
		t.Run(strings.Join(append(args, "then", c.then), " "), func(t *testing.T) {
			dir := t.TempDir()
			if err := made.WriteDump(dir); err != nil {
				t.Fatal(err)
			}
			in := func(name string) string { return filepath.Join(dir, name) }
			if err := os.WriteFile(in("preloader.bin"), made.Preloader, 0o644); err != nil {
				t.Fatal(err)
			}
			var told bytes.Buffer
			up, done := &firstLine{&told, make(chan struct{})}, make(chan int)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var said bytes.Buffer
			go func() {
				done <- commands.Run(ctx, append([]string{"mtkkit", "simulate", "--dump", in("ROM_1"), "--boot1", in("BOOT_1"),
					"--link", in("ttyACM90"), "--write-da", in("DA.bin"), "--trace", in("trace")}, args...), screen.Streams{Out: up, Err: &said}, nil)
			}()
			select {
			case <-up.up:
			case code := <-done:
				t.Fatalf("exit %d\n%s", code, said.String())
			}
			cat := func() (int, string, string) {
				var out, errs strings.Builder
				code := commands.Run(ctx, []string{"mtkkit", "cat", "boot", "--port", in("ttyACM90"), "--da", in("DA.bin"), "--preloader", in("preloader.bin"), "--then", c.then},
					screen.Streams{Out: &out, Err: &errs}, nil)
				return code, out.String(), errs.String()
			}
			if args[0] == "--fault" {
				if code, _, errs := cat(); code != words.ExitPhone || !strings.Contains(errs, "phone disconnected") {
					t.Errorf("cable out: exit %d\n%s", code, errs)
				}
			}
			row := made.Row("boot")
			want := make([]byte, row.Length)
			if _, err := made.User.ReadAt(want, row.Offset); err != nil {
				t.Fatal(err)
			}
			if code, out, errs := cat(); code != words.ExitOK || out != string(want) {
				t.Errorf("exit %d, %d bytes\n%s", code, len(out), errs)
			}
			if code := <-done; code != words.ExitOK {
				t.Errorf("simulate: exit %d\n%s", code, said.String())
			}
			if out := told.String(); !strings.HasSuffix(out, "the phone was unplugged: "+ends[c.then]+"; the simulation has ended\n") ||
				strings.Contains(out, "the phone was unplugged: the cable was pulled out; it is plugged in again in 1ms\n") != (args[0] == "--fault") {
				t.Errorf("it does not say why it ended:\n%s", out)
			}
			if trace, err := os.ReadFile(in("trace")); err != nil || !bytes.Contains(trace, []byte(`"from":"phone","place":"data","length":`)) {
				t.Errorf("the trace tells of no data: %v", err)
			}
		})
	}
}
