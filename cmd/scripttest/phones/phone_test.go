package phones

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/cmd/commands"
	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/cmd/scripttest"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/words"
)

// family is a chip for each family of Download Agents.
type family struct {
	protocol     acquiretest.Protocol
	hwCode, code uint16
	id           string
}

var families = []family{
	{acquiretest.XFlash, 0x766, 0x6765, "MTK_AllInOne_DA_v3.3001.2020-07-08"},
	{acquiretest.Legacy, 0x6582, 0x6582, "MTK_AllInOne_DA_v3.3001.2020-07-08"},
	{acquiretest.XML, 0x1208, 0x1208, "MTK_DA_v6_2022-04-02 23:43:58"},
}

// agentFor writes a stand-in Download Agent for the family.
func (f family) agentFor(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "DA.bin")
	file := acquiretest.Container(f.id, acquiretest.Agent{Code: f.code, HWVersion: 0xca00, Protocol: f.protocol})
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// onPhone runs a command against p, which is plugged in the moment the command waits for
// it, on a virtual clock. It returns the exit code and what was printed.
func onPhone(t *testing.T, p *acquiretest.Phone, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var out, errs strings.Builder
		p.Plug()
		defer p.Unplug()
		code = commands.Run(t.Context(), append([]string{"mtkkit"}, args...), screen.Streams{In: strings.NewReader(""), Out: &out, Err: &errs}, p)
		stdout, stderr = out.String(), errs.String()
	})
	if err := scripttest.Judge(args, stdout); err != nil {
		t.Error(err)
	}
	return code, stdout, stderr
}

// What a person asks of a dump can be asked of a phone, in all three protocols, both
// handshakes and both ways to start, with the same answer.
func TestPhoneLikeDump(t *testing.T) {
	made := imgtest.MT6765()
	want := flash.Slice(made.User, made.Row("boot").Extent)
	b, err := flash.ReadFull(want, 0, int(want.Size()))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		settings := made.Preloader
		if f.protocol == acquiretest.Legacy { // its agents know older versions of memory settings
			settings = imgtest.Preloader(imgtest.PreloaderSpec{Board: "demo", Chip: "MT6765"})
		}
		preloader := filepath.Join(t.TempDir(), "preloader_demo_k5.bin")
		if err := os.WriteFile(preloader, settings, 0o644); err != nil {
			t.Fatal(err)
		}
		for name, p := range map[string]acquiretest.Phone{
			"swallow first": {}, "echo first": {EchoFirst: true}, "BootROM": {BootROM: true, Watchdog: 5 * time.Second},
		} {
			t.Run(string(f.protocol)+" "+name, func(t *testing.T) {
				p.Protocol, p.HWCode, p.Parts = f.protocol, f.hwCode, made.Device().Parts
				code, got, errs := onPhone(t, &p, "cat", "--port", "auto", "--da", f.agentFor(t), "--preloader", preloader, "boot")
				if code != words.ExitOK || got != string(b) {
					t.Errorf("exit %d, %d bytes: %s", code, len(got), errs)
				}
			})
		}
	}
}

// blocks reads tables, boot regions and some spots of each partition (a megabyte of each,
// however large it is), not the phone.
func TestBlocksReadsLittle(t *testing.T) {
	made := imgtest.MT6765()
	read := int64(0)
	p := &acquiretest.Phone{Parts: made.Device().Parts, Trace: func(out bool, place string, b []byte) {
		if place == "data" {
			read += int64(len(b))
		}
	}}
	code, out, errs := onPhone(t, p, "blocks", "--port", "auto", "--da", families[0].agentFor(t))
	if code != words.ExitOK || !strings.Contains(out, "userdata") || !strings.Contains(out, "complete") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	if read == 0 || read > made.User.Size()/3 {
		t.Errorf("%d of %d bytes were read for the map", read, made.User.Size())
	}
}

// Splitting a phone gives the files that splitting its dump gives.
func TestSplitPhone(t *testing.T) {
	made := imgtest.SmallMT6765()
	dir := t.TempDir()
	if err := made.WriteDump(dir); err != nil {
		t.Fatal(err)
	}
	fromDump, fromPhone := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	var out, errs bytes.Buffer
	if code := commands.Run(t.Context(), []string{"mtkkit", "split", filepath.Join(dir, "ROM_1"), "--boot1", filepath.Join(dir, "BOOT_1"), "--boot2", filepath.Join(dir, "BOOT_2"), "--no-siblings", "-o", fromDump},
		screen.Streams{Out: &out, Err: &errs}, nil); code != words.ExitOK {
		t.Fatalf("exit %d\n%s", code, errs.String())
	}
	p := &acquiretest.Phone{Parts: made.Device().Parts}
	if code, _, errs := onPhone(t, p, "split", "--port", "auto", "--da", families[0].agentFor(t), "-o", fromPhone); code != words.ExitOK {
		t.Fatalf("exit %d\n%s", code, errs)
	}
	files, err := os.ReadDir(fromDump)
	if err != nil || len(files) < 30 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		if f.Name() == flash.ManifestName || f.Name() == flash.SumsName {
			continue
		}
		if err := scripttest.SameFiles(filepath.Join(fromDump, f.Name()), filepath.Join(fromPhone, f.Name())); err != nil {
			t.Error(err)
		}
	}
}

// What goes wrong before reading begins has exit code 4, one sentence, and advice.
func TestPhoneTrouble(t *testing.T) {
	made := imgtest.MT6765()
	da := families[0].agentFor(t)
	for name, c := range map[string]struct {
		phone acquiretest.Phone
		args  []string
		code  int
		says  []string
	}{
		"no phone":         {acquiretest.Phone{EnumDelay: time.Hour}, []string{"--wait", "90s"}, words.ExitPhone, []string{"waiting for a phone on any port", "no phone was found within 1m30s", "hint: switch the phone off first"}},
		"no phone on port": {acquiretest.Phone{}, []string{"--port", "ttyACM7", "--wait", "90s"}, words.ExitPhone, []string{"waiting for a phone on", "ttyACM7, which is not there yet", "no phone was found"}},
		"port busy":        {acquiretest.Phone{OpenError: port.ErrBusy, OpenErrors: -1}, nil, words.ExitPhone, []string{"another program has the port open", "hint: end the other program"}},
		"no permission":    {acquiretest.Phone{OpenError: port.ErrPermission, OpenErrors: -1}, nil, words.ExitPhone, []string{"no permission", "hint: mtkkit doctor says how"}},
		"busy for a while": {acquiretest.Phone{OpenError: port.ErrBusy, OpenErrors: 5}, nil, words.ExitOK, []string{"MT6765"}},
		"missed window":    {acquiretest.Phone{Window: time.Microsecond, Replug: time.Second}, []string{"--wait", "30s"}, words.ExitPhone, []string{"no phone was found"}},
		"SLA":              {acquiretest.Phone{TargetConfig: 7}, nil, words.ExitPhone, []string{"challenge to the host (SLA)", "a signed answer (SLA) is required", "hint: a user cannot answer this"}},
		"from BootROM":     {acquiretest.Phone{BootROM: true}, nil, words.ExitPhone, []string{"memory is not set up", "--preloader"}},
		"unknown chip":     {acquiretest.Phone{HWCode: 0x4242}, nil, words.ExitPhone, []string{"0x4242", "newer mtkkit"}},
		"agent missing":    {acquiretest.Phone{HWCode: 0x699}, nil, words.ExitPhone, []string{"no Download Agent for this phone", "hint: use MTK_AllInOne_DA.bin"}},
		"usage, no agent":  {acquiretest.Phone{}, []string{"--da", ""}, words.ExitUsage, []string{"--da needs a value"}},
		"usage, then":      {acquiretest.Phone{}, []string{"--then", "burn"}, words.ExitUsage, []string{"off, reboot or stay"}},
		"usage, both":      {acquiretest.Phone{}, []string{"ROM_1"}, words.ExitUsage, []string{"a dump and --port cannot be used together"}},
		"usage, beside":    {acquiretest.Phone{}, []string{"--boot1", "BOOT_1"}, words.ExitUsage, []string{"--boot1 is only for dumps"}},
		"no such agent":    {acquiretest.Phone{}, []string{"--da", "nothing.bin"}, words.ExitFailed, []string{"nothing.bin"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := c.phone
			p.Parts = made.Device().Parts
			code, out, errs := onPhone(t, &p, append([]string{"info", "--port", "auto", "--da", da}, c.args...)...)
			if code != c.code {
				t.Errorf("exit %d, want %d", code, c.code)
			}
			for _, s := range c.says {
				if !strings.Contains(out+errs, s) {
					t.Errorf("says nothing of %q:\n%s%s", s, out, errs)
				}
			}
		})
	}
}

// A virtual phone needs no hardware, no file and no patience.
func TestSim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		code := commands.Run(t.Context(), []string{"mtkkit", "list", "--port", "sim"}, screen.Streams{Out: &out, Err: io.Discard}, nil)
		if code != words.ExitOK || !strings.Contains(out.String(), "userdata") || !strings.Contains(out.String(), "EMMC_RPMB") {
			t.Errorf("exit %d\n%s", code, out.String())
		}
	})
}
