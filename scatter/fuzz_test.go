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
		header + lk + "[huaqin]\ncheckSum = 0x15bf", "\xef\xbb\xbf" + lk, "MBR 0x600000\n{\n}\n", "lk 0x0\nboot 0x1\n",
		"<?xml?>\n<partition_index name=\"SYS0\">", "\xff\xfep\x00", "partition_name: x\n",
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
	})
}

// FuzzBuild gives a stranger's name and numbers to Build: the row must come back,
// and nothing else with it.
func FuzzBuild(f *testing.F) {
	f.Add("lk", int64(0x8000), int64(0x60000), int64(0), false)
	f.Add("otp", int64(0xFFFF0080), int64(0x1000000), int64(0x100FF0080), true)
	f.Add("a\n- partition_index: x #\r", int64(-1), int64(0x4200), int64(1<<37), true)
	f.Add("- partition_name: \x00", int64(1<<40), int64(0), int64(1<<37), false)
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
		p := file.Table(size).Partitions[0]
		if p.Reserved != reserved {
			t.Errorf("reserved is %t", p.Reserved)
		}
		if _, err := flash.NewExtent(uint64(offset), uint64(length)); err == nil && offset>>16 != 0xFFFF && offset >= 0 && length > 0 && p.Extent != row.Extent {
			t.Errorf("%s came back as %s", row.Extent, p.Extent)
		}
	})
}
