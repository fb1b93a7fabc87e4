package ebr

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// A corpusDevice is a phone of which the table sectors are at hand, with the places
// its scatter file gives them.
type corpusDevice struct {
	dir     string
	size    int64 // chosen here: the chains state none
	sectors []corpusSector
}

type corpusSector struct {
	file   string
	offset int64
}

var corpusDevices = []corpusDevice{
	{"blu-s5260-mt6592", 16 << 30, []corpusSector{{"MBR", 0}, {"EBR1", 0x80000}, {"EBR2", 0x4020000}}},
	{"mobiwire-s10-mt6572", 4 << 30, []corpusSector{{"MBR", 0}, {"EBR1", 0x80000}}},
}

// image puts the sectors of a device where they were on its flash.
func (d corpusDevice) image(corpus string) (sparse, error) {
	img := sparse{size: d.size, at: map[int64][]byte{}}
	for _, s := range d.sectors {
		b, err := os.ReadFile(filepath.Join(corpus, d.dir, s.file))
		if err != nil {
			return img, err
		}
		if len(b) < sectorSize {
			return img, fmt.Errorf("%s/%s has %d bytes", d.dir, s.file, len(b))
		}
		img.at[s.offset] = b[:sectorSize]
	}
	return img, nil
}

func corpus(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("MTKKIT_CORPUS")
	if dir == "" {
		t.Skip("MTKKIT_CORPUS is not set: no real tables to read")
	}
	return dir
}

// The rows as the phones' own scatter files give them, names in the comments.
func TestCorpus(t *testing.T) {
	dir := corpus(t)
	want := map[string][]row{
		"blu-s5260-mt6592": {
			{"MBR", 0, 512, false},
			{"p2", 0x900000, 0xa00000, false},  // PROTECT_F
			{"p3", 0x1300000, 0xa00000, false}, // PROTECT_S
			{"p4", 0x31a0000, 0x600000, false}, // SEC_RO
			{"EBR1", 0x80000, 512, false},
			{"p5", 0x40a0000, 0x100000, false},    // FRP
			{"p6", 0x5000000, 0xc0000000, false},  // ANDROID
			{"p7", 0xc5000000, 0x1a800000, false}, // CACHE
			{"EBR2", 0x4020000, 512, false},
			{"p8", 0xdf800000, 16<<30 - 0xdf800000, true}, // USRDATA
		},
		"mobiwire-s10-mt6572": {
			{"MBR", 0, 512, false},
			{"p2", 0x900000, 0xa00000, false},    // PROTECT_F
			{"p3", 0x1300000, 0xa00000, false},   // PROTECT_S
			{"p4", 0x3740000, 0x3b600000, false}, // ANDROID
			{"EBR1", 0x80000, 512, false},
			{"p5", 0x3ed40000, 0xe200000, false},         // CACHE
			{"p6", 0x4cf40000, 4<<30 - 0x4cf40000, true}, // USRDATA
		},
	}
	for _, d := range corpusDevices {
		t.Run(d.dir, func(t *testing.T) {
			img, err := d.image(dir)
			if err != nil {
				t.Fatal(err)
			}
			c := mustRead(t, img)
			if len(c.Problems) != 0 {
				t.Errorf("problems: %v", c.Problems)
			}
			table := c.Table(flash.EMMCUser, d.size)
			wantRows(t, table, want[d.dir])
			if got := table.Check(flash.EMMCUser, d.size); len(got) != 0 {
				t.Errorf("check: %v", got)
			}
		})
	}
}

// MBR files as they come: one sector, or the whole partition read back. Both know
// their primaries and say that EBR1 is not in the file.
func TestCorpusMBRFiles(t *testing.T) {
	dir := corpus(t)
	for _, d := range corpusDevices {
		b, err := os.ReadFile(filepath.Join(dir, d.dir, "MBR"))
		if err != nil {
			t.Fatal(err)
		}
		c := mustRead(t, bytes.NewReader(b))
		if len(c.Sectors) != 1 || len(c.Problems) != 1 || c.Problems[0].Offset != 0x80000 {
			t.Errorf("%s: %d sectors, %v", d.dir, len(c.Sectors), c.Problems)
		}
	}
}

func TestCorpusNotMBR(t *testing.T) {
	dir := corpus(t)
	for _, name := range []string{
		"evb-mt8135/MBR", // the file's name notwithstanding, a GPT
		"leagoo-m11-mt6739/PGPT",
		"xjtuecho-mtktool-ebr/EBR1",
		"xjtuecho-mtktool-ebr/EBR2",
		"mobiwire-s10-mt6572/EBR1",
		"blu-s5260-mt6592/lk.bin",
	} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if Sniff(bytes.NewReader(b)) {
			t.Errorf("%s is taken for an MBR", name)
		}
		if _, err := Read(bytes.NewReader(b)); !errors.Is(err, flash.ErrNotThis) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The EBR files of a device whose MBR is not at hand: the count of the last row
// proves where EBR2 lies from X, and that lengths to the end are measured from X.
func TestCorpusLoneEBR(t *testing.T) {
	dir := corpus(t)
	parse := func(name string) [4]Entry {
		b, err := os.ReadFile(filepath.Join(dir, "xjtuecho-mtktool-ebr", name))
		if err != nil {
			t.Fatal(err)
		}
		entries, err := parseSector(b)
		if err != nil {
			t.Fatal(err)
		}
		return entries
	}
	ebr1, ebr2 := parse("EBR1"), parse("EBR2")
	if want := [4]Entry{data(0x1e800, 0x15e000), data(0x17c800, 0x3f000), data(0x1bb800, 0x200000), link(0x19400)}; ebr1 != want {
		t.Errorf("EBR1 is %+v", ebr1)
	}
	if want := data(0x3a2400, 0xFFFFFFFF-(0x19400+0x3a2400)); ebr2[0] != want {
		t.Errorf("EBR2 is %+v", ebr2)
	}
}
