package gpt

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// sample states what is true of a real table.
type sample struct {
	file       string
	rows       int
	sector     int64
	device     int64
	headerOK   bool
	entriesOK  bool
	template   bool
	standalone bool
	usable     string
	facts      []string // "name offset+length" in hex
	worst      flash.Severity
}

var samples = []sample{
	{file: "lg-k310im-mt6762/pgpt.bin", rows: 48, sector: 512, device: 0x73a000000, headerOK: true, entriesOK: true,
		usable: "0x4400..0x739ffbe00",
		facts: []string{"boot_para 0x8000+0x100000", "para 0x108000+0x80000", "super 0x2f000000+0x212c00000",
			"userdata 0x243800000+0x4f2cfbe00", "otp 0x7364fbe00+0x2b00000", "flashinfo 0x738ffbe00+0x1000000"}},
	{file: "wesz-a-mtk/gpt.bin", rows: 50, sector: 512, device: 0xe67800000, headerOK: true, entriesOK: true,
		usable: "0x4400..0xe677fbe00",
		facts:  []string{"boot_para 0x8000+0x100000", "super 0x37000000+0x140000000", "flashinfo 0xe667f8000+0x1000000"}},
	{file: "wesz-a-mtk/gpt_backup.bin", rows: 50, sector: 512, device: 0xe67800000, headerOK: true, entriesOK: true, standalone: true,
		usable: "0x4400..0xe677fbe00",
		facts:  []string{"boot_para 0x8000+0x100000", "userdata 0x178800000+0xceb4f8000"}},
	{file: "evb-mt8135/MBR", rows: 19, sector: 512, headerOK: true, entriesOK: true,
		usable: "0x4400..0x198efbe00",
		facts:  []string{"PMT 0x100000+0x400000", "boot 0x2180000+0x3200000", "userdata 0x59700000+0x13f7fbe00"}},
	{file: "leagoo-m11-mt6739/PGPT", rows: 34, sector: 512, template: true, standalone: true, usable: "0x0..0x0", worst: flash.Warning,
		facts: []string{"boot_para 0x8000+0x100000", "cache 0xcd800000+0x1b000000", "userdata -0x1+0x0", "flashinfo -0x1+0x1000000"}},
	{file: "vivo-pd2135f-mt6891/PGPT_EMMC", rows: 57, sector: 512, template: true, standalone: true, usable: "0x0..0x0", worst: flash.Warning,
		facts: []string{"recovery 0x8000+0x6000000", "cache 0x3bb000000+0x10000000", "userdata -0x1+0x0", "flashinfo -0x1+0x1000000"}},
	{file: "vivo-pd2135f-mt6891/PGPT_UFS", rows: 57, sector: 4096, template: true, standalone: true, usable: "0x0..0x0", worst: flash.Warning,
		facts: []string{"recovery 0x8000+0x6000000", "cache 0x3bb000000+0x10000000", "userdata -0x1+0x0", "flashinfo -0x1+0x1000000"}},
}

// corpus returns the bytes of a real artefact, or skips the test.
func corpus(t *testing.T, file string) []byte {
	t.Helper()
	dir := os.Getenv("MTKKIT_CORPUS")
	if dir == "" {
		t.Skip("MTKKIT_CORPUS does not name the folder of real artefacts")
	}
	b, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCorpus(t *testing.T) {
	for _, s := range samples {
		t.Run(s.file, func(t *testing.T) {
			img := bytes.NewReader(corpus(t, s.file))
			if !Sniff(img) {
				t.Error("not sniffed")
			}
			g := read(t, img)
			tab, c := g.Table(flash.EMMCUser), g.Best()
			if len(tab.Partitions) != s.rows || tab.SectorSize != s.sector || tab.DeviceSize != s.device {
				t.Errorf("%d rows, sector %d, device 0x%x", len(tab.Partitions), tab.SectorSize, tab.DeviceSize)
			}
			if c != g.Primary || g.Backup != nil || c.HeaderOK != s.headerOK || c.EntriesOK != s.entriesOK ||
				c.Template != s.template || c.Standalone != s.standalone || c.Missing != 0 {
				t.Errorf("header %v, entries %v, template %v, standalone %v, %d missing, backup %v",
					c.HeaderOK, c.EntriesOK, c.Template, c.Standalone, c.Missing, g.Backup)
			}
			if got := g.Usable().String(); got != s.usable {
				t.Errorf("usable %s", got)
			}
			have := map[string]bool{}
			for _, p := range tab.Partitions {
				have[fmt.Sprintf("%s %#x+%#x", p.Name, p.Offset, p.Length)] = true
			}
			for _, f := range s.facts {
				if !have[f] {
					t.Errorf("no row %s", f)
				}
			}
			if flash.Worst(tab.Problems) != s.worst {
				t.Errorf("problems %v", tab.Problems)
			}
			if ps := tab.Check(flash.EMMCUser, s.device); len(ps) > 0 {
				t.Errorf("the rows do not fit each other: %v", ps)
			}
		})
	}
}

// TestCorpusRepair: the tables of phones are sound, so repairing them changes nothing,
// and what is made for the other end of the flash restores them.
func TestCorpusRepair(t *testing.T) {
	for _, s := range samples {
		t.Run(s.file, func(t *testing.T) {
			b := corpus(t, s.file)
			g := read(t, bytes.NewReader(b))
			r, err := g.Repair(int64(len(b)))
			if s.device == 0 {
				if err == nil {
					t.Error("repaired what proves no device size")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			made := r.Primary
			if s.standalone {
				made = made[512:] // the file has no sector 0
			}
			if !bytes.Equal(made, b[:len(made)]) || len(r.Problems) > 0 {
				t.Errorf("repairing changes it: %v", r.Problems)
			}
			d := r.onto()
			d.zero(0, 64<<10)
			again := repair(t, d)
			if !bytes.Equal(again.Primary[512:], r.Primary[512:]) || !bytes.Equal(again.Backup, r.Backup) {
				t.Error("the backup does not restore the primary")
			}
			rows, fromBackup := g.Table(flash.EMMCUser).Partitions, read(t, d).Table(flash.EMMCUser)
			for i, p := range fromBackup.Partitions {
				if p.Witness = "gpt primary"; p != rows[i] {
					t.Errorf("row %d from the backup is %+v, want %+v", i, p, rows[i])
				}
			}
		})
	}
}

// TestCorpusEVB repairs the table that names itself as its backup for the device it
// was made for: its last row ends where the backup copy begins.
func TestCorpusEVB(t *testing.T) {
	b := corpus(t, "evb-mt8135/MBR")
	const device = (0xcc77de + 34) * 512
	r, err := read(t, bytes.NewReader(b)).Repair(device)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(r.Primary[:512], b[:512]) || !bytes.Equal(r.Primary[1024:], b[1024:]) {
		t.Error("more than the header changes")
	}
	if g := read(t, r.onto()); g.DeviceSize() != device || g.Backup.rank() != proven {
		t.Errorf("device 0x%x, backup %+v", g.DeviceSize(), g.Backup)
	}
}

// TestCorpusCut cuts a real file the way mtkclient does: without its last sector, and
// down to the entries alone.
func TestCorpusCut(t *testing.T) {
	b := corpus(t, "wesz-a-mtk/gpt.bin")
	g := read(t, bytes.NewReader(b[:0x4200]))
	if c := g.Best(); len(c.Entries) != 50 || !c.EntriesOK || c.Missing != 4 || flash.Worst(g.Table(flash.EMMCUser).Problems) != flash.Note {
		t.Errorf("without the last sector: %d rows, %v, %v", len(c.Entries), c.Missing, c.Problems)
	}
	g = read(t, bytes.NewReader(b[0x400:]))
	if c := g.Best(); len(c.Entries) != 50 || c.HeaderOffset != flash.NoOffset || g.SectorSize != 512 || g.DeviceSize() != 0 {
		t.Errorf("entries alone: %d rows, %+v", len(c.Entries), c.Problems)
	}
	g = read(t, bytes.NewReader(corpus(t, "vivo-pd2135f-mt6891/PGPT_UFS")[0x1000:]))
	if c := g.Best(); len(c.Entries) != 57 || !c.Template || g.SectorSize != 4096 {
		t.Errorf("entries alone, UFS: %d rows, sector %d", len(c.Entries), g.SectorSize)
	}
}
