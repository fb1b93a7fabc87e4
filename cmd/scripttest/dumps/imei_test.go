package dumps

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/cmd/commands"
	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/words"
)

// madeIMEI is of the test TAC 00-440245; madeRecord is that number as MP0B_001 has it.
const madeIMEI = "004402450000017"

var madeRecord = func() []byte {
	b := make([]byte, 12)
	for i, d := range madeIMEI {
		b[i/2] |= byte(d-'0') << (4 * (i % 2))
	}
	for i, m := range []byte{0xAB, 0xA0, 0x6F, 0x2F, 0x1F, 0x1E, 0x9A, 0x45} {
		b[i] ^= m
	}
	b[8], b[9] = 0x57, 0xDB
	for i := range 10 {
		b[10+i%2] += b[i]
	}
	return b
}()

// writeNVRAM puts an nvram with a map and one record into a dump.
func writeNVRAM(t *testing.T, dir string, p *imgtest.Phone, record []byte) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, "ROM_1"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	entry := make([]byte, 96)
	binary.LittleEndian.PutUint32(entry[4:], 7)
	binary.LittleEndian.PutUint32(entry[12:], uint32(len(record)))
	copy(entry[16:], "/data/nvram/md/NVRAM/NVD_IMEI/MP0B_001")
	at := p.Row("nvram").Offset
	for off, b := range map[int64][]byte{at: make([]byte, 0x200), at + 0x200: entry, at + 0x20000: record} {
		if _, err := f.WriteAt(b, off); err != nil {
			t.Fatal(err)
		}
	}
}

// The screen says whether a dump has the phone's IMEIs, masked; documents and files never have
// a number.
func TestIMEILine(t *testing.T) {
	dir := t.TempDir()
	p := imgtest.SmallMT6765()
	if err := p.WriteDump(dir); err != nil {
		t.Fatal(err)
	}
	writeNVRAM(t, dir, p, madeRecord)
	rom := filepath.Join(dir, "ROM_1")
	say := func(args ...string) string {
		t.Helper()
		var o, e bytes.Buffer
		if code := commands.Run(t.Context(), append([]string{"mtkkit"}, args...), screen.Streams{Out: &o, Err: &e}, nil); code != words.ExitOK && code != words.ExitProblems {
			t.Fatalf("%v: %d %s", args, code, e.String())
		}
		for _, s := range []string{o.String(), e.String()} {
			if strings.Contains(s, madeIMEI) || strings.Contains(s, madeIMEI[4:12]) {
				t.Errorf("%v tells the number", args)
			}
		}
		return o.String()
	}
	if s := say("info", rom); !strings.Contains(s, "nvram has 1: 00***********17") {
		t.Errorf("info: %s", s)
	}
	if s := say("info", rom, "--json"); strings.Contains(s, "***") || !strings.Contains(s, `"state": "held"`) || !strings.Contains(s, `"count": 1`) {
		t.Errorf("info --json: %s", s)
	}
	dump := filepath.Join(t.TempDir(), "dump")
	if s := say("acquire", "--from", rom, "-o", dump); !strings.Contains(s, "imei:   nvram has 1: 00***********17") {
		t.Errorf("acquire: %s", s)
	}
	written, err := os.ReadFile(filepath.Join(dump, "manifest.json"))
	if err != nil || bytes.Contains(written, []byte(madeIMEI)) || bytes.Contains(written, []byte("***")) {
		t.Errorf("manifest: %v %s", err, written)
	}

	empty := bytes.Repeat([]byte{0xFF}, 12)
	writeNVRAM(t, dir, p, empty)
	if s := say("info", rom); !strings.Contains(s, "nvram has none: its record (/data/nvram/md/NVRAM/NVD_IMEI/MP0B_001) is empty") {
		t.Errorf("empty: %s", s)
	}
	writeNVRAM(t, dir, p, []byte("who knows it"))
	if s := say("info", rom); !strings.Contains(s, "unknown for nvram") || strings.Contains(s, "nvram has none") {
		t.Errorf("not understood: %s", s)
	}
}
