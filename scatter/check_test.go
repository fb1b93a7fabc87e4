package scatter_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

func findings(fs []scatter.Finding) string {
	var out []string
	for _, f := range fs {
		out = append(out, fmt.Sprintf("%s:%d %s %s: %s", f.Rule, f.Line, f.Severity, f.Name, f.Text))
	}
	return strings.Join(out, "\n")
}

// good is a row of which nothing is to be said.
func good(name, at, size string, more ...string) string {
	return row(name, at, at, size, append([]string{"boundary_check: true"}, more...)...)
}

// A reserved row without a name names no partition that could be lost: whatever stands for
// its address, that is no error.
func TestCheckReservedWithoutName(t *testing.T) {
	lk, boot := good("lk", "0x8000", "0x8000"), good("boot", "0x10000", "0x8000")
	isReserved := []string{"is_reserved: true", "operation_type: RESERVED"}
	for name, text := range map[string]string{
		"no number":         header + lk + good("", "none", "0x8000", isReserved...),
		"nothing":           header + lk + good("", "", "0x8000", isReserved...),
		"behind an MBR":     header + row("MBR", "0x1400000", "0x0", "0x80000") + good("", "0x0", "0x0", isReserved...),
		"a count":           header + lk + boot + good("", "0xFFFF00a8", "0x1500000"),
		"a count, reserved": header + lk + boot + counted("", "0xFFFF00a8", "0x1500000"),
	} {
		for _, f := range scatter.Check(parse(t, text), scatter.CheckOptions{}) {
			if f.Severity > flash.Note && f.Name == "" && f.Rule != scatter.RuleSyntax {
				t.Errorf("%s: %s", name, findings([]scatter.Finding{f}))
			}
		}
	}
	// What is named, or no reserved row, stays an error.
	for _, text := range []string{header + lk + good("otp", "none", "0x8000", isReserved...), header + lk + good("", "none", "0x8000")} {
		if got := findings(scatter.Check(parse(t, text), scatter.CheckOptions{})); !strings.Contains(got, "error") {
			t.Errorf("no error: %s", got)
		}
	}
}

// One thing is wrong in each file, and the rule that sees it names its line.
func TestCheckRules(t *testing.T) {
	lk, boot := good("lk", "0x8000", "0x8000"), good("boot", "0x10000", "0x8000")
	base := header + lk + boot + counted("flashinfo", "0xFFFF0080", "0x1000000")
	edit := func(old, new string) string { return strings.Replace(base, old, new, 1) }
	for name, c := range map[string]struct{ text, want string }{
		"good":                 {base, ""},
		"two rows, one place":  {edit("0x10000\n  physical_start_addr: 0x10000", "0xF000\n  physical_start_addr: 0xF000"), "overlap:34 warning boot: overlaps lk by 0x1000 bytes"},
		"gap":                  {edit("partition_size: 0x8000", "partition_size: 0x4000"), "gap:34 note boot: the 0x4000 bytes before it, from 0xc000, belong to no row"},
		"mixed columns":        {header + lk + boot + good("logo", "0x18000", "0x8000", "linear_start_addr: 0x1418000"), "convention:54 warning logo: the linear address is the physical address 0x18000 + 0x1400000"},
		"base in both columns": {header + row("MBR", "0x1400000", "0x1400000", "0x80000"), "convention:20 warning MBR: both columns count from the first boot region: subtract 0x1400000"},
		"all zero":             {header + row("MBR", "0x1400000", "0x0", "0x80000") + row("EBR1", "0x1480000", "0x0", "0x80000"), "convention:20 note MBR: all physical addresses are 0"},
		"wrong count":          {edit("0xFFFF0080\n  physical_start_addr: 0xFFFF0080", "0xFFFF0081\n  physical_start_addr: 0xFFFF0081"), "sentinel:48 warning flashinfo: its address gives a different distance"},
		"order":                {header + boot + lk, "order:34 warning lk: follows boot in the file but has a lower address"},
		"type":                 {edit("NORMAL_ROM", "NORMAL_RUM"), `value:18 warning lk: type "NORMAL_RUM" is not known; perhaps NORMAL_ROM is meant`},
		"operation":            {edit("operation_type: UPDATE", "operation_type: BOOTLOADER"), `value:25 warning lk: operation_type "BOOTLOADER" is not known; perhaps BOOTLOADERS is meant`},
		"boolean":              {edit("is_download: false", "is_download: no"), `value:17 warning lk: is_download "no" is not known`},
		"download without":     {edit("is_download: false", "is_download: true"), "value:16 warning lk: is to be downloaded, but names no file"},
		"path":                 {edit("file_name: NONE", "file_name: ../lk.bin"), `value:16 warning lk: file_name "../lk.bin" points outside the folder`},
		"region misspelt":      {edit("region: EMMC_USER", "region: EMMC_USRE"), `region:22 warning lk: region "EMMC_USRE" is misspelt; EMMC_USER is the correct name`},
		"RPMP":                 {edit("region: EMMC_USER", "region: EMMC_RPMP"), `region:22 warning lk: region "EMMC_RPMP" is misspelt; EMMC_RPMB is the correct name`},
		"other storage":        {edit("region: EMMC_USER", "region: UFS_LU2"), "region:22 warning lk: UFS_LU2 is a region of UFS"},
		"storage":              {edit("HW_STORAGE_EMMC", "HW_STORAGE_UFS"), "value:23 warning lk: storage HW_STORAGE_UFS in a table for EMMC"},
		"no platform":          {edit("      platform: MT6592\n", ""), "header:6 warning : no platform"},
		"block size":           {edit("0x20000", "0x200000"), "header:6 note : block_size 0x200000; ptgen writes 0x20000"},
		"no type":              {edit("  type: NORMAL_ROM\n", ""), "syntax:14 warning lk: has no type"},
		"same name":            {edit("partition_name: boot", "partition_name: lk"), "syntax:29 warning lk: the row at line 14 has the same name"},
		"size":                 {edit("partition_size: 0x8000", "partition_size: all"), `size:21 error lk: partition_size "all" is not a number`},
		"address":              {header + good("lk", "here", "0x8000"), "address:20 error lk: no address"},
		"private":              {header + good("nvram", "0x8000", "0x8000", "file_name: nvram.bin", "is_download: true"), "private:26 note nvram: the download overwrites the phone's own identity (IMEI, serial numbers, calibration): right for"},
		"logs":                 {header + good("EXPDB", "0x8000", "0x8000", "file_name: expdb.bin", "is_download: true"), "private:26 note EXPDB: the download overwrites the phone's own logs: the logs of one phone are useless on another"},
		"a key":                {header + good("metadata", "0x8000", "0x8000", "file_name: m.bin", "is_download: true"), "private:26 note metadata: the download overwrites the phone's own keys"},
		"a lock":               {header + good("seccfg", "0x8000", "0x8000", "file_name: s.bin", "is_download: true"), "private:26 note seccfg: the download overwrites the phone's own lock state"},
	} {
		t.Run(name, func(t *testing.T) {
			got := findings(scatter.Check(parse(t, c.text), scatter.CheckOptions{}))
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("found\n%s\nwant %s", got, c.want)
			}
		})
	}
}

func TestCheckFiles(t *testing.T) {
	text := header + good("lk", "0x8000", "0x8000", "file_name: lk.bin", "is_download: true") +
		good("boot", "0x10000", "0x8000", "file_name: boot.img", "is_download: true") +
		good("logo", "0x18000", "0x8000", "file_name: logo.bin", "is_download: true") +
		good("tee1", "0x20000", "0x8000", "file_name: tee.img")
	sizes := map[string]int64{"lk.bin": 0x8000, "boot.img": 0x8001}
	got := findings(scatter.Check(parse(t, text), scatter.CheckOptions{FileSize: func(name string) (int64, error) {
		if n, ok := sizes[name]; ok {
			return n, nil
		}
		return 0, fs.ErrNotExist
	}}))
	want := "file:39 error boot: boot.img is larger than the partition: the image has 0x8001 bytes, the partition 0x8000\n" +
		"file:53 warning logo: logo.bin is to be downloaded, but it cannot be found: file does not exist\n" +
		"file:68 note tee1: tee.img cannot be found: file does not exist"
	if got != want {
		t.Errorf("found\n%s\nwant\n%s", got, want)
	}
}

func TestCheckDump(t *testing.T) {
	const size = 0x10000000
	text := header + good("lk", "0x8000", "0x8000") + good("boot", "0x10000", "0x8000") + good("logo", "0x18000", "0x8000") +
		good("userdata", "0x20000", "0x0") + counted("flashinfo", "0xFFFF0080", "0x1000000")
	p := func(name string, at, n int64) flash.Partition {
		return flash.Partition{Name: name, Region: flash.EMMCUser, Extent: flash.Extent{Offset: at, Length: n}}
	}
	table := &flash.Table{Partitions: []flash.Partition{p("pgpt", 0, 0x8000), p("lk", 0x8000, 0x8000), p("boot", 0x10000, 0x4000),
		p("tee1", 0x14000, 0x1000), p("userdata", 0x30000, size-0x1000000-0x30000), p("flashinfo", size-0x1000000, 0x1000000)}}
	got := findings(scatter.Check(parse(t, text), scatter.CheckOptions{UserSize: size, Table: table}))
	for _, want := range []string{
		"dump:0 note pgpt: is at 0x0..0x8000 in the dump's table",
		"dump:0 warning tee1: is at 0x14000..0x15000 in the dump's table",
		"dump:35 warning boot: has 0x8000 bytes, but in the dump's table 0x4000",
		"dump:43 warning logo: is not in the dump's table",
		"dump:62 error userdata: begins at 0x20000, but in the dump's table at 0x30000",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if strings.Contains(got, "flashinfo") || strings.Contains(got, "lk") {
		t.Errorf("found\n%s", got)
	}
	// The same sizes on a phone with sectors of 4096 bytes, where the backup GPT is longer.
	short := header + counted("flashinfo", "0xFFFF0080", "0x1000000") + counted("sgpt", "0xFFFF0000", "0x4200")
	for at, want := range map[int64]string{
		size - 0x1000000 - 0x5000: "dump:20 note flashinfo: its count from the end gives 0xeffbe00; in the dump's table it is at 0xeffb000",
		size - 0x2000000:          "dump:20 error flashinfo: begins at 0xeffbe00, but in the dump's table at 0xe000000",
	} {
		table := &flash.Table{Partitions: []flash.Partition{p("flashinfo", at, 0x1000000)}}
		if got := findings(scatter.Check(parse(t, short), scatter.CheckOptions{UserSize: size, Table: table})); !strings.HasPrefix(got, want) {
			t.Errorf("found\n%s\nwant\n%s", got, want)
		}
	}
	mbr := &flash.Table{Partitions: []flash.Partition{p("MBR", 0, 512), p("p2", 0x80000, 0x1000), p("p5", 0x90000, 0x1000)}}
	got = findings(scatter.Check(parse(t, header+good("MBR", "0x0", "0x80000")+good("PROTECT_F", "0x80000", "0x1000")), scatter.CheckOptions{Table: mbr}))
	if want := "dump:0 warning p5: is at 0x90000..0x91000 in the dump's table, but not in the scatter file"; got != want {
		t.Errorf("MBR: found\n%s\nwant\n%s", got, want)
	}
}

// What Check finds in the real files, by rule: warnings and errors, then notes. Real
// files that work are clean.
func TestCorpusCheck(t *testing.T) {
	var out strings.Builder
	for _, name := range corpusNames(t) {
		f, err := scatter.Parse(corpusFile(t, name))
		if err != nil {
			continue
		}
		for _, storage := range f.Storages() {
			counts := map[string]int{}
			for _, fd := range scatter.Check(f.Select(storage), scatter.CheckOptions{}) {
				counts[fd.Rule+" "+fd.Severity.String()]++
			}
			fmt.Fprintf(&out, "%s %s %v\n", name, storage, counts)
		}
	}
	golden(t, "check.txt", out.String())
}

// golden compares with a stored answer; MTKKIT_UPDATE=1 stores it anew.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if os.Getenv("MTKKIT_UPDATE") != "" {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(got), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: %s", path, firstChange(got, string(want)))
	}
}
