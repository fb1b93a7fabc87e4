package scatter_test

import (
	"encoding/xml"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// readbackFile is the form that SP Flash Tool's schema gives its file, written from that schema and
// not from our writer.
type readbackFile struct {
	XMLName xml.Name `xml:"flashtool-config"`
	Version string   `xml:"version,attr"`
	Chip    string   `xml:"general>chip-name"`
	Storage string   `xml:"general>storage-type"`
	Read    struct {
		Physical struct {
			Is string `xml:"is-physical-readback,attr"`
		} `xml:"physical-readback"`
		Items []readbackItem `xml:"readback-list>readback-rom-item"`
	} `xml:"commands>readback"`
}

type readbackItem struct {
	Index   int    `xml:"readback-index,attr"`
	Enable  bool   `xml:"readback-enable,attr"`
	Flag    string `xml:"readback-flag,attr"`
	Start   string `xml:"start-address,attr"`
	Length  string `xml:"readback-length,attr"`
	Address string `xml:"addr-flag,attr"`
	Part    int    `xml:"part-id,attr"`
	File    string `xml:",chardata"`
}

// line returns an item as the tab shows it.
func (i readbackItem) line(t *testing.T) string {
	t.Helper()
	number := func(s string) string {
		n, err := strconv.ParseUint(s, 0, 64)
		if err != nil || len(s) != 18 {
			t.Errorf("%q: %v", s, err)
		}
		return strconv.FormatUint(n, 16)
	}
	return strings.Join([]string{strconv.Itoa(i.Part), number(i.Start), number(i.Length), i.File}, " ")
}

// readBack reads a file as the tool does, which refuses what its schema does not permit.
func readBack(t *testing.T, text string) (f readbackFile, lines []string) {
	t.Helper()
	if err := xml.Unmarshal([]byte(text), &f); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if f.Version != "2.0" || f.Read.Physical.Is != "false" || !regexp.MustCompile(`^(NAND|EMMC|UFS|NOR|SDMMC)$`).MatchString(f.Storage) {
		t.Errorf("%+v", f)
	}
	for n, i := range f.Read.Items {
		if i.Index != n || !i.Enable || i.Address != "NUTL_ADDR_LOGICAL" || !regexp.MustCompile(`^N(UTL_READ_PAGE_ONLY|ULL_READ_PAGE_SPARE)$`).MatchString(i.Flag) {
			t.Errorf("item %d: %+v", n, i)
		}
		lines = append(lines, i.line(t))
	}
	return f, lines
}

func in(p flash.Partition, r flash.Region) flash.Partition {
	p.Region = r
	return p
}

func sameLines(t *testing.T, got []string, want string) {
	t.Helper()
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("have\n%s\nwant\n%s", s, want)
	}
}

func TestReadback(t *testing.T) {
	end := at("userdata", 0x20000, 0)
	end.ToEnd = true
	table := gptTable(0, in(at("preloader", 0, 0x40000), "EMMC_BOOT1_BOOT2"), at("pgpt", 0, 0x8000), at("boot", 0x8000, 0x8000), end, at("flashinfo", flash.Unplaced, 0x1000))
	s := scatter.Script{Table: table, Storage: flash.EMMC, Chip: "MT6765", DeviceSize: 0x100000, Source: "x --> y"}

	text, problems := s.Readback()
	f, lines := readBack(t, text)
	sameLines(t, lines, "1 0 40000 BOOT_1\n8 0 100000 ROM_1")
	if f.Chip != "MT6765" || f.Storage != "EMMC" || len(problems) > 0 {
		t.Errorf("%q %q %v", f.Chip, f.Storage, problems)
	}
	text, problems = s.ReadbackRows()
	_, lines = readBack(t, text)
	sameLines(t, lines, "1 0 40000 preloader.img\n8 0 8000 pgpt.img\n8 8000 8000 boot.img\n8 20000 e0000 userdata.img")
	if len(problems) != 1 || problems[0].Place != "flashinfo" {
		t.Error(problems)
	}

	// Without the size of the flash, an item ends with the last row whose end is known.
	s.DeviceSize = 0
	text, problems = s.Readback()
	_, lines = readBack(t, text)
	sameLines(t, lines, "1 0 40000 BOOT_1\n8 0 10000 ROM_1")
	if len(problems) != 1 || !strings.Contains(problems[0].Text, "userdata reaches the end") {
		t.Error(problems)
	}

	// A scatter file for both storages has regions with other numbers.
	s.Common = true
	text, _ = s.Readback()
	_, lines = readBack(t, text)
	sameLines(t, lines, "32 0 40000 BOOT_1\n34 0 10000 ROM_1")
}

// What the tool would refuse is not in the list.
func TestReadbackOddTables(t *testing.T) {
	table := gptTable(0, in(at("a\"<&", 0, 0x1000), flash.UFSLU2), in(at("A__&", 0x1000, 0x1000), flash.UFSLU2), in(at("odd", 0x2000, 0x300), flash.UFSLU2), in(at("x", 0, 0x1000), "UFS_LU9"))
	text, problems := scatter.Script{Table: table, Storage: flash.UFS, Chip: "../<x>"}.ReadbackRows()
	f, lines := readBack(t, text)
	sameLines(t, lines, "3 0 1000 a___.img\n3 1000 1000 A___-2.img")
	if f.Chip != "../<x>" || len(problems) != 3 || problems[0].Place != "odd" || problems[1].Place != "x" || !strings.Contains(problems[2].Text, "such as MT6765") {
		t.Errorf("%q %v", f.Chip, problems)
	}
	nand := gptTable(0, in(at("preloader", 0, 0x40000), flash.NANDWhole), in(at("uboot", 0x40000, 0x20000), flash.NANDWhole))
	text, problems = scatter.Script{Table: nand, Storage: flash.NAND, Chip: "MT6572"}.Readback()
	f, lines = readBack(t, text)
	sameLines(t, lines, "0 0 60000 ROM_1")
	if f.Read.Items[0].Flag != "NULL_READ_PAGE_SPARE" || len(problems) != 1 {
		t.Errorf("%+v %v", f, problems)
	}
}
