package capture_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/mtkkit/mtkkit/capture"
	"github.com/mtkkit/mtkkit/flash"
)

// TestDumcharWrappings reads one table as it comes out of several terminals.
func TestDumcharWrappings(t *testing.T) {
	_, bare, _ := strings.Cut(dumchar, "\n")
	utf16LE := []byte{0xFF, 0xFE}
	utf16BE := []byte{0xFE, 0xFF}
	for _, u := range utf16.Encode([]rune(dumchar)) {
		utf16LE = append(utf16LE, byte(u), byte(u>>8))
		utf16BE = append(utf16BE, byte(u>>8), byte(u))
	}
	for name, text := range map[string]string{
		"as the kernel writes it": dumchar,
		"without a header":        bare,
		"with the shell's echo":   "root@phone:/ # cat /proc/dumchar_info\r\n" + strings.ReplaceAll(dumchar, "\n", "\r\n") + "root@phone:/ # exit",
		"adb's CR CR LF":          strings.ReplaceAll(dumchar, "\n", "\r\r\n"),
		"quoted":                  "> " + strings.ReplaceAll(dumchar, "\n", "\n> "),
		"byte order mark":         "\uFEFF" + bare,
		"UTF-16LE":                string(utf16LE),
		"UTF-16BE":                string(utf16BE),
		"twice":                   dumchar + dumchar,
		"8 digits":                strings.ReplaceAll(dumchar, "0x00000000", "0x"),
	} {
		t.Run(name, func(t *testing.T) {
			c := read(t, capture.KindDumchar, text)
			wantRows(t, c.Table, dumcharRows...)
			if c.Base != 0xC00000 || !c.Verified {
				t.Errorf("base 0x%x, verified %v; %v", c.Base, c.Verified, c.Table.Problems)
			}
			if got := strings.Join(c.Nodes, " "); got != "misc-sd mmcblk0 mmcblk0p1 mmcblk0 mmcblk0p5 mmcblk0p7 mmcblk0" {
				t.Errorf("nodes %s", got)
			}
			wantProblem(t, c.Table, flash.Note, "bmtpool: line")
		})
	}
}

func TestDumcharBase(t *testing.T) {
	// The kernel's base is not the preloader's size here: the pool gives it away.
	c := read(t, capture.KindDumchar, `
		preloader 0x40000 0x0 2 /dev/misc-sd
		boot      0x600000 0x0 2 /dev/block/mmcblk0
		bmtpool   0x1500000 0xfebf00a8 2 /dev/block/mmcblk0`)
	wantRows(t, c.Table, "boot1 preloader 0x0+0x40000", "user boot 0x0+0x600000", "user bmtpool ?+0x1500000 reserved")
	if c.Base != 0x1400000 || !c.Verified {
		t.Errorf("base 0x%x, verified %v", c.Base, c.Verified)
	}
	// Without a pool the preloader's row is the only witness.
	c = read(t, capture.KindDumchar, "preloader 0x1400000 0x0 2 /dev/misc-sd\nmbr 0x80000 0x0 2 /dev/block/mmcblk0")
	if c.Base != 0x1400000 {
		t.Errorf("base 0x%x", c.Base)
	}
	// A pool of zeros (audio players) is left out.
	c = read(t, capture.KindDumchar, "mbr 0x80000 0x0 2 /dev/block/mmcblk0\nbmtpool 0x0 0x0 2 /dev/block/mmcblk0p30")
	wantRows(t, c.Table, "user mbr 0x0+0x80000")
	wantProblem(t, c.Table, flash.Note, "bmtpool: line 2: has neither")
	// A row may begin where only a count could: the name decides.
	c = read(t, capture.KindDumchar, "fat 0x200 0xffff0000 2 /dev/block/mmcblk0\notp 0x2b00000 0xffff0200 2 /dev/block/mmcblk0")
	wantRows(t, c.Table, "user fat 0xffff0000+0x200", "user otp ?+0x2b00000 reserved")
	// No partition begins off the sectors, whatever it is called.
	c = read(t, capture.KindDumchar, "new 0x200 0xffff00a8 2 /dev/block/mmcblk0")
	wantRows(t, c.Table, "user new ?+0x200 reserved")
}

func TestDumcharNAND(t *testing.T) {
	const nand = "preloader 0x40000 0x0 1 /dev/mtd/mtd0\ndsp_bl 0xc0000 0x40000 1 /dev/mtd/mtd1\nusrdata 0x0 0x100000 1 /dev/mtd/mtd2\nbmtpool 0xc800 0xFFFF0050 1 /dev/mtd/mtd3"
	c := read(t, capture.KindDumchar, nand)
	wantRows(t, c.Table, "nand preloader 0x0+0x40000", "nand dsp_bl 0x40000+0xc0000", "nand usrdata 0x100000+0x0 to-end", "nand bmtpool ?+0xc800 reserved")
	if !c.Verified {
		t.Error("not verified", c.Table.Problems)
	}
	// Most kernels print the number of the device instead of the address.
	c = read(t, capture.KindDumchar, "preloader 0x40000 0x0 1 /dev/mtd/mtd0\ndsp_bl 0xc0000 0x1 1 /dev/mtd/mtd1\nusrdata 0x0 0x2 1 /dev/mtd/mtd2\nx 0x200 0x3 1 /dev/mtd/mtd3")
	wantRows(t, c.Table, "nand preloader 0x0+0x40000", "nand dsp_bl 0x40000+0xc0000", "nand usrdata 0x100000+0x0 to-end", "nand x ?+0x200")
	wantProblem(t, c.Table, flash.Warning, "sums of the sizes")
	if c.Verified {
		t.Error("sums taken for addresses")
	}
}

// TestDumcharDamage: damaged rows are named by their line and the others stay.
func TestDumcharDamage(t *testing.T) {
	cut := dumchar[:strings.Index(dumchar, "android")+40]
	c := read(t, capture.KindDumchar, cut)
	wantRows(t, c.Table, dumcharRows[:4]...)
	wantProblem(t, c.Table, flash.Error, "line 6: a row that is cut or damaged")

	c = read(t, capture.KindDumchar, strings.Replace(dumchar, "0x0000000000500000", "0x10000000000500000", 1))
	wantProblem(t, c.Table, flash.Error, "line 5: a row that is cut or damaged")
	if len(c.Table.Partitions) != len(dumcharRows)-1 || c.Verified {
		t.Errorf("%d rows, verified %v", len(c.Table.Partitions), c.Verified)
	}

	c = read(t, capture.KindDumchar, strings.Replace(dumchar, "0x0000000000500000", "0xfffffffffff00000", 1))
	wantProblem(t, c.Table, flash.Error, "nvram: line 5: start 0x100000 and size 0xfffffffffff00000 are impossible")
	if p := c.Table.Find("nvram"); p.Placed() || c.Verified {
		t.Errorf("impossible row is at 0x%x, verified %v", p.Offset, c.Verified)
	}

	c = read(t, capture.KindDumchar, strings.Replace(dumchar, "0x0000000000600000", "0x0000000000500000", 1))
	if c.Verified {
		t.Error("verified, though android overlaps nvram")
	}

	c = read(t, capture.KindDumchar, strings.Replace(dumchar, "nvram ", "ebr1  ", 1))
	wantProblem(t, c.Table, flash.Warning, "ebr1: line 5: the name was used before, on line 4")

	c = read(t, capture.KindDumchar, strings.Replace(dumchar, "0x0000000040000000", "0x0000000000000000", 1))
	wantProblem(t, c.Table, flash.Warning, "android: line 6: size is 0; the row is read as ending at usrdata")
	if p := c.Table.Find("android"); p.Length != 0x40000000 || p.ToEnd {
		t.Errorf("android %v, to end %v", p.Extent, p.ToEnd)
	}
}

func TestKernelLists(t *testing.T) {
	c := read(t, capture.KindEMMC, "partno:    start_sect   nr_sects  partition_name\nemmc_p1: 00000400 00000002 \"ebr1\"\nemmc_p2: 00006800 00005000 \"protect_f\"\nemmc_p8: 753c00 15bfd00 \"fat\"\nemmc_p9: 00")
	wantRows(t, c.Table, "user ebr1 0x80000+0x400", "user protect_f 0xd00000+0xa00000", "user fat 0xea780000+0x2b7fa0000")
	wantProblem(t, c.Table, flash.Note, "ebr1: line 2: the kernel always shows 2 sectors")
	wantProblem(t, c.Table, flash.Error, "line 5: a row")
	if c.Nodes[1] != "mmcblk0p2" || c.Table.SectorSize != 512 {
		t.Errorf("nodes %q, sectors of %d", c.Nodes, c.Table.SectorSize)
	}

	c = read(t, capture.KindPartinfo, "dev:    offset   size     name\npart01: 00000000 00000400 \"uboot\"\npart12: 00000400 00006400 \"system\"")
	wantRows(t, c.Table, "user uboot 0x0+0x80000", "user system 0x80000+0xc80000")
	if c.Nodes[0] != "mmcblk0p1" || c.Nodes[1] != "mmcblk0p12" || !c.Verified {
		t.Errorf("nodes %q, verified %v", c.Nodes, c.Verified)
	}
	c = read(t, capture.KindPartinfo, "part1: 00000000 00080000 \"a\"\npart2: 00080000 00100000 \"b\"")
	wantRows(t, c.Table, "user a 0x0+0x80000", "user b 0x80000+0x100000")
	wantProblem(t, c.Table, flash.Note, "in bytes")

	c = read(t, capture.KindPartinfo, "part01: ffffffffffffffff 1 \"a\"\npart02: 10000000000000000 1 \"b\"\npart03: 0 1 \"c\"")
	wantRows(t, c.Table, "user c 0x0+0x200")
	wantProblem(t, c.Table, flash.Error, "line 1: a row")
	wantProblem(t, c.Table, flash.Error, "line 2: a row")
}

// The kernels of GPT phones list start and size in bytes, and make up the length of
// the backup GPT, which on the phone ends where the flash does.
func TestPartinfoOfGPT(t *testing.T) {
	const head = "Name             Start           \tSize            \n"
	c := read(t, capture.KindPartinfo, "$ cat /proc/partinfo\n"+head+
		"pgpt             0x0000000000000000\t0x0000000000080000\nlk               0x0000000000080000\t0x0000000000100000\n"+
		"userdata         0x0000000000180000\t0x000000000007be00\nsgpt             0x00000000001fbe00\t0x0000000000080000\n")
	wantRows(t, c.Table, "user pgpt 0x0+0x80000", "user lk 0x80000+0x100000", "user userdata 0x180000+0x7be00", "user sgpt 0x1fbe00+0x0 to-end")
	wantProblem(t, c.Table, flash.Note, "sgpt: line 6: the kernel gives it 0x80000 bytes on every phone")
	if !c.Verified {
		t.Error("not verified")
	}
	c = read(t, capture.KindPartinfo, head+"lk               0x0000000000080000\t0x0000000000100000\nboot             0x0000000000180000\t0x00")
	wantRows(t, c.Table, "user lk 0x80000+0x100000")
	wantProblem(t, c.Table, flash.Error, "line 3: a row")
	// An older driver has the columns the other way round: nothing is guessed.
	c = read(t, capture.KindPartinfo, "Part_Name\tSize\tStartAddr\nlk         0x0000000000100000   0x0000000000080000\n")
	wantRows(t, c.Table)
	wantProblem(t, c.Table, flash.Error, "lk: line 2: left out: no header line tells which number is the start")
}

func TestMTD(t *testing.T) {
	const mtd = "dev:    size   erasesize  name\nmtd0: 00040000 00020000 \"preloader\"\nmtd1: 000c0000 00020000 \"dsp_bl\"\nmtd2: 00300000 00020000 \"nvram\"\n"
	c := read(t, capture.KindMTD, mtd+"mtd3: 01000000 0001f000 \"system\"\n")
	wantRows(t, c.Table, "nand preloader 0x0+0x40000", "nand dsp_bl 0x40000+0xc0000", "nand nvram 0x100000+0x300000")
	wantProblem(t, c.Table, flash.Note, "system: line 5: erase size 0x1f000")
	wantProblem(t, c.Table, flash.Warning, "sums of the sizes")
	if c.Verified {
		t.Error("sums taken for addresses")
	}
	c = read(t, capture.KindMTD, "mtd0: 00400000 00020000 \"ALL\"\n"+strings.NewReplacer("mtd2", "mtd3", "mtd1", "mtd2", "mtd0", "mtd1").Replace(mtd))
	wantRows(t, c.Table, "nand preloader 0x0+0x40000", "nand dsp_bl 0x40000+0xc0000", "nand nvram 0x100000+0x300000")
	if c.Table.DeviceSize != 0x400000 || len(c.Nodes) != 3 || c.Nodes[0] != "mtd1" {
		t.Errorf("size 0x%x, nodes %q", c.Table.DeviceSize, c.Nodes)
	}
}
