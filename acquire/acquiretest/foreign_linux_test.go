package acquiretest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/flash"
)

// A client that shares nothing with this project reads the phone: MtkFlash, a program in
// C for the MT6739, when MTKKIT_MTKFLASH names it. It knows one kind of start only: the
// preloader answers its first A0.
func TestMtkFlashReadsThePhone(t *testing.T) {
	client := os.Getenv("MTKKIT_MTKFLASH")
	if client == "" {
		t.Skip("MTKKIT_MTKFLASH names no client")
	}
	dir := t.TempDir()
	link, agent, out := filepath.Join(dir, "ttyACM90"), filepath.Join(dir, "DA.bin"), filepath.Join(dir, "ROM_1")
	if err := os.WriteFile(agent, Container("MTK_AllInOne_DA_v3", Agent{Code: 0x6739, HWVersion: 0xca00}), 0o644); err != nil {
		t.Fatal(err)
	}
	want := noise("user", 5<<20)
	p := &Phone{HWCode: 0x699, EchoFirst: true, Window: -1, WideRAM: true, EnumDelay: time.Millisecond, Packet: 64 << 10,
		Parts: []flash.Part{{Region: flash.EMMCUser, Image: bytes.NewReader(want)}}}
	var last []string
	p.Trace = func(sent bool, place string, b []byte) {
		if place == "xflash.control" && !sent || place == "xflash.status" {
			place = fmt.Sprintf("%s %x", place, b)
		}
		if last = append(last, place); len(last) > 40 {
			last = last[1:]
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	up, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- p.Serve(ctx, link, func(string) { close(up) }) }()
	<-up
	cmd := exec.CommandContext(ctx, client, "-t", link, "-d", agent, "-R", "-f", out, "-a", "0", "-p", "8", "-l", "5242880")
	said, err := cmd.CombinedOutput()
	cancel()
	if serveErr := <-done; serveErr != nil {
		t.Error(serveErr)
	}
	got, readErr := os.ReadFile(out)
	if err != nil || readErr != nil || !bytes.Equal(got, want) {
		t.Errorf("%v, %v, %d bytes; the phone's last: %q\n%s", err, readErr, len(got), last, said)
	}
}
