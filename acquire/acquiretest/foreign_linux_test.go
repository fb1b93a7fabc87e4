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

// foreign is a client that shares nothing with this project, at a phone on a terminal.
type foreign struct {
	dir, link string
	last      []string // what was said last, for the errors
}

// serveForeign plays p behind link while client runs, and fails when client does.
func serveForeign(t *testing.T, p *Phone, link string, client func(ctx context.Context, f *foreign) *exec.Cmd) *foreign {
	t.Helper()
	f := &foreign{dir: t.TempDir(), link: link}
	if f.link == "" {
		f.link = filepath.Join(f.dir, "ttyACM90")
	}
	p.Trace = func(sent bool, place string, b []byte) {
		if place == "xflash.control" && !sent || place == "xflash.status" {
			place = fmt.Sprintf("%s %x", place, b)
		}
		if f.last = append(f.last, place); len(f.last) > 40 {
			f.last = f.last[1:]
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	up, done := make(chan struct{}, 10), make(chan error, 1)
	go func() { done <- p.Serve(ctx, f.link, func(string) { up <- struct{}{} }) }()
	select {
	case <-up:
	case err := <-done:
		t.Fatal(err)
	}
	cmd := client(ctx, f)
	cmd.Dir = f.dir
	said, err := cmd.CombinedOutput()
	cancel()
	if serveErr := <-done; serveErr != nil {
		t.Error(serveErr)
	}
	if err != nil {
		t.Errorf("%v; the phone's last: %q\n%s", err, f.last, said[max(0, len(said)-4000):])
	}
	return f
}

// agent writes a stand-in Download Agent.
func (f *foreign) agent(t *testing.T, id string, a Agent) string {
	t.Helper()
	path := filepath.Join(f.dir, "mt6590_DA.bin") // mtkclient passes over older chips in files of other names
	if err := os.WriteFile(path, Container(id, a), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// is compares a file the client wrote.
func (f *foreign) is(t *testing.T, name string, want []byte) {
	t.Helper()
	if got, err := os.ReadFile(filepath.Join(f.dir, name)); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: %v, %d bytes of %d; the phone's last: %q", name, err, len(got), len(want), f.last)
	}
}

// MtkFlash, a program in C for the MT6739, reads the phone when MTKKIT_MTKFLASH names it.
// It knows one kind of start only: the preloader answers its first A0; and one kind of
// agent, that of 2018: memory in 48 bytes, an eMMC in 96.
func TestMtkFlashReadsThePhone(t *testing.T) {
	client := os.Getenv("MTKKIT_MTKFLASH")
	if client == "" {
		t.Skip("MTKKIT_MTKFLASH names no client")
	}
	want := noise("user", 5<<20)
	p := &Phone{HWCode: 0x699, EchoFirst: true, Window: -1, WideRAM: true, EnumDelay: time.Millisecond, Packet: 64 << 10, StatusWidth: 2,
		Parts: []flash.Part{{Region: flash.EMMCUser, Image: bytes.NewReader(want)}}}
	f := serveForeign(t, p, "", func(ctx context.Context, f *foreign) *exec.Cmd {
		return exec.CommandContext(ctx, client, "-t", f.link, "-d", f.agent(t, "MTK_AllInOne_DA_v3", Agent{Code: 0x6739, HWVersion: 0xca00}),
			"-R", "-f", filepath.Join(f.dir, "ROM_1"), "-a", "0", "-p", "8", "-l", "5242880")
	})
	f.is(t, "ROM_1", want)
}

// mtkclient reads the phone in all three protocols when MTKKIT_MTKCLIENT names a program
// that takes mtk.py's arguments; it knows only ports called /dev/ttyACM… Its serial path
// needs help that its USB path does not, which that program has to give:
//
//   - what was written stays: no flushOutput and no reset_output_buffer behind a write
//   - a read without a length, a USB transfer, is the 12 bytes of a header
//   - what a preloader said before a byte of the start command is thrown away
//   - EP_IN and EP_OUT have a wMaxPacketSize, 512
func TestMtkclientReadsThePhone(t *testing.T) {
	client := os.Getenv("MTKKIT_MTKCLIENT")
	if client == "" {
		t.Skip("MTKKIT_MTKCLIENT names no client")
	}
	user, boot := noise("user", 5<<20), noise("boot", 128<<10)
	for _, c := range []struct {
		protocol Protocol
		hwCode   uint16
		id       string
		agent    uint16
	}{
		{XFlash, 0x766, "MTK_AllInOne_DA_v3", 0x6765},
		{Legacy, 0x6582, "MTK_AllInOne_DA_v3", 0x6582},
		{XML, 0x1208, "MTK_DA_v6", 0x1208},
	} {
		for _, args := range [][]string{{"rf", "user.bin", "--parttype", "user"}, {"r", "boot1", "boot1.bin", "--parttype", "boot1"}} {
			t.Run(fmt.Sprint(c.protocol, " ", args[0]), func(t *testing.T) {
				p := &Phone{Protocol: c.protocol, HWCode: c.hwCode, Window: -1, EnumDelay: time.Millisecond, Parts: []flash.Part{
					{Region: flash.EMMCUser, Image: bytes.NewReader(user)}, {Region: flash.EMMCBoot1, Image: bytes.NewReader(boot)}}}
				f := serveForeign(t, p, "/dev/ttyACM97", func(ctx context.Context, f *foreign) *exec.Cmd {
					loader := f.agent(t, c.id, Agent{Code: c.agent, HWVersion: 0xca00, Protocol: c.protocol})
					return exec.CommandContext(ctx, client, append(args, "--stock", "--serialport", f.link, "--loader", loader)...)
				})
				if args[0] == "rf" {
					f.is(t, "user.bin", user)
				} else {
					f.is(t, "boot1.bin", boot)
				}
			})
		}
	}
}
