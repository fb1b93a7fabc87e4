package scatter_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// Vectors by hand, after the descriptions of the formats; no encoder made them.
const (
	v1EMMC = "PRELOADER 0x0\n{\n}\nDSP_BL 0x40000\n{\n}\nMBR 0x600000\n{\n}\nEBR1 0x680000\n{\n}\n__NODL_PMT 0x700000\n{\n}\n" +
		"__NODL_NVRAM 0xe00000\n{\n}\nANDROID 0x1300000\n{\n}\nUSRDATA 0x5300000\n{\n}\n__NODL_RSV_OTP 0xFFFF0200\n{\n}\n__NODL_BMTPOOL 0xFFFF00a8\n{\n}\n\n\n"

	v1Short = "PRELOADER 0x0 {}\r\nUBOOT 0x20000 {}\r\n__NODL_NVRAM 0x80000 {}\r\n"

	otaList = "preloader 0x0\npgpt 0x0\nlk 0x8000\nuserdata 0xFFFF0000\nflashinfo 0xFFFF0080\n"

	twoStorages = "- general: MTK_PLATFORM_CFG\n  info: \n    - config_version: V2.1.0\n      platform: MT6785\n      project: k85\n" +
		"- storage_type: EMMC\n  description: \n  - general: MTK_STORAGE_CFG\n    info: \n      - storage: EMMC\n        boot_channel: MSDC_0\n        block_size: 0x20000\n\n" +
		"  - partition_index: SYS0\n    partition_name: lk\n    physical_start_addr: 0x8000\n    partition_size: 0x8000\n    region: EMMC_USER\n" +
		"  - partition_index: SYS1\n    partition_name: flashinfo\n    physical_start_addr: 0xFFFF0080\n    partition_size: 0x1000000\n    region: EMMC_USER\n    is_reserved: true\n" +
		"- storage_type: UFS\n  description: \n  - general: MTK_STORAGE_CFG\n    info: \n      - storage: UFS\n        boot_channel: UFSHCI_0\n        block_size: 0x80000\n\n" +
		"  - partition_index: SYS0\n    partition_name: lk\n    physical_start_addr: 0x8000\n    partition_size: 0x8000\n    region: UFS_LU2\n" +
		"  - partition_index: SYS1\n    partition_name: flashinfo\n    physical_start_addr: 0xFFFF0020\n    partition_size: 0x1000000\n    region: UFS_LU2\n    is_reserved: true\n"

	xmlOne = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- by hand -->\n<root>\n<general name=\"MTK_PLATFORM_CFG\"><config_version name=\"V1.1.8\">\n" +
		"<platform>MT6768</platform><project>p</project><storage>EMMC</storage><block_size>0x20000</block_size></config_version></general>\n" +
		"<partition_index name=\"SYS0\">\n<partition_name>a&amp;b</partition_name>\n<file_name/>\n<physical_start_addr> 0x8000 </physical_start_addr>\n" +
		"<partition_size><!-- all of it -->0x1000</partition_size><storage>HW_STORAGE_EMMC</storage><colour>blue</colour>\n</partition_index>\n</root>\n"

	nand = "- general: MTK_PLATFORM_CFG\n  info: \n    - config_version: V1.1.5\n      platform: MT6572\n      project: n\n      storage: NAND\n      boot_channel: NONE\n      block_size: 0x40000\n" +
		"- partition_index: SYS0\n  partition_name: PRELOADER\n  physical_start_addr: 0x0\n  linear_start_addr: 0x0\n  partition_size: 0x100000\n  region: NONE\n  storage: HW_STORAGE_NAND\n  d_type: FALSE\n" +
		"- partition_index: SYS1\n  partition_name: ANDROID\n  physical_start_addr: 0x100000\n  linear_start_addr: 0x100000\n  partition_size: 0x800000\n  region: NAND_WHOLE\n  d_type: FULL_PAGE\n  slc_percentage: 10\n" +
		"- partition_index: SYS2\n  partition_name: BMTPOOL\n  physical_start_addr: 0xFFFF0050\n  linear_start_addr: 0xFFFF0050\n  partition_size: 0x1400000\n  region: NONE\n  is_reserved: true\n"
)

func TestDialects(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		dialect scatter.Dialect
		storage flash.Storage
		want    string
		problem string
	}{
		"V1, eMMC": {v1EMMC, scatter.V1, flash.EMMC, "PRELOADER 0x0..0x40000, DSP_BL 0x40000..0x40000 end, MBR 0x0..0x80000, EBR1 0x80000..0x100000, " +
			"PMT 0x100000..0x800000, NVRAM 0x800000..0xd00000, ANDROID 0xd00000..0x4d00000, USRDATA 0x4d00000..0x1c000000 end, OTP 0x1c000000..0x1eb00000 reserved, BMTPOOL 0x1eb00000..0x20000000 reserved", ""},
		"V1, braces on the line": {v1Short, scatter.V1, flash.NAND, "PRELOADER 0x0..0x20000, UBOOT 0x20000..0x80000, NVRAM 0x80000..0x20000000 end", ""},
		"list, address like a count": {otaList, scatter.List, "", "preloader 0x0..0x0 end, pgpt 0x0..0x8000, lk 0x8000..0xffff0000, userdata 0xffff0000..0x1ff000000 end, flashinfo 0x1ff000000..0x200000000 reserved",
			""},
		"V2, first storage": {twoStorages, scatter.V210, flash.EMMC, "lk 0x8000..0x10000, flashinfo 0x1f000000..0x20000000 reserved", ""},
		"XML":               {xmlOne, scatter.XML, flash.EMMC, "a&b 0x8000..0x9000", ""},
		"NAND": {nand, "v1.1.5", flash.NAND, "PRELOADER 0x0..0x100000, ANDROID 0x100000..0x900000, BMTPOOL 0x1ec00000..0x20000000 reserved",
			"note scatter: no real scatter file of this dialect for NAND was available when this reader was written: the reading of NAND rows is unverified"},
	} {
		t.Run(name, func(t *testing.T) {
			size := int64(0x20000000)
			if c.dialect == scatter.List {
				size = 0x200000000 // so that userdata lies within
			}
			f := parse(t, c.text)
			if f.Dialect != c.dialect || f.Info.Storage != c.storage || !scatter.Sniff(strings.NewReader(c.text)) {
				t.Errorf("read as %s for %q", f.Dialect, f.Info.Storage)
			}
			table := f.Table(size)
			if got := places(table); got != c.want {
				t.Errorf("rows %s\nwant %s", got, c.want)
			}
			if got := problems(table); got != c.problem {
				t.Errorf("problems %q, want %q", got, c.problem)
			}
		})
	}
}

func TestV1Regions(t *testing.T) {
	want := map[string]flash.Region{"PRELOADER": flash.EMMCBoot1, "DSP_BL": flash.EMMCBoot1, "MBR": flash.EMMCUser, "BMTPOOL": flash.EMMCUser}
	table := parse(t, v1EMMC).Table(0)
	for name, r := range want {
		if p := table.Find(name); p.Region != r {
			t.Errorf("%s lies in %s, want %s", name, p.Region, r)
		}
	}
	for _, p := range table.Partitions {
		if hidden := p.Name == "PMT" || p.Name == "NVRAM" || p.Reserved; p.Download == hidden {
			t.Errorf("%s: download is %t", p.Name, p.Download)
		}
	}
	if p := parse(t, v1Short).Table(0).Find("UBOOT"); p.Region != flash.NANDWhole {
		t.Errorf("without an MBR, UBOOT lies in %s", p.Region)
	}
}

// Two storages are two tables, and the phone decides which.
func TestSelect(t *testing.T) {
	f := parse(t, twoStorages)
	if got := f.Storages(); len(got) != 2 || got[0] != flash.EMMC || got[1] != flash.UFS {
		t.Fatalf("storages %v", got)
	}
	ufs := f.Select(flash.UFS)
	if got, want := places(ufs.Table(0x20000000)), "lk 0x8000..0x10000, flashinfo 0x1f000000..0x20000000 reserved"; got != want {
		t.Errorf("UFS rows %s", got)
	}
	if p := ufs.Table(0).Partitions[0]; p.Region != flash.UFSLU2 || ufs.Info.BlockSize != 0x80000 || ufs.Info.Platform != "MT6785" || ufs.Info.BootChannel != "UFSHCI_0" {
		t.Errorf("UFS: %+v, %+v", ufs.Info, p)
	}
	if string(ufs.Encode()) != twoStorages || f.Info.Storage != flash.EMMC || len(f.Rows) != 2 {
		t.Error("selecting changed the file")
	}
	if f.Select(flash.NAND) != nil || parse(t, xmlOne).Select(flash.UFS) != nil {
		t.Error("a storage that is not in the file")
	}
	list := parse(t, otaList).Select(flash.UFS)
	if p := list.Table(0).Partitions; p[0].Region != flash.UFSLU0 || p[2].Region != flash.UFSLU2 {
		t.Errorf("a list fits any storage: %+v", p)
	}
}

// Lists of some update packages give the preloader's length for its address. The
// BootROM looks at the start of the boot region and nowhere else.
func TestListPreloader(t *testing.T) {
	table := parse(t, "PRELOADER 0x40000\nMBR 0x0\nEBR1 0x80000\nUSRDATA 0x100000\n").Table(0x200000)
	if got, want := places(table), "PRELOADER 0x0..0x0 end, MBR 0x0..0x80000, EBR1 0x80000..0x100000, USRDATA 0x100000..0x200000 end"; got != want {
		t.Errorf("rows %s\nwant %s", got, want)
	}
	if got, want := problems(table), "note PRELOADER: line 1: 0x40000 is not an address in the boot region; a preloader is at 0 there, so 0 is used"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A tool names the storage before every row, and another gives every table twice: each
// storage is one table, and each row one partition.
func TestRepeats(t *testing.T) {
	text := "- general: MTK_PLATFORM_CFG\n  config_version: V2.0.0\n  platform: MT6789\n"
	for i := range 20 {
		storage := []string{"EMMC", "UFS"}[i%2]
		text += fmt.Sprintf("- storage_type: %s\n  partition_index: SYS%d\n  partition_name: p%d\n  physical_start_addr: 0x%x\n  partition_size: 0x1000\n  region: %s\n",
			storage, i/2, i, i*0x1000, []string{"EMMC_USER", "UFS_LU2"}[i%2])
	}
	f := parse(t, text)
	if got := f.Storages(); len(got) != 2 || len(f.Rows) != 10 || len(f.Select(flash.UFS).Rows) != 10 {
		t.Errorf("storages %v, %d rows", got, len(f.Rows))
	}
	if p := f.Select(flash.UFS).Table(0).Find("p19"); p == nil || p.Offset != 19*0x1000 || p.Region != flash.UFSLU2 {
		t.Errorf("p19: %+v", p)
	}
	rows := row("lk", "0x8000", "0x8000", "0x1000") + row("boot", "0x9000", "0x9000", "0x1000")
	twice := parse(t, header+rows+strings.ReplaceAll(rows, "SYS_", "SYS1_"))
	if got, want := places(twice.Table(0)), "lk 0x8000..0x9000, boot 0x9000..0xa000"; got != want {
		t.Errorf("rows %s, want %s", got, want)
	}
	if got := problems(twice.Table(0)); got != "note scatter: line 40: the 2 rows above are repeated word for word; each row is counted once" {
		t.Errorf("problems %q", got)
	}
	other := strings.Replace(rows, "0x9000", "0xa000", 2)
	if n := len(parse(t, header+rows+other).Rows); n != 4 {
		t.Errorf("a second table that differs: %d rows, want 4", n)
	}
}

func TestXML(t *testing.T) {
	f := parse(t, xmlOne)
	if want := (scatter.Info{"V1.1.8", "MT6768", "p", flash.EMMC, "", 0x20000}); f.Info != want {
		t.Errorf("%+v, want %+v", f.Info, want)
	}
	if r := f.Rows[0]; r.Line != 6 || r.Get("partition_index") != "SYS0" || r.Get("colour") != "blue" || r.Find("file_name").Value != "" || r.Find("partition_size").Line != 10 {
		t.Errorf("row is %+v", r)
	}
	oneLine := strings.ReplaceAll(xmlOne, "\n", "")
	if f := parse(t, oneLine+strings.Repeat(" ", 100<<10)); len(f.Rows) != 1 || !scatter.Sniff(strings.NewReader(oneLine+strings.Repeat(" ", 100<<10))) {
		t.Error("XML in one long line is not read")
	}
	for name, c := range map[string]struct{ text, want string }{
		"cut":         {xmlOne[:len(xmlOne)-9], "error scatter: line 11: damaged XML: ends within <root>; the rest of the file is not read"},
		"wrong end":   {strings.Replace(xmlOne, "</partition_index>", "</partition>", 1), "error scatter: line 11: damaged XML: </partition> closes no open element; the rest of the file is not read"},
		"entity":      {strings.Replace(xmlOne, "blue", "&lol;", 1), "error scatter: line 10: damaged XML: invalid character entity &lol;; the rest of the file is not read"},
		"other bytes": {strings.Replace(strings.Replace(xmlOne, "by hand", "\xd6\xd0", 1), "utf-8", "GB2312", 1), ""},
	} {
		if got := problems(&flash.Table{Problems: parse(t, c.text).Problems}); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	for name, c := range map[string]struct{ text, want string }{
		"damaged from the start": {"<root><general name=\"MTK_PLATFORM_CFG\"><a></b>", "line 1: damaged XML"},
		"deep":                   {"<root>" + strings.Repeat("<partition_index>", 1000), "line 1: elements are nested deeper"},
		"rows":                   {"<root>" + strings.Repeat("<partition_index name=\"a\"/>\n", 5000) + "</root>", "line 4097: more than 4096 rows"},
	} {
		_, err := scatter.Parse([]byte(c.text))
		var fe *flash.FormatError
		if !errors.As(err, &fe) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// 10 MB in one line cost no more than they weigh.
func TestXMLLongLine(t *testing.T) {
	text := "<root><partition_index name=\"SYS0\"><partition_name>" + strings.Repeat("x", 10<<20)
	f, err := scatter.Parse([]byte(text))
	if err != nil || !bytes.Equal(f.Encode(), []byte(text)) || len(f.Problems) == 0 {
		t.Errorf("%v", err)
	}
}

// What real lists say agrees with the same phone's full file where that is at hand.
func TestCorpusPairs(t *testing.T) {
	list := corpusScatter(t, "leagoo-m11-mt6739/ota_scatter.txt").Table(0)
	full := corpusScatter(t, "leagoo-m11-mt6739/MT6739_Android_scatter.txt").Table(0)
	if len(list.Partitions) != len(full.Partitions) {
		t.Fatalf("%d and %d rows", len(list.Partitions), len(full.Partitions))
	}
	for i, p := range list.Partitions {
		q := full.Partitions[i]
		same := p.Extent == q.Extent || p.ToEnd || p.Reserved
		if p.Name != q.Name || p.Offset != q.Offset || p.Region.IsBoot() != q.Region.IsBoot() || p.Reserved != q.Reserved || !same {
			t.Errorf("%s %s in the list, %s %s in the scatter file", p.Name, p.Extent, q.Name, q.Extent)
		}
	}
	nand := corpusScatter(t, "quoted-mt6575-nand/MT6575_Android_scatter.quoted.txt").Table(0)
	if got, want := places(nand), "PRELOADER 0x0..0x40000, DSP_BL 0x40000..0x100000, NVRAM 0x100000..0x400000"; !strings.HasPrefix(got, want) {
		t.Errorf("MT6575: %s", got)
	}
	for name, rows := range map[string]int{"meizu-m8-mt6765/scatter.txt": 43, "infinix-x5514-mt6739/scatter.txt": 38, "vernee-m5-mt6750/original_files__update_scatter.txt": 52} {
		if f := corpusScatter(t, name); len(f.Rows) != rows || f.Dialect != scatter.List {
			t.Errorf("%s: %d rows of %s, want %d", name, len(f.Rows), f.Dialect, rows)
		}
	}
}

// The same firmware's text and XML say the same of both storages, and nothing is
// doubled.
func TestCorpusTwoStorages(t *testing.T) {
	text := corpusScatter(t, "vivo-pd2135f-mt6891/MT6893_Android_scatter.txt")
	xml := corpusScatter(t, "vivo-pd2135f-mt6891/MT6893_Android_scatter.xml")
	if said(text) != said(xml) {
		t.Errorf("text and XML differ: %s", firstChange(said(text), said(xml)))
	}
	for name, rows := range map[string]int{"vivo-pd2135f-mt6891/MT6893_Android_scatter.txt": 60,
		"sectter-file-collection/MT6771T_Android_scatter_9.0__MT6771_Android_scatter.txt": 45,
		"sectter-file-collection/MT6781_Android_scatter.txt":                              52,
		"sectter-file-collection/MT6785_Android_scatter.txt":                              55,
		"sectter-file-collection/MT6833_Android_scatter.txt":                              56} {
		f := corpusScatter(t, name)
		for _, storage := range []flash.Storage{flash.EMMC, flash.UFS} {
			g := f.Select(storage)
			if g == nil || len(g.Rows) != rows || len(g.Problems) > 0 {
				t.Errorf("%s, %s: %d rows, want %d; %v", name, storage, len(g.Rows), rows, g.Problems)
			}
		}
	}
}
