package phones

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/cmd/commands"
	"github.com/mtkkit/mtkkit/cmd/scripttest"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

// What acquire hints at can be done with acquire, whatever goes wrong.
func TestAcquireHints(t *testing.T) {
	foreign := filepath.Join(scripttest.Root(t), "testdata", "MT6592_Android_scatter.txt")
	text, err := os.ReadFile(foreign)
	if err != nil {
		t.Fatal(err)
	}
	folder, table, there := t.TempDir(), filepath.Join(t.TempDir(), "dumchar_info"), t.TempDir()
	for _, p := range littlePhone().Parts {
		b, err := flash.ReadFull(p.Image, 0, int(min(p.Image.Size(), 64<<20)))
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, acquire.FileName(p.Region)), b, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	list := "Part_Name Size StartAddr Type MapTo\nboot 0x0000000000600000 0x0000000000123000 2 /dev/misc-sd\nrecovery 0x0000000000600000 0x0000000000723000 2 /dev/misc-sd\n"
	record, err := (&flash.Manifest{Schema: flash.ManifestSchema, Kind: flash.KindDump}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for path, b := range map[string][]byte{table: []byte(list), filepath.Join(there, flash.ManifestName): record, filepath.Join(folder, "MT6592_Android_scatter.txt"): text} {
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	lost := []acquiretest.Fault{{Place: "data", Nth: 300, Do: acquiretest.Disconnect}}
	phone := []string{"--port", "auto", "--da", families[0].agentFor(t)}
	for name, c := range map[string]struct {
		args   []string
		faults []acquiretest.Fault
		code   int
		says   []string
	}{
		"a foreign scatter file": {append(phone, "--scatter", foreign), nil, words.ExitRefused, []string{"does not belong to this phone", "leave --scatter out", "--scatter FILE"}},
		"a foreign table":        {append(phone, "--table", table), nil, words.ExitRefused, []string{"does not belong to this phone", "leave --table out"}},
		"one beside the files":   {[]string{"--from", folder}, nil, words.ExitRefused, []string{"does not belong to this phone", "name only the files"}},
		"the cable":              {append(phone, little...), lost, words.ExitPhone, []string{"resume with: mtkkit acquire --resume"}},
		"some of it":             {append(phone, "--only", "boot"), nil, words.ExitProblems, []string{"--complete"}},
		"a folder that exists":   {append(phone, "-o", there), nil, words.ExitRefused, []string{"holds a dump", "--resume"}},
		"no port":                {[]string{"--port", "nothere", "--da", phone[3], "--wait", "1s"}, nil, words.ExitPhone, nil},
		"no agent":               {nil, nil, words.ExitUsage, nil},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"acquire"}, c.args...)
			if name != "a folder that exists" {
				args = append(args, "-o", filepath.Join(t.TempDir(), "dump"))
			}
			p := littlePhone()
			p.Faults = c.faults
			code, out, errs := onPhone(t, &p, args...)
			expect(t, code, c.code, out+errs, c.says...)
			if scripttest.KnownOptions(t, commands.Run, errs) == 0 && c.says != nil {
				t.Errorf("no hint: %s", errs)
			}
		})
	}
}
