package phones

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/words"
)

type (
	phoneT = acquiretest.Phone
	fault  = acquiretest.Fault
)

// What a faulty phone leaves on the disk.
type left int

const (
	nothing  left = iota // no folder
	resumes              // an unfinished folder; on a phone that works, it becomes a whole dump
	whole                // a finished dump, every byte the phone's
	withHole             // a finished or unfinished dump that names what is missing
	silent               // a finished dump with a wrong byte nothing could tell of
)

// row is one thing that goes wrong while a phone is acquired, and what a person sees.
type row struct {
	name     string
	families string // the protocols it concerns, "" for all
	phone    acquiretest.Phone
	faults   []fault
	args     []string
	code     int
	says     string
	left     left
}

// mid stands for the moment when the middle of the user area is sent, see middle.
const mid = -1

// garbage is what ModemManager sends to a new port.
var garbage = []byte("AT\r")

// faultTable lists what the wire, the phone and its agent can do wrong, each with its
// exit code, what is said, and what is left on the disk.
var faultTable = []row{
	// Nothing goes wrong, or nothing that matters.
	{name: "a good phone", left: whole},
	{name: "echo first", phone: phoneT{EchoFirst: true}, left: whole},
	{name: "one byte at a time", phone: phoneT{Fragment: 1}, args: []string{"--only", "EMMC_BOOT_1"}, code: words.ExitProblems, says: "left out as asked", left: withHole},
	{name: "4095 bytes at a time", phone: phoneT{Fragment: 4095}, left: whole},
	{name: "header in two pieces", families: "xflash xml", faults: []fault{{Place: "data.header", Byte: 1, Do: acquiretest.Split, For: time.Millisecond}}, left: whole},
	{name: "log packets between", families: "xflash xml", phone: phoneT{Logs: true}, left: whole},
	{name: "late sign of life", phone: phoneT{SyncDelay: 2 * time.Second}, left: whole},
	{name: "slow flash", phone: phoneT{Latency: 2 * time.Second}, left: whole},
	{name: "a pause below the limit", faults: []fault{{Place: "data", Nth: mid, Do: acquiretest.Stall, For: 2 * time.Second}}, left: whole},
	{name: "odd XML", families: "xml", phone: phoneT{OddXML: true, AskSize: true, Progress: 100}, left: whole},

	// Before the agent runs.
	{name: "modem chatter at the start", faults: []fault{{Place: "start", Nth: 1, Do: acquiretest.Insert, Bytes: garbage}}, left: whole},
	{name: "READY echoed by the terminal", faults: []fault{{Place: "ready", Nth: 1, Do: acquiretest.Echo}}, left: whole},
	{name: "an answer of the start lost", faults: []fault{{Place: "start", Nth: 2, Do: acquiretest.Drop}}, left: whole},
	{name: "an answer of the start twice", faults: []fault{{Place: "start", Nth: 3, Do: acquiretest.Repeat, N: 1}}, left: whole},
	{name: "a modem instead of a phone", phone: phoneT{Window: -1}, faults: []fault{{Place: "ready", Do: acquiretest.Replace, Bytes: garbage}, {Place: "start", Do: acquiretest.Replace, Bytes: garbage}}, code: words.ExitPhone, says: "like a modem or ModemManager"},
	{name: "a port that says nothing", phone: phoneT{Window: -1}, faults: []fault{{Place: "ready", Do: acquiretest.Drop}, {Place: "start", Do: acquiretest.Drop}}, code: words.ExitPhone, says: "no phone was found within 10m0s"}, // silence is waited out: a phone may still be plugged in
	{name: "a phone that charges", phone: phoneT{Charging: true}, code: words.ExitPhone, says: "it may be charging (0e8d:20ff)"},
	{name: "begun by another tool", phone: phoneT{Begun: true}, left: whole},
	{name: "a line that echoes", phone: phoneT{Echo: true}, code: words.ExitPhone, says: "only echoes the bytes that are sent"},
	{name: "modem chatter in an answer", faults: []fault{{Place: "hw code", Nth: 1, Do: acquiretest.Insert, Bytes: garbage}}, code: words.ExitPhone, says: "hint: close the other program (ModemManager"},
	{name: "all questions refused that need no answer", phone: phoneT{Refuses: map[byte]uint16{0xfc: 0x1d1a, 0xd8: 0x1d1a, 0xe1: 0x1d1a, 0xe7: 0x1d1a}}, left: whole},
	{name: "port busy", phone: phoneT{OpenError: port.ErrBusy, OpenErrors: -1}, code: words.ExitPhone, says: "another program has the port open"},
	{name: "no permission", phone: phoneT{OpenError: port.ErrPermission, OpenErrors: -1}, code: words.ExitPhone, says: "no permission"},
	{name: "the window is over, and again", phone: phoneT{Window: time.Microsecond, Replug: time.Second}, args: []string{"--wait", "30s"}, code: words.ExitPhone, says: "no phone was found within 30s"},
	{name: "a bit wrong in an echo", faults: []fault{{Place: "echo", Nth: 3, Do: acquiretest.Flip}}, code: words.ExitPhone, says: "echoed as"},
	{name: "a byte doubled in an answer", faults: []fault{{Place: "hw code", Nth: 1, Do: acquiretest.Repeat, N: 1}}, code: words.ExitPhone, says: "hint:"},
	{name: "the cable out of the loader", faults: []fault{{Place: "target config", Nth: 1, Do: acquiretest.Disconnect}}, args: []string{"--wait", "30s"}, code: words.ExitPhone, says: "left before it could be spoken to"},
	{name: "chip not known", phone: phoneT{HWCode: 0xbeef}, code: words.ExitPhone, says: "this chip is not known: 0xbeef", families: "xflash legacy"},
	{name: "chip not in the file", phone: phoneT{HWCode: 0x813}, code: words.ExitPhone, says: "no Download Agent for this phone"},
	{name: "phone older than the agent", phone: phoneT{HWVersion: 0xc900}, code: words.ExitPhone, says: "0xc900"},
	{name: "wrong checksum of the agent", faults: []fault{{Place: "da.checksum", Nth: 1, Do: acquiretest.Flip}}, code: words.ExitPhone, says: "received other bytes than were sent"},
	{name: "signature refused", phone: phoneT{TargetConfig: 4, Auth: []byte("maker's")}, code: words.ExitPhone, says: "hint: use the Download Agent that belongs to this model"},
	{name: "challenge in the loader", phone: phoneT{TargetConfig: 2}, code: words.ExitPhone, says: "signed answer (SLA)"},
	{name: "challenge in the agent", families: "xflash xml", phone: phoneT{AgentSLA: true}, code: words.ExitPhone, says: "only its maker's private key"},
	{name: "from BootROM without settings", phone: phoneT{BootROM: true}, code: words.ExitPhone, says: "memory is not set up"},
	{name: "settings refused", phone: phoneT{BootROM: true, EMI: []byte("others")}, args: []string{"--preloader", "PRELOADER"}, code: words.ExitPhone, says: "hint:"},
	{name: "watchdog of the BootROM", phone: phoneT{BootROM: true, Watchdog: 5 * time.Second}, args: []string{"--preloader", "PRELOADER"}, left: whole},
	{name: "the watchdog is not to be stopped", phone: phoneT{BootROM: true, RegisterError: 0x1d1a}, args: []string{"--preloader", "PRELOADER"}, says: "warning: watchdog: it could not be stopped", left: whole},
	{name: "a write to the watchdog kills", phone: phoneT{BootROM: true, RegisterHang: true}, args: []string{"--preloader", "PRELOADER"}, code: words.ExitPhone, says: "hint: start from the preloader"},

	// The agent lies, or is not understood.
	{name: "no flash", phone: phoneT{Parts: []flash.Part{}}, code: words.ExitPhone, says: "the agent finds no flash"},
	{name: "sizes beyond any phone", families: "xflash", faults: []fault{{Place: "xflash.emmc", Nth: 1, Byte: 64, Do: acquiretest.Replace, Bytes: bytes.Repeat([]byte{0x7f}, 40)}}, code: words.ExitPhone, says: "has an impossible size, 0x7f7f7f7f"},
	{name: "sizes beyond any phone", families: "legacy", faults: []fault{{Place: "legacy.emmc", Nth: 1, Byte: 4, Do: acquiretest.Fill, N: 0x7f}}, code: words.ExitPhone, says: "has an impossible size, 0x7f7f7f7f"},
	{name: "a packet of no bytes", families: "xflash xml", faults: []fault{{Place: "data.header", Nth: mid, Byte: 8, Do: acquiretest.Fill, N: 0}}, code: words.ExitPhone, says: "resume", left: resumes},
	{name: "a packet of 4 GiB", families: "xflash xml", faults: []fault{{Place: "data.header", Nth: mid, Byte: 8, Do: acquiretest.Fill, N: 0xff}}, code: words.ExitPhone, says: "answer is invalid", left: resumes},
	{name: "wrong magic", families: "xflash xml", faults: []fault{{Place: "data.header", Nth: mid, Do: acquiretest.Flip}}, code: words.ExitPhone, says: "answer is invalid", left: resumes},
	{name: "a packet too many", families: "xflash", faults: []fault{{Place: "data.status", Nth: mid, Byte: 4, Do: acquiretest.Insert, Bytes: []byte("\xef\xee\xee\xfe\x01\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00")}}, code: words.ExitPhone, says: "resume", left: resumes},
	{name: "an XML bomb", families: "xml", faults: []fault{{Place: "xml.UPLOAD-FILE", Nth: 1, Do: acquiretest.Replace, Bytes: []byte(`<!DOCTYPE b [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><host><command>&b;</command></host>`)}}, code: words.ExitPhone, says: "hint:"},
	{name: "OK@0xZZ", families: "xml", faults: []fault{{Place: "xml.total", Nth: 1, Do: acquiretest.Replace, Bytes: []byte("OK@0xZZ\x00")}}, code: words.ExitPhone, says: "hint:"},
	{name: "XML of 10 MB", families: "xml", faults: []fault{{Place: "xml.UPLOAD-FILE.header", Nth: 1, Byte: 8, Do: acquiretest.Replace, Bytes: []byte{0, 0, 0xa0, 0}}}, code: words.ExitPhone, says: "answer is invalid"},

	// While data come.
	{name: "cable out within a packet", faults: []fault{{Place: "data", Nth: mid, Byte: 999, Do: acquiretest.Disconnect}}, code: words.ExitPhone, says: "phone disconnected", left: resumes},
	{name: "cable out within a header", families: "xflash xml", faults: []fault{{Place: "data.header", Nth: mid, Byte: 5, Do: acquiretest.Disconnect}}, code: words.ExitPhone, says: "phone disconnected", left: resumes},
	{name: "cable out before the last status", families: "xflash", faults: []fault{{Place: "data.status.header", Nth: mid, Do: acquiretest.Disconnect}}, code: words.ExitPhone, says: "phone disconnected", left: resumes},
	{name: "cable out before the sum", families: "legacy", faults: []fault{{Place: "data.sum", Nth: mid, Do: acquiretest.Disconnect}}, code: words.ExitPhone, says: "phone disconnected", left: resumes},
	{name: "cable out before the last END", families: "xml", faults: []fault{{Place: "xml.END.header", Nth: mid, Do: acquiretest.Disconnect}}, code: words.ExitPhone, says: "phone disconnected", left: resumes},
	{name: "cable out while the acknowledgement is under way", families: "xflash", faults: []fault{{Place: "data.status", Nth: mid, Do: acquiretest.Disconnect}}, code: words.ExitPhone, says: "phone disconnected", left: resumes},
	{name: "silence", faults: []fault{{Place: "data", Nth: mid, Byte: 5000, Do: acquiretest.Stall, For: time.Hour}}, code: words.ExitPhone, says: "did not answer in time", left: resumes},
	{name: "50 bytes a second", faults: []fault{{Place: "data", Nth: mid, Do: acquiretest.Trickle, For: 20 * time.Millisecond}}, code: words.ExitPhone, says: "did not answer in time", left: resumes},
	{name: "bytes lost", faults: []fault{{Place: "data", Nth: mid, Byte: 77, Do: acquiretest.Drop, N: 3}}, code: words.ExitPhone, says: "hint:", left: resumes},
	{name: "the last packet short", faults: []fault{{Place: "data", Nth: mid, Byte: 1000, Do: acquiretest.Drop}}, code: words.ExitPhone, says: "hint:", left: resumes},
	{name: "bytes doubled", families: "xflash xml", faults: []fault{{Place: "data", Nth: mid, Byte: 77, Do: acquiretest.Repeat, N: 3}}, code: words.ExitPhone, says: "hint:", left: resumes},
	{name: "garbage between packets", families: "xflash xml", faults: []fault{{Place: "data.header", Nth: mid, Do: acquiretest.Insert, Bytes: garbage}}, code: words.ExitPhone, says: "answer is invalid", left: resumes},
	{name: "a sum wrong once", families: "legacy", faults: []fault{{Place: "data.sum", Nth: mid, Do: acquiretest.Flip}}, left: whole},
	{name: "data wrong once, the sum tells", families: "legacy", faults: []fault{{Place: "data", Nth: mid, Byte: 5, Do: acquiretest.Flip}}, left: whole},
	{name: "sums always wrong", families: "legacy", faults: []fault{{Place: "data.sum", Do: acquiretest.Flip}}, code: words.ExitPhone, says: "do not match their checksum", left: nothing},
	{name: "a bit wrong, and nothing to tell", families: "xflash xml", faults: []fault{{Place: "data", Nth: mid, Byte: 5, Do: acquiretest.Flip}}, left: silent},
	{name: "a bit wrong, found by reading twice", families: "xflash xml", args: []string{"--verify", "reread"}, faults: []fault{{Place: "data", Nth: mid, Byte: 5, Do: acquiretest.Flip}}, code: words.ExitProblems, says: "the second reading differed", left: whole},
	{name: "places that cannot be read", phone: phoneT{Bad: map[flash.Region][]flash.Extent{flash.EMMCUser: {{Offset: 5<<20 + 512, Length: 1024}}}}, code: words.ExitProblems, says: "could not be read", left: withHole},
	{name: "the same, accepted", phone: phoneT{Bad: map[flash.Region][]flash.Extent{flash.EMMCUser: {{Offset: 5<<20 + 512, Length: 1024}}}}, args: []string{"--accept-bad"}, code: words.ExitProblems, says: "were not read from the phone", left: withHole},
}

// faultParts is what the phones of the table store: 13 MiB with a GPT, and boot regions. The tables at both ends are
// read first; behind the middle there is a chunk to be read yet.
func faultParts() []flash.Part {
	const size = 13 << 20
	user := imgtest.NewSparse(size)
	user.PutGPT(imgtest.GPTSpec{SectorSize: 512, DeviceSize: size, Rows: []imgtest.GPTRow{
		{Name: "nvram", Extent: flash.Extent{Offset: 1 << 20, Length: 1 << 20}},
		{Name: "system", Extent: flash.Extent{Offset: 2 << 20, Length: 5 << 20}},
		{Name: "userdata", Extent: flash.Extent{Offset: 7 << 20, Length: 1 << 20}},
	}})
	user.Put(1<<20, imgtest.Noise("nvram", 1<<20))
	user.Put(2<<20, imgtest.Noise("system", 5<<20))
	user.Put(7<<20, imgtest.Ext4(1<<20, "userdata"))
	file := imgtest.Preloader(imgtest.PreloaderSpec{Board: "demo", Chip: "MT6765"})
	boot := imgtest.BootRegion("EMMC_BOOT", file, 256<<10)
	return []flash.Part{
		{Region: flash.EMMCUser, Image: user}, {Region: flash.EMMCBoot1, Image: bytes.NewReader(boot)}, {Region: flash.EMMCBoot2, Image: bytes.NewReader(boot)},
	}
}

func TestFaultTable(t *testing.T) {
	parts := faultParts()
	preloader := filepath.Join(t.TempDir(), "preloader.bin")
	if err := os.WriteFile(preloader, imgtest.Preloader(imgtest.PreloaderSpec{Board: "demo", Chip: "MT6765"}), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		agent := f.agentFor(t)
		sent := middle(t, f, agent, parts)
		for _, r := range faultTable {
			if r.families != "" && !strings.Contains(r.families, string(f.protocol)) {
				continue
			}
			t.Run(string(f.protocol)+" "+r.name, func(t *testing.T) {
				for i := range r.faults {
					if r.faults = slices.Clone(r.faults); r.faults[i].Nth == mid {
						r.faults[i].Nth = sent[r.faults[i].Place]
					}
				}
				r.run(t, f, agent, preloader, parts)
			})
		}
	}
}

// middle counts what a phone sends, by place, up to and with the packet that holds the
// middle of the user area, or what follows it at once.
func middle(t *testing.T, f family, agent string, parts []flash.Part) map[string]int {
	mark, err := flash.ReadFull(parts[0].Image, 5<<20, 64)
	if err != nil {
		t.Fatal(err)
	}
	sent, then := map[string]int{}, map[string]int(nil)
	p := acquiretest.Phone{Protocol: f.protocol, HWCode: f.hwCode, Packet: 64 << 10, Parts: parts}
	p.Trace = func(out bool, place string, b []byte) {
		if !out {
			return
		}
		sent[place]++
		if then == nil && place == "data" && bytes.HasPrefix(b, mark) {
			then = maps.Clone(sent)
		}
	}
	if code, _, errs := onPhone(t, &p, "acquire", "--da", agent, "-o", filepath.Join(t.TempDir(), "dump")); code != words.ExitOK || then == nil {
		t.Fatalf("exit %d, middle seen %v\n%s", code, then != nil, errs)
	}
	for place := range sent {
		if strings.HasPrefix(place, "data") {
			then[place] = then["data"]
		} else {
			then[place]++
		}
	}
	return then
}

// run acquires the phone of the row and judges what is left.
func (r row) run(t *testing.T, f family, agent, preloader string, parts []flash.Part) {
	dir := filepath.Join(t.TempDir(), "dump")
	p := r.phone
	p.Protocol, p.Faults = f.protocol, r.faults
	if p.HWCode == 0 {
		p.HWCode = f.hwCode
	}
	if p.Packet == 0 {
		p.Packet = 64 << 10
	}
	if p.Parts == nil {
		p.Parts = parts
	}
	args := []string{"acquire", "--da", agent, "-o", dir, "--wait", "10m"}
	for _, a := range r.args {
		args = append(args, strings.ReplaceAll(a, "PRELOADER", preloader))
	}
	code, out, errs := onPhone(t, &p, args...)
	if said := out + errs; code != r.code || !strings.Contains(said, r.says) || code != words.ExitOK && !strings.Contains(said, "hint:") && code != words.ExitProblems {
		t.Errorf("exit %d, want %d and %q:\n%s", code, r.code, r.says, said)
	}
	if strings.Count(errs, "mtkkit: ") > 1 {
		t.Errorf("more than one sentence says why:\n%s", errs)
	}
	same := r.compare(t, dir, parts)
	switch _, err := os.Stat(dir); r.left {
	case nothing:
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("something was left: %v", err)
		}
		if strings.Contains(errs, "resume") {
			t.Errorf("there is nothing to resume:\n%s", errs)
		}
	case whole:
		if !same {
			t.Error("the dump is not what the phone stores")
		}
	case silent:
		if same || !exists(dir, flash.ManifestName) {
			t.Error("the wrong bit was found, or not there: the row proves nothing")
		}
	case withHole:
		if same {
			t.Error("nothing is missing: the row proves nothing")
		}
	case resumes:
		if exists(dir, flash.ManifestName) || exists(dir, "regions/ROM_1") || !exists(dir, "manifest.json.part") {
			t.Error("what is unfinished looks finished, or is not there")
		}
		if !strings.Contains(errs, "--resume") {
			t.Errorf("nothing says how to go on:\n%s", errs)
		}
		well := acquiretest.Phone{Protocol: f.protocol, HWCode: p.HWCode, Packet: p.Packet, Parts: parts}
		if code, _, errs := onPhone(t, &well, "acquire", "--da", agent, "--resume", dir, "--wait", "10m"); code != words.ExitOK || !r.compare(t, dir, parts) {
			t.Errorf("resumed: exit %d\n%s", code, errs)
		}
	}
}

func exists(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
	return err == nil
}

// compare reports whether the folder holds all the phone does under the names of
// finished regions.
func (r row) compare(t *testing.T, dir string, parts []flash.Part) bool {
	t.Helper()
	for i, name := range []string{"ROM_1", "BOOT_1", "BOOT_2"} {
		got, err := source.OpenFile(filepath.Join(dir, "regions", name))
		if err != nil {
			return false
		}
		same, err := flash.Equal(t.Context(), got, parts[i].Image)
		got.Close()
		if err != nil {
			t.Fatal(err)
		}
		if !same {
			return false
		}
	}
	return exists(dir, flash.ManifestName)
}
