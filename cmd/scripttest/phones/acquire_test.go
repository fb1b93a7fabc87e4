package phones

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/cmd/commands"
	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/cmd/scripttest"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/words"
)

// acquireFrom runs acquire against p.
func acquireFrom(t *testing.T, p *acquiretest.Phone, args ...string) (code int, said string) {
	t.Helper()
	code, out, errs := onPhone(t, p, append([]string{"acquire", "--port", "auto", "--da", families[0].agentFor(t)}, args...)...)
	return code, out + errs
}

var expect = scripttest.Expect

// littlePhone has the partitions of the MT6765, of which these tests read a few.
func littlePhone() acquiretest.Phone {
	return acquiretest.Phone{Parts: imgtest.MT6765().Device().Parts, Packet: 256 << 10}
}

var little = []string{"--only", "EMMC_BOOT_1,EMMC_BOOT_2,protect1..nvram"}

// A cable that comes out while the phone is read: exit code 4, the words that go on, and
// a second run that makes it whole. Another phone is refused in between.
func TestAcquireLost(t *testing.T) {
	const lostAt = 300 // packets: in the middle of the partitions
	dir := filepath.Join(t.TempDir(), "dump")
	p := littlePhone()
	p.Faults = []acquiretest.Fault{{Place: "data", Nth: lostAt, Do: acquiretest.Disconnect}}
	code, said := acquireFrom(t, &p, append(little, "-o", dir)...)
	expect(t, code, words.ExitPhone, said, "everything that was read is kept", "mtkkit acquire --resume "+dir+" --port auto --da ")
	if _, err := os.Stat(filepath.Join(dir, "manifest.json.part")); err != nil {
		t.Fatal(err)
	}
	code, out, errs := onPhone(t, &acquiretest.Phone{}, "info", dir) // opens as it is
	expect(t, code, words.ExitProblems, out+errs, "were not read from the phone")

	agent := families[0].agentFor(t) // nobody plugs one in: what was typed is what goes on
	code, out, errs = onPhone(t, &acquiretest.Phone{}, "acquire", "--resume", dir, "--port", "nothere", "--da", agent, "--wait", "1s")
	expect(t, code, words.ExitPhone, out+errs, "mtkkit acquire --resume "+dir+" --port nothere --da "+agent)

	other := littlePhone()
	other.MEID = []byte("another phone!!!")
	code, said = acquireFrom(t, &other, "--resume", dir)
	expect(t, code, words.ExitRefused, said, "is of another phone: its me_id differs", "hint: connect the phone it was begun with")

	again := littlePhone()
	code, said = acquireFrom(t, &again, "--resume", dir)
	expect(t, code, words.ExitProblems, said, "with holes", "recovery")
	made := imgtest.MT6765()
	f, err := os.Open(filepath.Join(dir, "regions", "ROM_1"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, name := range []string{"protect1", "md1img", "nvram"} {
		e := made.Row(name).Extent
		got := make([]byte, e.Length)
		if _, err := f.ReadAt(got, e.Offset); err != nil || string(got) != string(made.User.Range(e)) {
			t.Errorf("%s holds other bytes: %v", name, err)
		}
	}
}

// Places that cannot be read: the region keeps .part, the exit code is 3, the partition
// is named, and who accepts it gets a finished dump that names it still.
func TestAcquireBad(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dump")
	nvram := imgtest.MT6765().Row("nvram")
	p := littlePhone()
	p.Bad = map[flash.Region][]flash.Extent{flash.EMMCUser: {{Offset: nvram.Offset + 8192, Length: 512}}}
	code, said := acquireFrom(t, &p, append(little, "-o", dir, "--any-room")...)
	expect(t, code, words.ExitProblems, said, "0x200 bytes (512 B) were not read from the phone", "part of nvram", "--accept-bad", "unfinished",
		"hint: to read the rest: mtkkit acquire --resume "+dir+" --complete --port auto --da ", " --any-room")
	if _, err := os.Stat(filepath.Join(dir, "regions", "ROM_1.part")); err != nil {
		t.Error(err)
	}
	code, out, errs := onPhone(t, &acquiretest.Phone{}, "acquire", "--resume", dir, "--accept-bad")
	expect(t, code, words.ExitProblems, out+errs, "part of nvram", "with holes; finished without the phone")

	_, out, errs = onPhone(t, &acquiretest.Phone{}, "blocks", "--json", dir) // the map draws no zeros there
	var page report.Report
	if err := json.Unmarshal([]byte(out), &page); err != nil {
		t.Fatal(err, errs)
	}
	i := slices.IndexFunc(page.Rows, func(r report.Row) bool { return r.Name == "nvram" })
	if i < 0 || page.Rows[i].Fill.Bad == 0 || !strings.Contains(page.Rows[i].Fill.Map, "x") {
		t.Errorf("nvram, row %d of blocks: %+v", i, page.Rows)
	}
	if _, err := os.Stat(filepath.Join(dir, "regions", "ROM_1")); err != nil {
		t.Error(err)
	}
	code, out, errs = onPhone(t, &acquiretest.Phone{}, "verify", dir)
	expect(t, code, words.ExitProblems, out+errs, "part of nvram")
	code, out, errs = onPhone(t, &acquiretest.Phone{}, "cat", dir, "nvram")
	expect(t, code, words.ExitProblems, errs, "the zeros there are not its data")
	if int64(len(out)) != nvram.Length {
		t.Errorf("cat gives %d bytes", len(out))
	}
}

// Ctrl-C finishes the chunk, ends the phone, says how to go on, and is 130.
func TestAcquireInterrupted(t *testing.T) {
	dir, da := filepath.Join(t.TempDir(), "dump"), families[0].agentFor(t)
	p := littlePhone()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		sent := 0
		p.Trace = func(out bool, place string, b []byte) {
			if place == "data" {
				if sent++; sent == 300 {
					cancel()
				}
			}
		}
		p.Plug()
		defer p.Unplug()
		var out strings.Builder
		code := commands.Run(ctx, append([]string{"mtkkit", "acquire", "--port", "auto", "--da", da, "-o", dir}, little...), screen.Streams{Out: &out, Err: &out}, &p)
		expect(t, code, words.ExitInterrupted, out.String(), "interrupted: what was read is on the disk", "--resume "+dir)
	})
	again := littlePhone()
	code, said := acquireFrom(t, &again, "--resume", dir)
	expect(t, code, words.ExitProblems, said, "with holes")
}

// A phone that is lost while its tables are read is no phone without a table. Where that was
// is noted in the dump, which another run goes on with.
func TestAcquireLostAtOnce(t *testing.T) {
	for _, nth := range []int{1, 3, 10} {
		dir := filepath.Join(t.TempDir(), "dump")
		p := littlePhone()
		p.Faults = []acquiretest.Fault{{Place: "data", Nth: nth, Do: acquiretest.Disconnect}}
		code, said := acquireFrom(t, &p, append([]string{"-o", dir}, little...)...)
		expect(t, code, words.ExitPhone, said, "--resume "+dir, "if the phone is lost there again", little[0]+" "+little[1])
		again := littlePhone()
		code, said = acquireFrom(t, &again, append([]string{"--resume", dir}, little...)...)
		expect(t, code, words.ExitProblems, said, "with holes")
	}
}

// A phone that asks for a signature is refused before anything is made.
func TestAcquireSLA(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dump")
	p := littlePhone()
	p.TargetConfig = 7
	code, said := acquireFrom(t, &p, "-o", dir)
	expect(t, code, words.ExitPhone, said, "a signed answer (SLA) is required")
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a folder was made for nothing")
	}
}
