package capture_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/capture"
	"github.com/mtkkit/mtkkit/flash"
)

// seedCorpus adds the small texts of the real artefacts, when their folder is named.
func seedCorpus(f *testing.F) {
	dir := os.Getenv("MTKKIT_CORPUS")
	if dir == "" {
		return
	}
	for _, pattern := range []string{"gmd-info-*/*", "quoted-*/*"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(files) == 0 {
			f.Fatalf("no %s in %s: %v", pattern, dir, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
}

// sane checks what holds for every table, whatever it came from.
func sane(t *testing.T, table *flash.Table) {
	t.Helper()
	for i, p := range table.Partitions {
		if p.Index != i || string(p.Witness) != table.Format || p.Region == "" {
			t.Errorf("row %d: %+v", i, p)
		}
		if p.Length < 0 || p.Offset < flash.Unplaced || p.Placed() && p.End() < p.Offset {
			t.Errorf("row %d lies at %d+%d", i, p.Offset, p.Length)
		}
		if p.Reserved && p.Placed() {
			t.Errorf("row %d is reserved and placed: %+v", i, p)
		}
	}
	for _, p := range table.Problems {
		if p.Text == "" || p.Place == "" && table.Format != "pmt" {
			t.Errorf("empty problem %+v", p)
		}
	}
}

// FuzzRead states what must hold for any text: no panic, Sniff and Read agree, and
// Verified is never said of a table with loose ends.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		dumchar, dumchar + "cache 0x1 ", "a 0x0 0xffff0050 1 /dev/mtd/mtd0\nb 0x200 0x1 1 /dev/mtd/mtd1",
		"preloader 0x8000000000000000 0x0 2 /dev/x", // a base below zero, once
		"preloader 0xffffffffffffffff 0xffffffffffffffff 2 /dev/x\nbmtpool 0x1 0xff3f00a8 2 /dev/x",
		"PartInfo\n{\"mbr\",524288,0xffffffffffffffff, EMMC, 0,USER},\n{\"bmtpool\",1,0xFFFF00a8}",
		"emmc_p1: 00000400 00000002 \"ebr1\"\n", "part01: 0 400 \"a\"\npart1: 0 400 \"b\"", "mtd0: 7fffffffffffffff 1 \"a\"\nmtd1: 1 1 \"b\"",
		"GPT Table:\na: Offset 0x8000, Length 0x0\n Flags 0x0, UUID f57ad330-39c2-4488-b09b-00cb43c9ccd4, Type X\nTotal disk size:0x20000, sectors:0x100",
		"[0]name=a, start_sect=0x8, nr_sects=0x80\nname=b, part_id=8, start_sect=0x88, nr_sects=0x7fffffffffffff, uuid=",
		"name,start,size\na,0,1\n\"b,0x1", "(bootloader) partition-size:lk: 200000\n(bootloader) partition-size:preloader: 40000\n",
		redmi().fill(4, 0x4200).text(), "8 0 1 sda\nx -> /dev/block/sda\n8 1 1 sda9999\n", "\xff\xfea\x00\n\x00",
	} {
		f.Add([]byte(s))
	}
	seedCorpus(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		kind := capture.Sniff(bytes.NewReader(b))
		c, err := capture.ReadSectors(bytes.NewReader(b), int64(len(b)%3)*2048)
		if (err == nil) != (kind != "") {
			t.Fatalf("Sniff says %q, Read %v", kind, err)
		}
		if err != nil {
			var fe *flash.FormatError
			if !errors.As(err, &fe) || !errors.Is(err, flash.ErrNotThis) {
				t.Errorf("error %v", err)
			}
			return
		}
		if c.Kind != kind || len(c.Nodes) != len(c.Table.Partitions) || c.Base < 0 || c.Table.DeviceSize < 0 {
			t.Errorf("%q is read as %+v", kind, c)
		}
		sane(t, c.Table)
		if !c.Verified {
			return
		}
		if flash.Worst(c.Table.Problems) > flash.Note || len(c.Table.Partitions) == 0 {
			t.Errorf("verified with %v", c.Table.Problems)
		}
		for _, p := range c.Table.Partitions {
			if !p.Placed() && !p.Reserved {
				t.Errorf("verified, but %s has no place", p.Name)
			}
		}
	})
}

// FuzzPMT: no panic, and what is taken for a table makes sense. The bytes stand at
// the beginning of a small file, where FindPMT looks last, and at the end of another.
func FuzzPMT(f *testing.F) {
	for _, b := range [][]byte{
		block("1vTP", "1.0\x00", 8, false, 0x1000, emmcPMT...), block("1TPM", "1.1\x00", 8, true, 0x1000, emmcPMT...),
		block("1vTP", "", 8, false, 0x800, emmcPMT...), block("2vTP", "", 4, false, 0x800, emmcPMT...),
		block("1vTP", "", 4, false, 0, nandPMT...), block("3vTP", "\x01\x00\x02\x00", 8, true, 0, nandPMT...), block("3TPM", "", 8, true, 0, nandPMT...),
		[]byte("1vTP"),
	} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		first, at, err := capture.FindPMT(bytes.NewReader(b))
		if err != nil {
			if !errors.Is(err, flash.ErrNotThis) || first != nil {
				t.Errorf("%v, %v", first, err)
			}
			return
		}
		sane(t, first)
		if at%512 != 0 && at != int64(len(b))-0x100000 || at < 0 || at >= int64(len(b)) {
			t.Errorf("found at %d of %d", at, len(b))
		}
		if len(first.Partitions) < 3 || !strings.Contains(first.Problems[0].Text, "unverified") {
			t.Errorf("%+v", first)
		}
	})
}
