package scatter_test

import (
	"bytes"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// FuzzParse states what must hold for any bytes: no panic, Encode returns what was
// parsed, Sniff never refuses what Parse reads, every row has its partition, and no
// partition reaches where an int64 cannot.
func FuzzParse(f *testing.F) {
	lk := row("lk", "0x8000", "0x8000", "0x60000")
	mbr := row("MBR", "0x1400000", "0x0", "0x80000")
	for _, s := range []string{
		header, header + lk, strings.ReplaceAll(header+lk, "\n", "\r\n"), header + mbr + lk + counted("BMTPOOL", "0xFFFF00a8", "0x1500000"),
		header + lk + counted("otp", "0xFFFFFFFFFFFF01d8", "0x2B00000") + counted("sgpt", "0xFFFF0000", "0x4200"),
		header + row("FAT", "0x8000", "0x8000", "0x0") + row("a", "0x7FFFFFFFFFFFFFFF", "0x7FFFFFFFFFFFFFFF", "0x1"),
		"- geNeral: MTK_PLATFORM_CFG\n- config_version: V2.1.0\n- general: MTK_STORAGE_CFG\n    info: \n      - storage: EMMC\n" + lk + "- storage_type:", // under no storage, but for one
		header + lk + "[huaqin]\ncheckSum = 0x15bf", "\xef\xbb\xbf" + lk, "MBR 0x600000\n{\n}\n", "lk 0x0\nboot 0x1\n",
		"<?xml?>\n<partition_index name=\"SYS0\">", "\xff\xfep\x00", "partition_name: x\n",
		v1EMMC, v1Short, otaList, twoStorages, xmlOne, nand, "<root><!DOCTYPE a [<!ENTITY b \"c\">]><partition_index name=\"a\"/></root>",
	} {
		f.Add([]byte(s))
	}
	if os.Getenv("MTKKIT_CORPUS") != "" {
		for _, name := range corpusNames(f) {
			f.Add(corpusFile(f, name))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := scatter.Parse(b)
		if err != nil {
			return
		}
		if len(b) < 64<<10 && !scatter.Sniff(bytes.NewReader(b)) {
			t.Error("read, but not recognised")
		}
		if !bytes.Equal(file.Encode(), b) {
			t.Error("Encode differs from the input")
		}
		for _, size := range []int64{0, 1 << 20, 1 << 37, math.MaxInt64} {
			table := file.Table(size)
			if len(table.Partitions) != len(file.Rows) {
				t.Errorf("%d partitions of %d rows", len(table.Partitions), len(file.Rows))
			}
			for _, p := range table.Partitions {
				if p.Offset < flash.Unplaced || p.Length < 0 || p.End() < p.Offset {
					t.Errorf("size %d: %s lies at 0x%x, length 0x%x", size, p.Name, p.Offset, p.Length)
				}
			}
			table.Check(flash.EMMCUser, size)
		}
		judge(t, file)
		convertAll(t, file)
	})
}

// judge asks everything else that can be asked of a file.
func judge(t *testing.T, file *scatter.File) {
	lines := bytes.Count(file.Encode(), []byte("\n")) + 1
	for _, storage := range file.Storages() {
		f := file.Select(storage)
		if f == nil {
			t.Fatalf("no table for %q", storage)
		}
		for _, fd := range scatter.Check(f, scatter.CheckOptions{UserSize: 1 << 37, Table: file.Table(1 << 37)}) {
			if fd.Line < 0 || fd.Line > lines || fd.Rule == "" {
				t.Errorf("finding %+v in %d lines", fd, lines)
			}
		}
	}
	for _, c := range scatter.Diff(file, file) {
		t.Errorf("differs from itself: %+v", c)
	}
}

// convertAll converts to every dialect; where nothing is reported, nothing is lost on
// the way to XML and back.
func convertAll(t *testing.T, file *scatter.File) {
	for _, d := range []scatter.Dialect{scatter.V1, scatter.List, scatter.V111, scatter.V112, scatter.V118, scatter.V210, scatter.XML} {
		out, ps := scatter.Convert(file, d)
		if out == nil {
			if flash.Worst(ps) < flash.Error {
				t.Errorf("no %s and no reason: %v", d, ps)
			}
			continue
		}
		if out.Dialect != d {
			t.Errorf("%s instead of %s", out.Dialect, d)
		}
		if d != scatter.XML || flash.Worst(ps) > flash.Note || file.Dialect == scatter.XML || file.Dialect == "v1.1" {
			continue
		}
		back, ps := scatter.Convert(out, file.Dialect)
		if back == nil || flash.Worst(ps) == flash.Note && said(back) != said(file) {
			t.Errorf("XML and back: %v", ps)
		}
	}
}

// FuzzBuild gives untrusted names and numbers to Build: the row must come back,
// and nothing else with it.
func FuzzBuild(f *testing.F) {
	f.Add("lk", int64(0x8000), int64(0x60000), int64(0), false)
	f.Add("otp", int64(0xFFFF0080), int64(0x1000000), int64(0x100FF0080), true)
	f.Add("a\n- partition_index: x #\r", int64(-1), int64(0x4200), int64(1<<37), true)
	f.Add(" ", int64(0xFFFF0080), int64(0x1000000), int64(0x100FF0080), false)
	f.Add("- partition_name: \x00", int64(1<<40), int64(0), int64(1<<37), false)
	f.Add("# a comment, and so no name", int64(0xFFFF0110), int64(0xFFFFAC), int64(0x100FF0040), false)
	f.Fuzz(func(t *testing.T, name string, offset, length, size int64, reserved bool) {
		if len(name) > 1000 || offset < flash.Unplaced || length < 0 {
			return
		}
		row := flash.Partition{Name: name, Region: flash.EMMCUser, Reserved: reserved, Operation: "UPDATE",
			Extent: flash.Extent{Offset: offset, Length: length}}
		file, err := scatter.Parse(scatter.Build(scatter.Spec{UserSize: size, Rows: []flash.Partition{row}}).Encode())
		if err != nil || len(file.Rows) != 1 || len(file.Rows[0].Fields) != 14 || len(file.Head.Fields) != 8 {
			t.Fatalf("%v: %+v", err, file)
		}
		for _, d := range []scatter.Dialect{scatter.XML, scatter.V210, scatter.V118, scatter.V111, "v1.1.3"} {
			if f := scatter.Build(scatter.Spec{Dialect: d, UserSize: size, Rows: []flash.Partition{row}}); len(f.Rows) != 1 || f.Dialect != d {
				t.Errorf("%s: %d rows of %s", d, len(f.Rows), f.Dialect)
			}
		}
		for _, d := range []scatter.Dialect{scatter.V1, scatter.List} { // names may not fit
			scatter.Build(scatter.Spec{Dialect: d, UserSize: size, Rows: []flash.Partition{row, row}})
		}
		p := file.Table(size).Partitions[0]
		nameless := strings.TrimSpace(name) == "" && offset>>16 == 0xFFFF // taken for one that forgot to call itself reserved
		if p.Reserved != reserved && !nameless {
			t.Errorf("reserved is %t", p.Reserved)
		}
		if _, err := flash.NewExtent(uint64(offset), uint64(length)); err == nil && offset>>16 != 0xFFFF && offset >= 0 && length > 0 && p.Extent != row.Extent {
			t.Errorf("%s came back as %s", row.Extent, p.Extent)
		}
	})
}

// FuzzCreate makes files from tables of any numbers: every row is there, in order,
// with a reason, and the file is one.
func FuzzCreate(f *testing.F) {
	f.Add([]byte("\x08\x08\x10\x20\xff\x00"), int64(1<<30), int64(0x4200), false)
	f.Add([]byte("\x00\x00\xff\x10\xff\x20"), int64(0), int64(0), true)
	f.Fuzz(func(t *testing.T, b []byte, size, backup int64, mbr bool) {
		if size < 0 || backup < 0 || backup > size || len(b) > 200 {
			return
		}
		table := &flash.Table{DeviceSize: size}
		names := []string{"lk", "userdata", "nvram", "otp", "flashinfo", "x", "p5", "sgpt", "pgpt"}
		for i := 0; i+1 < len(b); i += 2 {
			p := flash.Partition{Index: i, Name: names[int(b[i])%len(names)], Region: flash.EMMCUser,
				Extent: flash.Extent{Offset: int64(b[i]) << 20, Length: int64(b[i+1]) << 20}, ToEnd: b[i+1]&1 == 1 && b[i] > 200}
			if b[i] == 0xFF {
				p.Offset, p.Reserved = flash.Unplaced, p.Length > 0
			}
			table.Partitions = append(table.Partitions, p)
		}
		if mbr {
			table.Partitions = append(table.Partitions, flash.Partition{Name: "MBR", Region: flash.EMMCUser, Extent: flash.Extent{Length: 512}})
		}
		for _, facts := range []scatter.CreateOptions{{BackupSize: backup}, {Profile: scatter.Restore, LinearBase: 0x600000}, {Storage: flash.UFS, Dialect: scatter.XML}} {
			c := scatter.Create(table, facts)
			file := scatter.Build(c.Spec)
			if len(file.Rows) != len(c.Reasons) || len(file.Rows) != len(c.Spec.Rows) {
				t.Fatalf("%d rows, %d reasons", len(file.Rows), len(c.Reasons))
			}
			scatter.Check(file, scatter.CheckOptions{UserSize: size, Table: table})
			s := scatter.Script{Table: file.Table(size), DeviceSize: size}
			s.Sfdisk()
			s.Sgdisk()
			s.Fstab()
		}
	})
}
