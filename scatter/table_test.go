package scatter_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

const mib = 1 << 20

// places prints where the rows are: "lk 0x8000..0x68000 end" and so on.
func places(t *flash.Table) string {
	var out []string
	for _, p := range t.Partitions {
		s := p.Name + " " + p.Extent.String()
		if !p.Placed() {
			s = fmt.Sprintf("%s unplaced 0x%x", p.Name, p.Length)
		}
		if p.ToEnd {
			s += " end"
		}
		if p.Reserved {
			s += " reserved"
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func problems(t *flash.Table) string {
	var out []string
	for _, p := range t.Problems {
		out = append(out, p.Severity.String()+" "+p.String())
	}
	return strings.Join(out, "; ")
}

func TestTable(t *testing.T) {
	const size = 0x10000000 // 256 MiB
	mbr := row("MBR", "0x1400000", "0x0", "0x80000")
	for name, c := range map[string]struct {
		rows          string
		size          int64
		want, problem string
	}{
		"hex in any dress": {row("a", "0X00AbCd00", "0X00AbCd00", "0x00300000") + row("b", "0", "4096", "512"), 0,
			"a 0xabcd00..0xdbcd00, b 0x1000..0x1200", ""},
		"above 4 GiB": {row("a", "0x3AA320000", "0x3AA320000", "0x33E280000"), 0, "a 0x3aa320000..0x6e85a0000", ""},
		"like a count, not reserved": {row("a", "0xFFFF0080", "0xFFFF0080", "0x1000"), size,
			"a 0xffff0080..0xffff1080", ""},
		"like a count below bit 32": {counted("otp", "0x3FFFF0080", "0x1000"), size, "otp 0x3ffff0080..0x3ffff1080 reserved", ""},
		"count of 64 bits":          {counted("otp", "0xFFFFFFFFFFFF0080", "0x1000000"), size, "otp 0xf000000..0x10000000 reserved", ""},
		"reserved by operation only": {row("otp", "0xFFFF0080", "0xFFFF0080", "0x1000000", "operation_type: RESERVED"), size,
			"otp 0xf000000..0x10000000 reserved", ""},
		"count beside an address": {counted("otp", "0xFFFF0080", "0x1000000", "physical_start_addr: 0x100000"), size,
			"otp 0x100000..0x1100000 reserved", ""},
		"address beside a count": {counted("otp", "0xFFFF0080", "0x1000000", "linear_start_addr: 0x100000"), size,
			"otp 0x100000..0x1100000 reserved", ""},
		"count beside zero": {counted("otp", "0xFFFF0080", "0x1000000", "physical_start_addr: 0x0"), size,
			"otp 0xf000000..0x10000000 reserved", ""},
		"size unknown": {counted("otp", "0xFFFF01d8", "0x2B00000") + counted("flashinfo", "0xFFFF0080", "0x1000000"), 0,
			"otp unplaced 0x2b00000 reserved, flashinfo unplaced 0x1000000 reserved", ""},
		"chain with a short sgpt": {counted("otp", "0xFFFF01d8", "0x2B00000") + counted("flashinfo", "0xFFFF0080", "0x1000000") + counted("sgpt", "0xFFFF0000", "0x4200"), size,
			"otp 0xc4fbe00..0xeffbe00 reserved, flashinfo 0xeffbe00..0xfffbe00 reserved, sgpt 0xfffbe00..0x10000000 reserved", ""},
		"chain with a counted sgpt": {counted("flashinfo", "0xFFFF0084", "0x1000000") + counted("sgpt", "0xFFFF0004", "0x80000"), size,
			"flashinfo 0xef80000..0xff80000 reserved, sgpt 0xff80000..0x10000000 reserved", ""},
		"chain that leaves sgpt out": {counted("flashinfo", "0xFFFF0080", "0x1000000") + counted("sgpt", "0xFFFF0000", "0x80000"), size,
			"flashinfo 0xef80000..0xff80000 reserved, sgpt 0xff80000..0x10000000 reserved", ""},
		"chain up to a real address": {counted("otp", "0xFFFF01d8", "0x2B00000") + counted("flashinfo", "0xF000000", "0x1000000"), size,
			"otp 0xc500000..0xf000000 reserved, flashinfo 0xf000000..0x10000000 reserved", ""},
		"zero beside a count": {counted("otp", "0xFFFF0080", "0x1000000", "linear_start_addr: 0x0"), size,
			"otp 0xf000000..0x10000000 reserved", ""},
		"no size, then ordinary and reserved": {row("a", "0x0", "0x0", "0x0") + row("b", "0x8000", "0x8000", "0x1000") + counted("otp", "0xF000000", "0x1000000"), size,
			"a 0x0..0x8000, b 0x8000..0x9000, otp 0xf000000..0x10000000 reserved", "warning a: line 21: partition_size is 0; the row is read as ending at b"},
		"count without a size": {counted("otp", "0xFFFF0100", "0x0"), size, "otp 0xe000000..0x10000000 reserved", ""},
		"count disagrees": {counted("otp", "0xFFFF0081", "0x1000000"), size, "otp 0xf000000..0x10000000 reserved",
			"warning otp: line 20: its address gives a different distance from the end than the sizes; placed by the sizes"},
		"last, but not the last": {counted("otp", "0xFFFF0000", "0x100000") + counted("sgpt", "0xFFFF0000", "0x4200"), size,
			"otp 0xfefbe00..0xfffbe00 reserved, sgpt 0xfffbe00..0x10000000 reserved",
			"warning otp: line 20: its address is that of the very last row; placed by the sizes"},
		"neither size nor count": {counted("otp", "0xFFFF0000", "0x0"), size, "otp unplaced 0x0 reserved",
			"warning otp: line 20: not placed: it has no size and no count of blocks"},
		"image shorter than the rows": {row("userdata", "0x0", "0x0", "0xF800000") + counted("otp", "0xFFFF00A0", "0x400000") + counted("flashinfo", "0xFFFF0080", "0x1000000"), size,
			"userdata 0x0..0xf800000, otp unplaced 0x400000 reserved, flashinfo unplaced 0x1000000 reserved",
			"warning flashinfo: line 46: not placed: it would overlap userdata; warning otp: line 33: not placed: the row after it, flashinfo, is not placed"},
		"image shorter than the reserved": {counted("otp", "0xFFFF01d8", "0x2B00000"), mib, "otp unplaced 0x2b00000 reserved",
			"warning otp: line 20: not placed: it does not fit before the end"},
		"counted in a boot area": {counted("x", "0xFFFF0001", "0x1000", "region: EMMC_BOOT_2"), size, "x unplaced 0x1000 reserved",
			"note x: line 23: is counted from the end of EMMC_BOOT_2, and the size of that region is not known"},
		"bad block pool": {row("USRDATA", "0x0", "0x0", "0x8000000") + counted("BMTPOOL", "0xFFFF00a8", "0x1500000"), size,
			"USRDATA 0x0..0x8000000, BMTPOOL 0xeb00000..0x10000000 reserved", ""},
		"bad block pool that is not there": {row("USRDATA", "0x0", "0x0", "0xF000000") + counted("BMTPOOL", "0xFFFF00a8", "0x1500000"), size,
			"USRDATA 0x0..0xf000000, BMTPOOL unplaced 0x1500000 reserved",
			"note BMTPOOL: line 33: not placed: it would overlap USRDATA"},
		"bad block pool of no blocks": {counted("BMTPOOL", "0xFFFF0000", "0x1500000"), size, "BMTPOOL unplaced 0x1500000 reserved",
			"note BMTPOOL: line 20: not placed: its address is not a count of blocks from the end"},
		"bad block pool miscounted": {counted("BMTPOOL", "0xFFFF0050", "0x1500000"), size, "BMTPOOL unplaced 0x1500000 reserved",
			"note BMTPOOL: line 20: not placed: its address gives a different distance from the end than the sizes"},
		"bad block pool that is not called reserved": {mbr + row("BMTPOOL", "0xFFFF0000", "0xFFFF0000", "0x1500000"), 1 << 33, "MBR 0x0..0x80000, BMTPOOL unplaced 0x1500000 reserved",
			"note BMTPOOL: line 33: not placed: its address is not a count of blocks from the end"},
		"bad block pool at an address": {row("BMTPOOL", "0xFFFE0000", "0xFFFE0000", "0x10000"), 1 << 33, "BMTPOOL 0xfffe0000..0xffff0000", ""},
		"to the end": {row("a", "0x0", "0x0", "0x1000") + row("FAT", "0x8000", "0x8000", "0x0"), size,
			"a 0x0..0x1000, FAT 0x8000..0x10000000 end", ""},
		"to the reserved rows": {row("FAT", "0x8000", "0x8000", "0x0") + counted("flashinfo", "0xFFFF0080", "0x1000000"), size,
			"FAT 0x8000..0xf000000 end, flashinfo 0xf000000..0x10000000 reserved", ""},
		"to an unknown end": {row("FAT", "0x8000", "0x8000", "0x0"), 0, "FAT 0x8000..0x8000 end", ""},
		"to an end before it": {row("FAT", "0x20000000", "0x20000000", "0x0"), size, "FAT 0x20000000..0x20000000 end",
			"warning FAT: line 20: begins at 0x20000000, behind the end (0x10000000)"},
		"no size amid others": {row("a", "0x8000", "0x8000", "0x0") + row("b", "0x10000", "0x10000", "0x1000"), size,
			"a 0x8000..0x10000, b 0x10000..0x11000", "warning a: line 21: partition_size is 0; the row is read as ending at b"},
		"MBR, linear counts": {mbr + row("EBR1", "0x1480000", "0x80000", "0x80000"), 0, "MBR 0x0..0x80000, EBR1 0x80000..0x100000", ""},
		"MBR, in any case":   {row("mbr", "0x1400000", "0x0", "0x80000") + row("ebr1", "0x1480000", "0x0", "0x80000"), 0, "mbr 0x0..0x80000, ebr1 0x80000..0x100000", ""},
		"MBR, pool of zero":  {mbr + counted("BMTPOOL", "0xFFFF00a8", "0x1500000", "physical_start_addr: 0x0"), size, "MBR 0x0..0x80000, BMTPOOL 0xeb00000..0x10000000 reserved", ""},
		"MBR, boot row": {row("PRELOADER", "0x0", "0x0", "0x1400000", "region: EMMC_BOOT_1") + mbr, 0,
			"PRELOADER 0x0..0x1400000, MBR 0x0..0x80000", ""},
		"MBR, no linear": {mbr + row("a", "x", "0x80000", "0x80000"), 0, "MBR 0x0..0x80000, a 0x80000..0x100000", ""},
		"MBR, no linear, physical all zero": {mbr + row("a", "", "0x0", "0x80000"), 0, "MBR 0x0..0x80000, a unplaced 0x80000",
			"error a: line 33: physical_start_addr 0x0 is not behind the MBR row at 0x0"},
		"MBR, row before it": {mbr + row("", "0x0", "0x0", "0x80000"), 0, "MBR 0x0..0x80000,  unplaced 0x80000",
			"warning scatter: line 27: row has no partition_name; error scatter: line 32: linear_start_addr 0x0 is not behind the MBR row at 0x1400000"},
		"MBR, no address": {mbr + row("a", "", "", "0x80000"), 0, "MBR 0x0..0x80000, a unplaced 0x80000",
			`error a: line 33: no address: linear_start_addr "", physical_start_addr ""`},
		"physical zero without MBR": {row("EBR1", "0xc80000", "0x0", "0x80000"), 0, "EBR1 unplaced 0x80000",
			"error EBR1: line 20: the physical address is 0, the linear one is 0xc80000, and there is no MBR row to count from: the address is not known"},
		"no physical": {row("a", "0x8000", "?", "0x1000"), 0, "a 0x8000..0x9000",
			`warning a: line 20: physical_start_addr "?" is not a number; linear_start_addr 0x8000 is used`},
		"no address": {row("a", "0x", "-1", "0x1000"), 0, "a unplaced 0x1000",
			`error a: line 20: no address: physical_start_addr "-1", linear_start_addr "0x"`},
		"no size": {row("a", "0x8000", "0x8000", "big"), size, "a 0x8000..0x8000",
			`error a: line 21: partition_size "big" is not a number`},
		"size beyond any device": {row("a", "0x8000", "0x8000", "0xFFFFFFFFFFFFFFFF"), size, "a 0x8000..0x8000",
			"error a: line 21: partition_size 0xffffffffffffffff is beyond any device"},
		"end beyond any device": {row("a", "0x8000", "0x8000", "0x7FFFFFFFFFFFFFFF"), size, "a unplaced 0x0",
			"error a: line 20: 0x8000+0x7fffffffffffffff is beyond any device"},
		"size of 65 bits": {row("a", "0x8000", "0x8000", "0x10000000000000000"), size, "a 0x8000..0x8000",
			`error a: line 21: partition_size "0x10000000000000000" is not a number`},
		"all keys missing": {"- partition_index: SYS0\n", size, " unplaced 0x0",
			`warning scatter: line 14: row has no partition_name; error scatter: line 14: partition_size "" is not a number; error scatter: line 14: no address: physical_start_addr "", linear_start_addr ""`},
	} {
		t.Run(name, func(t *testing.T) {
			table := parse(t, header+c.rows).Table(c.size)
			if got := places(table); got != c.want {
				t.Errorf("places  %s\nwant    %s", got, c.want)
			}
			if got := problems(table); got != c.problem {
				t.Errorf("problems %s\nwant     %s", got, c.problem)
			}
		})
	}
}

func TestRegions(t *testing.T) {
	for _, c := range []struct {
		name, region, storage string
		want                  flash.Region
	}{
		{"lk", "EMMC_USER", "EMMC", flash.EMMCUser},
		{"lk", "emmc_user", "EMMC", flash.EMMCUser},
		{"preloader", "EMMC_BOOT1", "EMMC", flash.EMMCBoot1},
		{"preloader_backup", "EMMC_BOOT2", "EMMC", flash.EMMCBoot2},
		{"preloader", "EMMC_BOOT1_BOOT2", "EMMC", "EMMC_BOOT1_BOOT2"},
		{"preloader", "UFS_LU0_LU1", "UFS", "UFS_LU0_LU1"},
		{"x", "EMMC_RPMP", "EMMC", flash.EMMCRPMB},
		{"x", "EMMC_GP_1", "EMMC", "EMMC_GP_1"},
		{"lk", "", "EMMC", flash.EMMCUser},
		{"PRELOADER", "", "EMMC", flash.EMMCBoot1},
		{"lk", "", "UFS", flash.UFSLU2},
		{"lk", "", "", flash.EMMCUser},
		{"PRELOADER", "NONE", "NAND", flash.NANDWhole},
		{"lk", "none", "nand", flash.NANDWhole},
	} {
		text := strings.Replace(header, "storage: EMMC", "storage: "+c.storage, 1) + row(c.name, "0x0", "0x0", "0x1000", "region: "+c.region)
		if got := parse(t, text).Table(0).Partitions[0].Region; got != c.want {
			t.Errorf("%s in region %q of %s: %s, want %s", c.name, c.region, c.storage, got, c.want)
		}
	}
}

// Each storage counts in blocks of its own, also where the header does not say.
func TestBlocks(t *testing.T) {
	const size = 0x40000000
	for name, c := range map[string]struct {
		storage, block, region, count string
		fine                          bool
	}{
		"eMMC":                 {"EMMC", "0x20000", "EMMC_USER", "0xFFFF0080", true},
		"eMMC, UFS count":      {"EMMC", "0x20000", "EMMC_USER", "0xFFFF0020", false},
		"eMMC, not said":       {"EMMC", "", "EMMC_USER", "0xFFFF0080", true},
		"UFS":                  {"UFS", "0x80000", "UFS_LU2", "0xFFFF0020", true},
		"UFS, not said":        {"UFS", "", "UFS_LU2", "0xFFFF0020", true},
		"UFS, eMMC count":      {"UFS", "", "UFS_LU2", "0xFFFF0080", false},
		"service tool's block": {"EMMC", "0x200000", "EMMC_USER", "0xFFFF0080", false},
		"NAND, not said":       {"NAND", "", "NAND_WHOLE", "0xFFFF0050", true},
	} {
		text := strings.NewReplacer("storage: EMMC", "storage: "+c.storage, "block_size: 0x20000", "block_size: "+c.block).Replace(header)
		if c.block == "" {
			text = strings.Replace(text, "      block_size: \n", "", 1)
		}
		table := parse(t, text+counted("flashinfo", c.count, "0x1000000", "region: "+c.region)).Table(size)
		if p := table.Partitions[0]; p.Extent != (flash.Extent{Offset: size - 0x1000000, Length: 0x1000000}) {
			t.Errorf("%s: flashinfo at %s", name, p.Extent)
		}
		if (flash.Worst(table.Problems) == flash.Note) != c.fine {
			t.Errorf("%s: problems %v", name, table.Problems)
		}
	}
}

// Table may be asked twice and for any size.
func TestTableSizes(t *testing.T) {
	f := parse(t, header+row("FAT", "0x0", "0x0", "0x0")+counted("otp", "0xFFFFFFFF", "0x1000")+counted("sgpt", "0xFFFF0000", "0x0"))
	for _, size := range []int64{math.MinInt64, -1, 0, 1, mib, math.MaxInt64} {
		first := problems(f.Table(size))
		if again := problems(f.Table(size)); again != first {
			t.Errorf("size %d: %q at first, then %q", size, first, again)
		}
	}
}

func TestWords(t *testing.T) {
	p := parse(t, header+row("boot", "0x0", "0x0", "0x1000", "file_name: boot.img", "is_download: TRUE", "type: NORMAL_ROM")).Table(0).Partitions[0]
	want := flash.Partition{Name: "boot", Region: flash.EMMCUser, Extent: flash.Extent{Length: 0x1000},
		File: "boot.img", Download: true, Type: "NORMAL_ROM", Operation: "UPDATE", Witness: "scatter"}
	if p != want {
		t.Errorf("%+v\nwant %+v", p, want)
	}
	if p := parse(t, header+row("x", "0x0", "0x0", "0x1000", "file_name: none")).Table(0).Partitions[0]; p.File != "" {
		t.Errorf("file name %q, want none", p.File)
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"PRO_INFO": "proinfo", "PROTECT_F": "protect1", "PROTECT_S": "protect2", "UBOOT": "lk", "BOOTIMG": "boot",
		"SEC_RO": "secro", "ANDROID": "system", "USRDATA": "userdata", "TEE1": "tee1", "Logo": "logo", "EBR1": "ebr1",
		"uboot": "lk", "boot_a": "boot_a", "BOOTIMG_B": "boot_b", "ANDROID_A": "system_a", "MISC": "misc", "para": "para",
		" lk ": "lk", "": "", "_a": "_a", "vbmeta_system_b": "vbmeta_system_b",
	} {
		if got := scatter.Canonical(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
		if twice := scatter.Canonical(scatter.Canonical(name)); twice != want {
			t.Errorf("%q is %q the second time", name, twice)
		}
	}
	for platform, want := range map[string]string{
		"MT6592": "MT6592_Android_scatter.txt", "mt6737m": "MT6737M_Android_scatter.txt", "": "MT0000_Android_scatter.txt",
		"../MT6592": "MT0000_Android_scatter.txt", "MT 6592": "MT0000_Android_scatter.txt",
	} {
		if got := scatter.FileName(platform); got != want {
			t.Errorf("%q gives %q, want %q", platform, got, want)
		}
	}
}

func TestDefaults(t *testing.T) {
	for name, want := range map[string]scatter.Attr{
		"PRELOADER":      {"preloader.bin", "BOOTLOADERS", "SV5_BL_BIN", true, false},
		"UBOOT":          {"lk.bin", "UPDATE", "NORMAL_ROM", true, false},
		"lk_a":           {"lk.img", "UPDATE", "NORMAL_ROM", true, false},
		"lk_b":           {"", "INVISIBLE", "NORMAL_ROM", false, false},
		"BOOTIMG":        {"boot.img", "UPDATE", "NORMAL_ROM", true, false},
		"boot_a":         {"boot.img", "UPDATE", "NORMAL_ROM", true, false},
		"vendor_b":       {"", "INVISIBLE", "EXT4_IMG", false, false},
		"nvram":          {"", "BINREGION", "NORMAL_ROM", false, true},
		"persist_b":      {"", "INVISIBLE", "EXT4_IMG", false, true},
		"USRDATA":        {"userdata.img", "UPDATE", "EXT4_IMG", true, true},
		"flashinfo":      {"", "RESERVED", "NORMAL_ROM", false, false},
		"something_else": {"", "INVISIBLE", "NORMAL_ROM", false, false},
	} {
		if got := scatter.Defaults(name, flash.EMMC); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	if a, b := scatter.Defaults("MISC", flash.EMMC), scatter.Defaults("para", flash.EMMC); a != b {
		t.Errorf("misc %+v and para %+v have the same role", a, b)
	}
	if a := scatter.Defaults("system", flash.NAND); a.Type != "UBI_IMG" {
		t.Errorf("system on NAND is %s", a.Type)
	}
	for name := range strings.FieldsSeq("NVRAM nvdata nvcfg PRO_INFO PROTECT_F protect2 persist seccfg frp sec1 userdata expdb keystore metadata otp") {
		if !scatter.Defaults(name, flash.EMMC).Private {
			t.Errorf("%s is not private", name)
		}
	}
}
