package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/internal/imgtest"
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
	go func() { done <- run(ctx, []string{"mtkkit", "simulate"}, streams{out: up, err: &errs}) }()
	select {
	case <-up.up:
		cancel()
	case code := <-done:
		t.Fatalf("exit %d\n%s", code, errs.String())
	}
	if code := <-done; code != exitOK || !strings.HasSuffix(told.String(), "\ninterrupted; the simulation is over\n") {
		t.Errorf("exit %d\n%s%s", code, told.String(), errs.String())
	}
}

// A dump served as a phone, over a real terminal: what is read from it is the dump, and
// when the phone is switched off the simulation is over.
func TestSimulate(t *testing.T) {
	made := imgtest.MT6765()
	for _, args := range [][]string{
		{"--protocol", "xflash", "--packet", "64K"}, {"--chip", "mt6582", "--echo-first"}, {"--protocol", "xml"},
		{"--protocol", "xflash", "--bootrom"},
		{"--fault", "disconnect@data:2+100", "--replug", "1ms"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
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
				done <- run(ctx, append([]string{"mtkkit", "simulate", "--dump", in("ROM_1"), "--boot1", in("BOOT_1"),
					"--link", in("ttyACM90"), "--write-da", in("DA.bin"), "--trace", in("trace")}, args...), streams{out: up, err: &said})
			}()
			select {
			case <-up.up:
			case code := <-done:
				t.Fatalf("exit %d\n%s", code, said.String())
			}
			cat := func() (int, string, string) {
				var out, errs strings.Builder
				code := run(ctx, []string{"mtkkit", "cat", "boot", "--port", in("ttyACM90"), "--da", in("DA.bin"), "--preloader", in("preloader.bin")},
					streams{out: &out, err: &errs})
				return code, out.String(), errs.String()
			}
			if args[0] == "--fault" {
				if code, _, errs := cat(); code != exitPhone || !strings.Contains(errs, "left the line") {
					t.Errorf("cable out: exit %d\n%s", code, errs)
				}
			}
			row := made.Row("boot")
			want := make([]byte, row.Length)
			if _, err := made.User.ReadAt(want, row.Offset); err != nil {
				t.Fatal(err)
			}
			if code, out, errs := cat(); code != exitOK || out != string(want) {
				t.Errorf("exit %d, %d bytes\n%s", code, len(out), errs)
			}
			if code := <-done; code != exitOK {
				t.Errorf("simulate: exit %d\n%s", code, said.String())
			}
			if out := told.String(); !strings.HasSuffix(out, "it left: switched off by the tool; the simulation is over\n") ||
				strings.Contains(out, "it left: cable out; it comes back in 1ms\n") != (args[0] == "--fault") {
				t.Errorf("it does not say why it ended:\n%s", out)
			}
			if trace, err := os.ReadFile(in("trace")); err != nil || !bytes.Contains(trace, []byte(`"from":"phone","place":"data","length":`)) {
				t.Errorf("the trace tells of no data: %v", err)
			}
		})
	}
}
