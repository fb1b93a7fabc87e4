package scatter_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// gptTable is a table as a GPT gives it: names and places, nothing else.
func gptTable(size int64, rows ...flash.Partition) *flash.Table {
	for i := range rows {
		rows[i].Index, rows[i].Witness = i, "gpt primary"
		if rows[i].Region == "" {
			rows[i].Region = flash.EMMCUser
		}
	}
	return &flash.Table{Format: "gpt", DeviceSize: size, Partitions: rows}
}

func at(name string, offset, length int64) flash.Partition {
	return flash.Partition{Name: name, Extent: flash.Extent{Offset: offset, Length: length}}
}

func made(t *testing.T, table *flash.Table, f scatter.CreateOptions) (*scatter.File, scatter.Creation) {
	t.Helper()
	c := scatter.Create(table, f)
	file := scatter.Build(c.Spec)
	again, err := scatter.Parse(file.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Reasons) != len(again.Rows) {
		t.Errorf("%d reasons for %d rows", len(c.Reasons), len(again.Rows))
	}
	return again, c
}

func problemText(ps []flash.Problem) string { return problems(&flash.Table{Problems: ps}) }

func TestCreateGPT(t *testing.T) {
	const size = 0x10000000
	table := gptTable(size, at("boot_para", 0x8000, 0x8000), at("nvram", 0x10000, 0x10000), at("lk", 0x20000, 0x10000), at("lk2", 0x30000, 0x10000),
		at("userdata", 0x40000, size-0x4200-0x1000000-0x40000), at("flashinfo", size-0x4200-0x1000000, 0x1000000))
	f, c := made(t, table, scatter.CreateOptions{Platform: "MT6765", Project: "k65", Preloader: 0x41000})
	want := "preloader 0x0..0x80000, pgpt 0x0..0x8000, boot_para 0x8000..0x10000, nvram 0x10000..0x20000, lk 0x20000..0x30000, lk2 0x30000..0x40000, " +
		"userdata 0x40000..0xeffbe00, flashinfo 0xeffbe00..0xfffbe00 reserved, sgpt 0xfffbe00..0x10000000 reserved"
	if got := places(f.Table(size)); got != want || len(c.Problems) > 0 || len(c.Private) > 0 {
		t.Errorf("rows %s\nwant %s\n%v %v", got, want, c.Problems, c.Private)
	}
	rows := f.Table(size)
	for name, want := range map[string]string{
		"preloader": "preloader_k65.bin true BOOTLOADERS EMMC_BOOT1_BOOT2", "nvram": " false BINREGION EMMC_USER", "userdata": " false UPDATE EMMC_USER",
		"lk": "lk.img true UPDATE EMMC_USER", "lk2": "lk.img true UPDATE EMMC_USER", "flashinfo": " false RESERVED EMMC_USER",
	} {
		p := rows.Find(name)
		if got := fmt.Sprintf("%s %t %s %s", p.File, p.Download, p.Operation, p.Region); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if r := f.Rows[4]; r.Get("partition_name") != "lk" || r.Get("is_upgradable") != "true" || r.Get("empty_boot_needed") != "true" {
		t.Errorf("lk: %+v", r)
	}
	if f.Dialect != scatter.V112 || !strings.Contains(string(f.Encode()), "0xFFFF0080") {
		t.Errorf("dialect %s", f.Dialect)
	}
	for _, r := range c.Reasons {
		if r.Place == "" || r.Words == "" || r.Guessed || r.Private != slices.Contains([]string{"nvram", "userdata"}, r.Name) {
			t.Errorf("reason %+v", r)
		}
	}
	if fs := scatter.Check(f, scatter.CheckOptions{UserSize: size, Table: table}); findings(fs) != "" {
		t.Errorf("does not pass its own check: %s", findings(fs))
	}
}

func TestCreateRestore(t *testing.T) {
	const size = 0x10000000
	table := gptTable(size, at("nvram", 0x10000, 0x10000), at("gone", 0x20000, 0x10000), at("otp", 0x30000, size-0x30000-0x4200))
	f, c := made(t, table, scatter.CreateOptions{Profile: scatter.Restore, File: func(p flash.Partition) string {
		if p.Name == "gone" {
			return ""
		}
		return p.Name + ".x"
	}})
	rows := f.Table(size)
	for name, want := range map[string]string{"nvram": "nvram.x true UPDATE false", "gone": " false INVISIBLE false", "otp": "otp.x true UPDATE false", "sgpt": " false RESERVED true"} {
		p := rows.Find(name)
		if got := fmt.Sprintf("%s %t %s %t", p.File, p.Download, p.Operation, p.Reserved); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if !slices.Equal(c.Private, []string{"nvram", "otp"}) {
		t.Errorf("private: %v", c.Private)
	}
	f, _ = made(t, table, scatter.CreateOptions{Profile: scatter.Restore})
	if p := f.Table(size).Find("nvram"); p.File != "nvram.bin" || !p.Download {
		t.Errorf("without files at hand: %+v", p)
	}
}

// A list of an update package says where the preloader is and not how long: written
// as size 0 a flash tool would find that no preloader fits.
func TestCreatePreloaderLength(t *testing.T) {
	boot := at("preloader", 0, 0)
	boot.Region, boot.ToEnd = flash.EMMCBoot1, true
	f, _ := made(t, gptTable(0x10000000, boot, at("lk", 0x8000, 0x10000)), scatter.CreateOptions{Preloader: 0x41000})
	if got, want := places(f.Table(0)), "preloader 0x0..0x80000, pgpt 0x0..0x8000, lk 0x8000..0x18000"; !strings.HasPrefix(got, want) {
		t.Errorf("rows %s, want %s", got, want)
	}
}

// A template GPT leaves userdata and what follows open.
func TestCreateTemplate(t *testing.T) {
	open := func(name string, n int64) flash.Partition {
		p := at(name, flash.Unplaced, n)
		p.Reserved = n > 0
		return p
	}
	table := func() *flash.Table {
		return gptTable(0, at("lk", 0x8000, 0x8000), open("userdata", 0), open("otp", 0x2B00000), open("flashinfo", 0x1000000))
	}
	const size = 0x40000000
	f, c := made(t, table(), scatter.CreateOptions{DeviceSize: size, BackupSize: 0x4200})
	want := "preloader 0x0..0x40000, pgpt 0x0..0x8000, lk 0x8000..0x10000, userdata 0x10000..0x3c4fbe00, otp 0x3c4fbe00..0x3effbe00 reserved, " +
		"flashinfo 0x3effbe00..0x3fffbe00 reserved, sgpt 0x3fffbe00..0x40000000 reserved"
	if got := places(f.Table(size)); got != want || len(c.Problems) > 0 {
		t.Errorf("rows %s\nwant %s; %v", got, want, c.Problems)
	}
	f, c = made(t, table(), scatter.CreateOptions{BackupSize: 0x4200})
	if !strings.Contains(problemText(c.Problems), "warning userdata: its size is not known") {
		t.Errorf("problems %v", c.Problems)
	}
	if got := places(f.Table(size)); got != strings.Replace(want, "0x3c4fbe00,", "0x3c4fbe00 end,", 1) {
		t.Errorf("without a size: %s", got)
	}
	_, c = made(t, table(), scatter.CreateOptions{DeviceSize: 0x100000, BackupSize: 0x4200})
	if !strings.Contains(problemText(c.Problems), "error userdata: there is no room") {
		t.Errorf("a flash too small: %v", c.Problems)
	}
}

func TestCreateMBR(t *testing.T) {
	last := at("usrdata", 0x500000, 0)
	last.ToEnd = true
	boot := flash.Partition{Name: "preloader", Region: flash.EMMCBoot1, Extent: flash.Extent{Length: 0x600000}}
	table := gptTable(0, boot, at("mbr", 0, 0x80000), at("ebr1", 0x80000, 0x80000), at("protect1", 0x100000, 0x100000), at("uboot", 0x200000, 0x60000), last)
	f, c := made(t, table, scatter.CreateOptions{Platform: "MT6577"})
	if f.Dialect != scatter.V111 || len(c.Problems) > 0 {
		t.Errorf("dialect %s, %v", f.Dialect, c.Problems)
	}
	want := "PRELOADER 0x0, MBR 0x600000, EBR1 0x680000, PROTECT_F 0x700000, UBOOT 0x800000, USRDATA 0xb00000"
	var got []string
	for _, r := range f.Rows {
		got = append(got, strings.ToUpper(r.Get("partition_name"))+" "+r.Get("linear_start_addr"))
	}
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("linear %s\nwant %s", s, want)
	}
	if p := f.Table(0).Find("UBOOT"); p == nil || p.Offset != 0x200000 || p.File != "lk.bin" {
		t.Errorf("UBOOT: %+v", p)
	}
	v1, _ := made(t, table, scatter.CreateOptions{Dialect: scatter.V1})
	if text := string(v1.Encode()); !strings.HasPrefix(text, "PRELOADER 0x0\n{\n}\nMBR 0x600000\n") && !strings.HasPrefix(text, "preloader 0x0\n{\n}\nMBR 0x600000\n") {
		t.Errorf("v1: %s", text)
	}
	numbered := gptTable(0, at("MBR", 0, 512), at("p2", 0x1000, 0x1000))
	if _, c := made(t, numbered, scatter.CreateOptions{}); !strings.Contains(problemText(c.Problems), "1 rows have no name") {
		t.Errorf("an MBR alone: %v", c.Problems)
	}
}

func TestCreateDialects(t *testing.T) {
	user := at("lk", 0x8000, 0x8000)
	user.Region = flash.UFSLU2
	for name, c := range map[string]struct {
		facts   scatter.CreateOptions
		rows    []flash.Partition
		dialect scatter.Dialect
		version string
		region  flash.Region
	}{
		"eMMC":     {scatter.CreateOptions{}, []flash.Partition{at("lk", 0x8000, 0x8000)}, scatter.V112, "V1.1.2", "EMMC_BOOT1_BOOT2"},
		"first":    {scatter.CreateOptions{}, []flash.Partition{at("lk", 0x80000, 0x8000)}, scatter.V112, "V1.1.2", "EMMC_BOOT_1"},
		"UFS":      {scatter.CreateOptions{Storage: flash.UFS}, []flash.Partition{user}, scatter.V210, "V2.1.0", "UFS_LU0_LU1"},
		"XML":      {scatter.CreateOptions{Dialect: scatter.XML}, []flash.Partition{at("lk", 0x8000, 0x8000)}, scatter.XML, "V1.1.8", "EMMC_BOOT1_BOOT2"},
		"XML, UFS": {scatter.CreateOptions{Dialect: scatter.XML, Storage: flash.UFS}, []flash.Partition{user}, scatter.XML, "V2.1.0", "UFS_LU0_LU1"},
		"asked":    {scatter.CreateOptions{Dialect: scatter.V118}, []flash.Partition{at("lk", 0x8000, 0x8000)}, scatter.V118, "V1.1.8", "EMMC_BOOT1_BOOT2"},
	} {
		f, _ := made(t, gptTable(0x1000000, c.rows...), c.facts)
		if p := f.Table(0).Partitions[0]; f.Dialect != c.dialect || f.Info.Version != c.version || p.Region != c.region {
			t.Errorf("%s: %s of %s, preloader in %s", name, f.Dialect, f.Info.Version, p.Region)
		}
	}
}

func TestCreateGuessed(t *testing.T) {
	row := at("boot", 0x8000, 0x8000)
	table := gptTable(0x1000000, row)
	table.Partitions[0].Witness = "content (guess)"
	f, c := made(t, table, scatter.CreateOptions{})
	if !strings.Contains(string(f.Encode()), "# guessed: content (guess)\n- partition_index: SYS1\n  partition_name: boot\n") || !c.Reasons[1].Guessed {
		t.Errorf("%s", f.Encode())
	}
	x, _ := made(t, table, scatter.CreateOptions{Dialect: scatter.XML})
	if !strings.Contains(string(x.Encode()), "<!-- guessed: content (guess) -->") {
		t.Errorf("%s", x.Encode())
	}
	for _, empty := range []*flash.Table{{}, gptTable(0)} {
		if f, _ := made(t, empty, scatter.CreateOptions{}); len(f.Rows) != 1 {
			t.Errorf("nothing at all: %d rows", len(f.Rows))
		}
	}
}

func TestSigned(t *testing.T) {
	for name, text := range map[string]string{"text": header + row("lk", "0x0", "0x0", "0x1"), "two storages": twoStorages, "xml": xmlOne, "v1": v1EMMC} {
		f := parse(t, text)
		s := f.Signed("mtkkit --")
		if said(s) != said(f) {
			t.Errorf("%s: says something else", name)
		}
		if signed := strings.Contains(string(s.Encode()[:min(200, len(s.Encode()))]), "written by mtkkit"); signed != (name != "v1") {
			t.Errorf("%s: signed is %t", name, signed)
		}
	}
}
