package capture_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/capture"
	"github.com/mtkkit/mtkkit/flash"
)

// read reads a text that must be of the kind, and checks that Sniff agrees.
func read(t *testing.T, kind flash.Witness, text string) *capture.Capture {
	t.Helper()
	if got := capture.Sniff(strings.NewReader(text)); got != kind {
		t.Errorf("Sniff says %q, want %q", got, kind)
	}
	c, err := capture.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if c.Kind != kind || c.Table.Format != string(kind) {
		t.Errorf("read as %q (table %q), want %q", c.Kind, c.Table.Format, kind)
	}
	return c
}

// rows prints a table in short: region, name, extent, flags.
func rows(t *flash.Table) (out []string) {
	short := map[flash.Region]string{flash.EMMCUser: "user", flash.EMMCBoot1: "boot1", flash.EMMCBoot2: "boot2",
		flash.EMMCRPMB: "rpmb", flash.NANDWhole: "nand", flash.UFSLU2: "lu2", flash.UFSLU0: "lu0", flash.UFSLU1: "lu1"}
	for _, p := range t.Partitions {
		s := fmt.Sprintf("%s %s 0x%x+0x%x", short[p.Region], p.Name, p.Offset, p.Length)
		if !p.Placed() {
			s = fmt.Sprintf("%s %s ?+0x%x", short[p.Region], p.Name, p.Length)
		}
		if p.Reserved {
			s += " reserved"
		}
		if p.ToEnd {
			s += " to-end"
		}
		out = append(out, s)
	}
	return out
}

func wantRows(t *testing.T, table *flash.Table, want ...string) {
	t.Helper()
	got, all := strings.Join(rows(table), "\n"), strings.Join(want, "\n")
	if got != all {
		t.Errorf("rows\n%s\nwant\n%s", got, all)
	}
	for i, p := range table.Partitions {
		if p.Index != i || string(p.Witness) != table.Format {
			t.Errorf("row %d has index %d and witness %q", i, p.Index, p.Witness)
		}
	}
}

// wantProblem looks for one problem by its severity and a part of its text.
func wantProblem(t *testing.T, table *flash.Table, s flash.Severity, part string) {
	t.Helper()
	for _, p := range table.Problems {
		if p.Severity == s && strings.Contains(p.String(), part) {
			return
		}
	}
	t.Errorf("no %v %q among %v", s, part, table.Problems)
}

const dumchar = `Part_Name	Size	StartAddr	Type	MapTo
preloader    0x0000000000c00000   0x0000000000000000   2   /dev/misc-sd
mbr          0x0000000000080000   0x0000000000000000   2   /dev/block/mmcblk0
ebr1         0x0000000000080000   0x0000000000080000   2   /dev/block/mmcblk0p1
nvram        0x0000000000500000   0x0000000000100000   2   /dev/block/mmcblk0
android      0x0000000040000000   0x0000000000600000   2   /dev/block/mmcblk0p5
usrdata      0x0000000000000000   0x0000000040600000   2   /dev/block/mmcblk0p7
bmtpool      0x0000000001500000   0x00000000ff3f00a8   2   /dev/block/mmcblk0
Part_Name:Partition name you should open;
Size:size of partition
StartAddr:Start Address of partition;
`

var dumcharRows = []string{"boot1 preloader 0x0+0x0 to-end", "user mbr 0x0+0x80000", "user ebr1 0x80000+0x80000",
	"user nvram 0x100000+0x500000", "user android 0x600000+0x40000000", "user usrdata 0x40600000+0x0 to-end",
	"user bmtpool ?+0x1500000 reserved"}

func TestSource(t *testing.T) {
	c := read(t, capture.KindSource, `#include "partition_define.h"
static const struct excel_info PartInfo_Private[PART_NUM]={
			{"preloader",6291456,0x0, EMMC, 0,BOOT_1},
			{"mbr",524288,0x600000, EMMC, 0,USER},
			{"ebr1",524288,0x680000, EMMC, 1,USER},
			{"low",512,0x1000, EMMC, 0,USER},
			{"usrdata",0,0x700000, EMMC, 7,USER},
			{"bmtpool",22020096,0xFFFF00a8, EMMC, 0,USER},
			{"cut",5242
 };`)
	wantRows(t, c.Table, "boot1 preloader 0x0+0x0 to-end", "user mbr 0x0+0x80000", "user ebr1 0x80000+0x80000",
		"user low ?+0x200", "user usrdata 0x100000+0x0 to-end", "user bmtpool ?+0x1500000 reserved")
	wantProblem(t, c.Table, flash.Warning, "low: line 6: address 0x1000 is before the user area")
	wantProblem(t, c.Table, flash.Error, "line 9: a row")
	if c.Base != 0x600000 || c.Nodes[2] != "mmcblk0p1" {
		t.Errorf("base 0x%x, nodes %q", c.Base, c.Nodes)
	}
	c = read(t, capture.KindSource, "struct excel_info PartInfo[]={\n{\"preloader\",262144,0x0},\n{\"dsp_bl\",786432,0x40000},\n{\"usrdata\",0,0x100000},\n{\"bmtpool\",51200,0xFFFF0050},\n};")
	wantRows(t, c.Table, "nand preloader 0x0+0x40000", "nand dsp_bl 0x40000+0xc0000", "nand usrdata 0x100000+0x0 to-end", "nand bmtpool ?+0xc800 reserved")
	if !c.Verified || c.Base != 0 {
		t.Errorf("verified %v, base 0x%x", c.Verified, c.Base)
	}
	c = read(t, capture.KindSource, "PartInfo\n{\"preloader\",262144,0x0, EMMC, 0,BOOT_1},\n{\"pgpt\",524288,0x0, EMMC, 0,USER},\n")
	wantRows(t, c.Table, "boot1 preloader 0x0+0x40000", "user pgpt 0x0+0x80000")
	if got := capture.Sniff(strings.NewReader(`{"a",1,2},`)); got != "" {
		t.Errorf("any C source is taken for %q", got)
	}
}

func TestPrintGPT(t *testing.T) {
	const one = "DaHandler - boot_para:           Offset 0x0000000000008000, Length 0x0000000000100000, Flags 0x0000000000000004, UUID f57ad330-39c2-4488-b09b-00cb43c9ccd4, Type EFI_BASIC_DATA\n" +
		"lk: Offset 0x0000000000108000, Length 0x0000000000200000, Flags 0x00000000, UUID 52444e41-494f-2044-6665-730000000000, Type 0x91b72d4d\n"
	const two = "GPT Table:\n-------------\nboot_para:           Offset 0x0000000000008000, Length 0x0000000000100000\n                     Flags 0x00000004, UUID f57ad330-39c2-4488-b09b-00cb43c9ccd4, Type EFI_BASIC_DATA\n" +
		"lk:                  Offset 0x0000000000108000, Length 0x0000000000200000\n                     Flags 0x00000000, UUID 52444e41-494f-2044-6665-730000000000, Type 0x91b72d4d\n"
	const total = "\nTotal disk size:0x0000000747c00000, sectors:0x0000000003a3e000\n"
	for _, text := range []string{one + total, two + total} {
		c := read(t, capture.KindPrintGPT, text)
		wantRows(t, c.Table, "user boot_para 0x8000+0x100000", "user lk 0x108000+0x200000")
		p, q := c.Table.Partitions[0], c.Table.Partitions[1]
		// The fourth group is what a GPT of MediaTek's has for boot_para, not what is printed.
		if p.GUID != "F57AD330-39C2-4488-9BB0-00CB43C9CCD4" || p.TypeGUID != "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7" || p.Attributes != 4 {
			t.Errorf("%+v", p)
		}
		if q.GUID != "52444E41-494F-2044-6566-730000000000" || q.TypeGUID != "" {
			t.Errorf("%+v", q)
		}
		if c.Table.SectorSize != 512 || c.Table.DeviceSize != 0x747c00000 || !c.Verified {
			t.Errorf("sectors of %d, size 0x%x, verified %v", c.Table.SectorSize, c.Table.DeviceSize, c.Verified)
		}
	}
	c := read(t, capture.KindPrintGPT, one+"Total disk size:0x0000000747bfbc00, sectors:0x0000000003a3dfde\n")
	if c.Table.DeviceSize != 0 {
		t.Error("the last usable sector was taken for the size")
	}
	c = read(t, capture.KindPrintGPT, one+"Total disk size:0x100000000, sectors:0x100000\n")
	wantRows(t, c.Table, "lu2 boot_para 0x8000+0x100000", "lu2 lk 0x108000+0x200000")
	// Cut after the first line of a row, then a second table.
	c = read(t, capture.KindPrintGPT, two[:strings.LastIndex(two, "\n   ")]+"\n"+two+"vendor: Offset 0x12, Len")
	wantRows(t, c.Table, "user boot_para 0x8000+0x100000", "user lk 0x108000+0x200000")
	wantProblem(t, c.Table, flash.Warning, "a second table begins here")
	c = read(t, capture.KindPrintGPT, one+"vendor: Offset 0x12, Len")
	wantProblem(t, c.Table, flash.Error, "line 3: a row")
}

func TestLog(t *testing.T) {
	const rows = "[415] [GPT_LK][1]name=lk, start_sect=0x100, nr_sects=0x100, uuid=8273e1ab-846f-4468-b999-ee2ea8e50a16\n[415] [GPT_LK][2]name=boot, part_id=8, start_sect=0x200, nr_sects=0x2000\n"
	const first = "[GPT_LK][0]name=misc, start_sect=0x%x, nr_sects=0x80\n"
	c := read(t, capture.KindLog, rows)
	wantRows(t, c.Table, "user lk ?+0x0", "user boot ?+0x0")
	wantProblem(t, c.Table, flash.Warning, "no row has an offset")
	if c.Verified || c.Table.Partitions[0].GUID != "8273E1AB-846F-4468-B999-EE2EA8E50A16" {
		t.Errorf("verified %v, %+v", c.Verified, c.Table.Partitions[0])
	}
	ufs := []string{"lu2 lk 0x100000+0x100000", "lu2 boot 0x200000+0x2000000"}
	emmc := []string{"user lk 0x20000+0x20000", "user boot 0x40000+0x400000"}
	wantRows(t, read(t, capture.KindLog, fmt.Sprintf(first, 8)+rows).Table, append([]string{"lu2 misc 0x8000+0x80000"}, ufs...)...)
	wantRows(t, read(t, capture.KindLog, fmt.Sprintf(first, 0x40)+rows).Table, append([]string{"user misc 0x8000+0x10000"}, emmc...)...)
	wantRows(t, read(t, capture.KindLog, "[317] [UFS] vendor id : 0x12c\n"+rows+rows).Table, ufs...)
	wantRows(t, read(t, capture.KindLog, "[GPT] EMMC_PART_USER size = 0x747c00000\n"+rows).Table, emmc...)
	for _, unit := range []int64{512, 4096} {
		c, err := capture.ReadSectors(strings.NewReader(rows), unit)
		if err != nil || c.Table.Partitions[0].Offset != 0x100*unit || c.Table.SectorSize != unit {
			t.Errorf("sectors of %d: %+v, %v", unit, c, err)
		}
	}
	c = read(t, capture.KindLog, "[UFS]\n"+rows+"[3]name=a, start_sect=0xffffffffffffffff, nr_sects=0x1\n[4]name=b, start_sect=0x1")
	wantRows(t, c.Table, ufs...)
	wantProblem(t, c.Table, flash.Error, "line 4: a row")
	wantProblem(t, c.Table, flash.Error, "line 5: a row")
}

func TestCSV(t *testing.T) {
	want := []string{"boot1 preloader 0x0+0x80000", "user pgpt 0x0+0x8000", "user misc 0x8000+0x80000", "user sgpt ?+0x8000 reserved"}
	for _, text := range []string{
		"\"Partition\",\"Address\",\"Size\",\"Empty\"\n\"preloader\",\"0x0\",\"0x80000\",\"\"\n\"pgpt\",\"0x0\",\"0x8000\",\"\"\n\"misc\",\"0x8000\",\"0x80000\",\"+\"\n\"sgpt\",\"0xFFFF0000\",\"0x8000\",\"\"\n",
		"name;size;start\npreloader;524288;0\npgpt;32768;0\nmisc;0x80000;32768\nsgpt;32768;0xFFFF0000",
		"# a list\nlabel\toffset\tlength\n\npreloader\t0\t0x80000\npgpt\t0\t0x8000\nmisc\t0x8000\t0x80000\nsgpt\t0xFFFF0000\t0x8000\n",
	} {
		c := read(t, capture.KindCSV, text)
		wantRows(t, c.Table, want...)
		if !c.Verified {
			t.Error("not verified", c.Table.Problems)
		}
	}
	c := read(t, capture.KindCSV, "name,start,size\na,0x0,0x200\nb,0x200\nc,12 KiB,1\nd,0x99999999999999999,1\n")
	wantRows(t, c.Table, "user a 0x0+0x200")
	for _, line := range []string{"line 3", "line 4", "line 5"} {
		wantProblem(t, c.Table, flash.Error, line)
	}
	if got := capture.Sniff(strings.NewReader("name,the start,size\na,0x0,0x200\n")); got != "" {
		t.Errorf("any list is taken for %q", got)
	}
}

func TestGetvar(t *testing.T) {
	c := read(t, capture.KindGetvar, "C:\\> fastboot getvar all\n(bootloader) partition-size:userdata: 5ab8fbe00\n(bootloader) partition-type:userdata: f2fs\n"+
		"(bootloader)    partition-size:lk: 200000\n(bootloader)    partition-type:lk: raw data\n(bootloader) partition-size:pgpt: 8000\n(bootloader) partition-size:preloader: 40000\n(bootloader) partition-size:bad: \nall: Done!!\n")
	wantRows(t, c.Table, "boot1 preloader ?+0x40000", "user pgpt ?+0x8000", "user lk ?+0x200000", "user userdata ?+0x5ab8fbe00")
	if p := c.Table.Find("lk"); p.Type != "raw data" || c.Verified {
		t.Errorf("type %q, verified %v", p.Type, c.Verified)
	}
	wantProblem(t, c.Table, flash.Note, "no row has an offset")
	wantProblem(t, c.Table, flash.Note, "last partition first")
	wantProblem(t, c.Table, flash.Error, "line 8: a row")
	c = read(t, capture.KindGetvar, "partition-size:lk: 1\npartition-size:lk: 2\npartition-size:mbr: 3\n")
	wantRows(t, c.Table, "user mbr ?+0x3", "user lk ?+0x2", "user lk ?+0x1")
	wantProblem(t, c.Table, flash.Warning, "lk: line 1: the name was used before, on line 2")
	c = read(t, capture.KindGetvar, "(bootloader) partition-size:boot_a:0x4000000\npartition-size:boot_b: 0x4000000\n")
	wantRows(t, c.Table, "user boot_a ?+0x4000000", "user boot_b ?+0x4000000")
}

func TestNotCaptures(t *testing.T) {
	for name, b := range map[string][]byte{
		"empty":           nil,
		"zeros":           make([]byte, 1<<20),
		"prose":           []byte("the partition-size: of boot is 0x600000\nsee /dev/block/mmcblk0p7"),
		"a scatter file":  []byte("- partition_index: SYS0\n  partition_name: lk\n  linear_start_addr: 0x8000\n  partition_size: 0x60000\n"),
		"binary with row": append([]byte(dumchar), 0),
		"too large":       bytes.Repeat([]byte("\n"), capture.MaxSize+1),
		"odd UTF-16":      {0xFF, 0xFE, 'a'},
	} {
		t.Run(name, func(t *testing.T) {
			if got := capture.Sniff(bytes.NewReader(b)); got != "" {
				t.Errorf("taken for %q", got)
			}
			_, err := capture.Read(bytes.NewReader(b))
			var fe *flash.FormatError
			if !errors.As(err, &fe) || !errors.Is(err, flash.ErrNotThis) || fe.Format != "capture" {
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestBounds: what a hostile text makes us keep is limited, and said to be.
func TestBounds(t *testing.T) {
	long := strings.Repeat("x", 10<<20) + "\n"
	c := read(t, capture.KindDumchar, "first\n"+long+dumchar)
	wantProblem(t, c.Table, flash.Warning, "line 2: longer than 4096 bytes")
	wantRows(t, c.Table, dumcharRows...)

	c = read(t, capture.KindEMMC, "emmc_p1: 0 1 \"a\"\nemmc_p2: 1 1 \""+strings.Repeat("b", 5000)+"\"\n")
	wantRows(t, c.Table, "user a 0x0+0x200")

	var many, bad strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&many, "emmc_p%d: %x 1 \"p%d\"\n", i, i, i)
		fmt.Fprintf(&bad, "emmc_p%d: cut\n", i)
	}
	c = read(t, capture.KindEMMC, many.String()+bad.String())
	if n := len(c.Table.Partitions); n != 1024 {
		t.Errorf("%d rows", n)
	}
	if n := len(c.Table.Problems); n > 256 {
		t.Errorf("%d problems", n)
	}
	wantProblem(t, c.Table, flash.Error, "more than 1024 rows")
}

// broken is an Image that cannot be read.
type broken struct{ size int64 }

func (b broken) ReadAt([]byte, int64) (int, error) { return 0, os.ErrPermission }
func (b broken) Size() int64                       { return b.size }

func TestReadFailure(t *testing.T) {
	_, err := capture.Read(broken{100})
	if !errors.Is(err, os.ErrPermission) || errors.Is(err, flash.ErrNotThis) {
		t.Error("Read:", err)
	}
	_, _, err = capture.FindPMT(broken{1 << 30})
	if !errors.Is(err, os.ErrPermission) || errors.Is(err, flash.ErrNotThis) {
		t.Error("FindPMT:", err)
	}
}

// corpus returns the text of a real artefact, or skips the test.
func corpus(t testing.TB, file string) string {
	t.Helper()
	dir := os.Getenv("MTKKIT_CORPUS")
	if dir == "" {
		t.Skip("MTKKIT_CORPUS does not name the folder of real artefacts")
	}
	b, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
