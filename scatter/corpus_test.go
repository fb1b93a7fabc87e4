package scatter_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// corpusFile reads one real sample.
func corpusFile(t testing.TB, name string) []byte {
	t.Helper()
	root := os.Getenv("MTKKIT_CORPUS")
	if root == "" {
		t.Skip("MTKKIT_CORPUS does not name the folder of real samples")
	}
	b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// corpusScatter reads one real scatter file.
func corpusScatter(t *testing.T, name string) *scatter.File {
	t.Helper()
	f, err := scatter.Parse(corpusFile(t, name))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return f
}

// corpusNames lists every sample that is a scatter file of any dialect.
func corpusNames(t testing.TB) []string {
	t.Helper()
	root := os.Getenv("MTKKIT_CORPUS")
	if root == "" {
		t.Skip("MTKKIT_CORPUS does not name the folder of real samples")
	}
	var names []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		name := filepath.Base(path)
		isScatter := strings.Contains(name, "catter") || strings.HasPrefix(name, "MT6757_Android")
		if err != nil || d.IsDir() || !isScatter || name == "dl_without_scatter.xml" {
			return err
		}
		rel, err := filepath.Rel(root, path)
		names = append(names, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// What the samples hold, by a count of their partition_index lines and of their
// 0xFFFFnnnn addresses, made without this package.
var facts = map[string]struct {
	version, platform string
	rows, counted     int
}{
	"alcatel-4034x-mt6580/MT6580_Android_scatter.txt":                                {"V1.1.2", "MT6580", 26, 3},
	"blaupunkt-picasso4g-mt6735m/MT6735M_Android_scatter-system-dump.txt":            {"V1.1.2", "MT6735M", 5, 2},
	"blaupunkt-picasso4g-mt6735m/MT6735M_Android_scatter.txt":                        {"V1.1.2", "MT6735M", 26, 2},
	"blu-s5260-mt6592/MT6592_Android_scatter.txt":                                    {"V1.1.2", "MT6592", 21, 1},
	"blu-vivoxl2-mt6737t/MT6735_Android_scatter.txt":                                 {"V1.1.2", "MT6735", 26, 2},
	"blu-vivoxl2-mt6737t/MT6737T_Android_scatter-mod.txt":                            {"V1.1.2", "MT6735", 26, 2},
	"carlitoshsh-mt6768/MT6768_Android_scatter.txt.hist-253a8950":                    {"V1.1.8", "MT6768", 58, 3},
	"carlitoshsh-mt6768/MT6768_Android_scatter.txt.hist-35f90ab5":                    {"V1.1.8", "MT6768", 58, 3},
	"carlitoshsh-mt6768/MT6768_Android_scatter.txt.hist-9252ec95":                    {"V1.1.8", "MT6768", 58, 3},
	"discover-note4plus-mt6582/additional files__MT6582_Android_scatter.txt":         {"V1.1.1", "MT6582", 20, 0},
	"dt-ultra2-watch-mt6737m/MT6737M_Android_scatter.txt":                            {"V1.1.2", "MT6737M", 28, 2},
	"gongcheng-mt8167/MT8167_Android_scatter.txt":                                    {"V1.1.2", "MT8167", 30, 2},
	"jethro-mt6739/MT6739_Android_scatter.txt":                                       {"V1.1.2", "MT6739", 38, 3},
	"leagoo-m11-mt6739/MT6739_Android_scatter.txt":                                   {"V1.1.6", "MT6739", 37, 2},
	"lg-k310im-mt6762/MT6765_Android_scatter.txt":                                    {"V1.1.2", "MT6765", 50, 0},
	"marino-mt6757/MT6757_Android_efuse_only.txt":                                    {"V1.1.2", "MT6757D", 37, 3},
	"marino-mt6757/MT6757_Android_factory_only_for_efuse.txt":                        {"V1.1.2", "MT6757D", 37, 3},
	"marino-mt6757/MT6757_Android_lk_only.txt":                                       {"V1.1.2", "MT6757D", 37, 3},
	"marino-mt6757/MT6757_Android_scatter.txt":                                       {"V1.1.2", "MT6757D", 37, 3},
	"maxwest-aeon6737m/MT6737M_Android_scatter.txt":                                  {"V1.1.2", "MT6737M", 26, 2},
	"mobiwire-s10-mt6572/MT6572_Android_scatter.txt":                                 {"V1.1.1", "MT6572", 19, 1},
	"oppo-a16k-mt6765/MT6765_Android_scatter.txt":                                    {"V1.1.2", "MT6765", 50, 0},
	"philips-e289-mt6739/MT6739_Android_scatter.txt":                                 {"V1.1.6", "MT6739", 37, 0},
	"rishabh-twrp-mt6737m/MT6737M_Android_scatter.txt":                               {"V1.1.2", "MT6737M", 31, 2},
	"samsung-a10s-mt6765/MT6765_Android_scatter.txt":                                 {"V1.1.2", "MT6765", 42, 1},
	"sectter-file-collection/MT6572_Android_scatter__MT6572_Android_scatter.txt":     {"V1.1.1", "MT6572", 20, 1},
	"sectter-file-collection/MT6735_Android_scatter__MT6735_Android_scatter.txt":     {"V1.1.2", "MT6735", 26, 2},
	"sectter-file-collection/MT6737M_Android_scatter__MT6737M_Android_scatter.txt":   {"V1.1.2", "MT6737M", 27, 0},
	"sectter-file-collection/MT6750_Android_scatter__MT6750_Android_scatter.txt":     {"V1.1.2", "MT6750", 31, 0},
	"sectter-file-collection/MT6763_Android_scatter__MT6763_Android_scatter.txt":     {"V1.1.2", "MT6763", 37, 0},
	"sectter-file-collection/MT6765-Android_scatter_Fastboot.txt":                    {"V1.1.2", "MT6765", 48, 1},
	"sectter-file-collection/MT6768_Android_scatter.txt":                             {"V1.1.8", "MT6768", 57, 3},
	"sectter-file-collection/MT6771_Android_scatter_8.1__MT6771_Android_scatter.txt": {"V1.1.2", "MT6771", 42, 4},
	"smartec-mica-mt6580/MT6580_Android_scatter.txt":                                 {"V1.1.3", "MT6580", 28, 2},
	"tecno-ba2-mt6580/MT6580_Android_scatter.txt":                                    {"V1.1.2", "MT6580", 31, 2},
	"temu-t7-tablet-mt6735/MT6735_Android_scatter.txt":                               {"V1.1.2", "MT6735", 23, 0},
	"umidigi-a5pro-mt6763/MT6763_Android_scatter.txt":                                {"V1.1.2", "MT6763", 36, 2},
	"vernee-m5-mt6750/original_files__MT6750_Android_scatter.txt":                    {"V1.1.2", "MT6750", 52, 2},
	"vivo-y12s-mt6765/MT6765_Android_scatter.txt":                                    {"V1.1.2", "MT6765", 50, 3},
	"wiko-wiko-mt6582/MT6582_Android_scatter.txt":                                    {"V1.1.1", "MT6582", 19, 1},
	"xiaomi-lotus-mt6765/MT6765_Android_scatter.txt":                                 {"V1.1.2", "MT6765", 43, 3},
	"xmusic3-mt6580/MT6580_Android_scatter.txt":                                      {"V1.1.2", "MT6580", 24, 2},
}

func TestCorpusFacts(t *testing.T) {
	for name, want := range facts {
		f := corpusScatter(t, name)
		if f.Info.Version != want.version || f.Info.Platform != want.platform || f.Info.Storage != flash.EMMC {
			t.Errorf("%s: header is %+v, want %s for %s", name, f.Info, want.version, want.platform)
		}
		unplaced := 0
		for _, p := range f.Table(0).Partitions {
			if !p.Placed() {
				unplaced++
				if !p.Reserved {
					t.Errorf("%s: %s has no place and is not reserved", name, p.Name)
				}
			}
		}
		if len(f.Rows) != want.rows || unplaced != want.counted {
			t.Errorf("%s: %d rows, %d counted from the end; want %d, %d", name, len(f.Rows), unplaced, want.rows, want.counted)
		}
	}
}

// Every real file comes back byte for byte, and on a device larger than any of them
// every row finds its place without a word.
func TestCorpusRoundTrip(t *testing.T) {
	read, refused := 0, 0
	for _, name := range corpusNames(t) {
		b := corpusFile(t, name)
		if !scatter.Sniff(bytes.NewReader(b)) {
			t.Errorf("%s: not recognised", name)
		}
		f, err := scatter.Read(bytes.NewReader(b))
		if errors.Is(err, scatter.ErrDialect) {
			refused++
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		read++
		if f.Dialect == scatter.V1 || f.Dialect == scatter.List {
			if !bytes.Equal(f.Encode(), b) {
				t.Errorf("%s: Encode differs from the file", name)
			}
			continue // no sizes, see TestCorpusPairs
		}
		if !bytes.Equal(f.Encode(), b) {
			t.Errorf("%s: Encode differs from the file", name)
		}
		table := f.Table(1 << 40)
		for _, p := range table.Problems {
			t.Errorf("%s: %s: %s", name, p.Severity, p)
		}
		for _, p := range table.Partitions {
			if !p.Placed() || p.Length == 0 {
				t.Errorf("%s: %s is at %s", name, p.Name, p.Extent)
			}
		}
	}
	if read < 66 || refused != 1 {
		t.Errorf("read %d files and refused %d by dialect, want at least 66 and 1", read, refused)
	}
}

func TestCorpusRefused(t *testing.T) {
	_, err := scatter.Parse(corpusFile(t, "gfp105a-mt6261/dumps__MT6261_scatter.txt"))
	var fe *flash.FormatError
	if !errors.Is(err, scatter.ErrDialect) || !errors.As(err, &fe) || !strings.Contains(fe.Text, "line 6: hand-made file: no partition_index") {
		t.Errorf("the hand-made file: %v", err)
	}
	for _, name := range []string{"innioasis-y1-mt6572/dl_without_scatter.xml", "gmd-info-mt65xx/dumchar_info",
		"innioasis-y1-mt6572/CustPT.ini", "vivo-pd2135f-mt6891/firmware_version_ffu_config.xml", "mobiwire-s10-mt6572/MBR", "MANIFEST.tsv"} {
		b := corpusFile(t, name)
		if _, err := scatter.Parse(b); scatter.Sniff(bytes.NewReader(b)) || !errors.Is(err, flash.ErrNotThis) {
			t.Errorf("%s: taken for a scatter file (%v)", name, err)
		}
	}
}

// The four conventions of MBR phones' addresses all put EBR1 at 0x80000 of the user
// area.
func TestCorpusConventions(t *testing.T) {
	for _, c := range []struct {
		convention, file string
		at               map[string]int64
	}{
		{"linear = physical + boot regions", "mobiwire-s10-mt6572/MT6572_Android_scatter.txt",
			map[string]int64{"PRELOADER": 0, "MBR": 0, "EBR1": 0x80000, "UBOOT": 0x1D20000, "ANDROID": 0x3740000, "USRDATA": 0x4CF40000}},
		{"linear = physical + boot regions", "wiko-wiko-mt6582/MT6582_Android_scatter.txt",
			map[string]int64{"MBR": 0, "EBR1": 0x80000, "CACHE": 0x38F00000, "USRDATA": 0x40D00000}},
		{"physical all zero", "sectter-file-collection/MT6572_Android_scatter__MT6572_Android_scatter.txt",
			map[string]int64{"PRELOADER": 0, "MBR": 0, "EBR1": 0x80000, "CACHE": 0x61440000, "USRDATA": 0x70440000, "BMTPOOL": flash.Unplaced}},
		{"linear = physical", "blu-s5260-mt6592/MT6592_Android_scatter.txt",
			map[string]int64{"PRELOADER": 0, "MBR": 0, "EBR1": 0x80000, "EBR2": 0x4020000, "USRDATA": 0xDF800000}},
		{"boot regions in both columns", "discover-note4plus-mt6582/additional files__MT6582_Android_scatter.txt",
			map[string]int64{"PRELOADER": 0, "MBR": 0, "EBR1": 0x80000, "USRDATA": 0x6ACA0000, "BMTPOOL": 0x3A8F20000}},
	} {
		table := corpusScatter(t, c.file).Table(0)
		for name, want := range c.at {
			if p := table.Find(name); p == nil || p.Offset != want {
				t.Errorf("%s (%s): %s is %+v, want it at 0x%x", c.file, c.convention, name, p, want)
			}
		}
	}
}

// The phones' own MBR and EBR1 bear witness to the addresses of their scatter files.
func TestCorpusAgainstMBR(t *testing.T) {
	for dir, file := range map[string]string{
		"mobiwire-s10-mt6572": "MT6572_Android_scatter.txt",
		"blu-s5260-mt6592":    "MT6592_Android_scatter.txt",
	} {
		starts := map[int64]string{}
		for _, p := range corpusScatter(t, dir+"/"+file).Table(0).Partitions {
			if p.Region == flash.EMMCUser && p.Placed() {
				starts[p.Offset] = p.Name
			}
		}
		checked := 0
		for sector, at := range map[string]int64{"MBR": 0, "EBR1": 0x80000} {
			b := corpusFile(t, dir+"/"+sector)
			for i := range 4 {
				e := b[446+16*i:]
				if e[4] != 0x83 {
					continue
				}
				start := at + int64(binary.LittleEndian.Uint32(e[8:]))*512
				if starts[start] == "" {
					t.Errorf("%s: %s entry %d begins at 0x%x, no row does", dir, sector, i, start)
				}
				checked++
			}
		}
		if checked < 5 {
			t.Errorf("%s: only %d entries compared", dir, checked)
		}
	}
}

// gptEntries reads the table of a dumped GPT: name to start and length in bytes.
func gptEntries(b []byte) map[string]flash.Extent {
	rows := map[string]flash.Extent{}
	for e := b[0x400:]; len(e) >= 128; e = e[128:] {
		first, last := int64(binary.LittleEndian.Uint64(e[32:])), int64(binary.LittleEndian.Uint64(e[40:]))
		var name []uint16
		for i := 56; i < 128 && (e[i] != 0 || e[i+1] != 0); i += 2 {
			name = append(name, binary.LittleEndian.Uint16(e[i:]))
		}
		if first > 0 {
			rows[string(utf16.Decode(name))] = flash.Extent{Offset: first * 512, Length: (last - first + 1) * 512}
		}
	}
	return rows
}

// A phone's GPT agrees with its scatter file, and its reserved rows lie where another
// phone's file of the same chip puts them by the chain: 0xFFFF0080 blocks are not
// counted from the very end but from the 0x4200 bytes of the backup GPT.
func TestCorpusAgainstGPT(t *testing.T) {
	gpt := gptEntries(corpusFile(t, "lg-k310im-mt6762/pgpt.bin"))
	if len(gpt) != 48 {
		t.Fatalf("%d GPT entries, want 48", len(gpt))
	}
	table := corpusScatter(t, "lg-k310im-mt6762/MT6765_Android_scatter.txt").Table(0)
	for name, want := range gpt {
		if name == "userdata" { // the file gives it one sector less
			want.Length -= 512
		}
		if p := table.Find(name); p == nil || p.Extent != want {
			t.Errorf("%s is %+v, the GPT has it at %s", name, p, want)
		}
	}
	const size = 0x39D0000 * 512 // sectors of the phone's flash
	other := corpusScatter(t, "vivo-y12s-mt6765/MT6765_Android_scatter.txt").Table(size)
	for _, name := range []string{"otp", "flashinfo"} {
		if p := other.Find(name); p.Extent != gpt[name] || !p.Reserved {
			t.Errorf("%s is resolved to %s, the GPT has it at %s", name, p.Extent, gpt[name])
		}
	}
}

// In two files a tool left the count in the linear column and wrote the phone's real
// address into the physical one. The chain must find the same from the count alone.
func TestCorpusChain(t *testing.T) {
	for _, name := range []string{
		"sectter-file-collection/MT6737M_Android_scatter__MT6737M_Android_scatter.txt",
		"sectter-file-collection/MT6750_Android_scatter__MT6750_Android_scatter.txt",
	} {
		filled := corpusScatter(t, name)
		real := filled.Table(0)
		sgpt := real.Find("sgpt")
		text := string(filled.Encode())
		for _, r := range filled.Rows {
			if lin := r.Get("linear_start_addr"); strings.HasPrefix(lin, "0xFFFF") {
				text = strings.Replace(text, r.Get("physical_start_addr"), lin, 1)
			}
		}
		counted, err := scatter.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if p := counted.Table(0).Find("sgpt"); p.Placed() {
			t.Fatalf("%s: sgpt still has an address: %s", name, p.Extent)
		}
		table := counted.Table(sgpt.End())
		for _, row := range []string{"flashinfo", "sgpt"} {
			if got, want := table.Find(row), real.Find(row); got.Extent != want.Extent {
				t.Errorf("%s: %s is resolved to %s, the phone has it at %s", name, row, got.Extent, want.Extent)
			}
		}
		if len(table.Problems) > 0 {
			t.Errorf("%s: %v", name, table.Problems)
		}
	}
}

// Service tools write real addresses on reserved rows; they are kept even where they
// make no sense (philips: sgpt begins 0x80 before flashinfo).
func TestCorpusRealReserved(t *testing.T) {
	for name, want := range map[string]map[string]int64{
		"philips-e289-mt6739/MT6739_Android_scatter.txt": {"flashinfo": 0xE87FBE00, "sgpt": 0xE87FBD80},
		"oppo-a16k-mt6765/MT6765_Android_scatter.txt":    {"otp": 0xE8BCF8000, "flashinfo": 0xE8E7F8000},
	} {
		table := corpusScatter(t, name).Table(1 << 37)
		for row, at := range want {
			if p := table.Find(row); p.Offset != at || !p.Reserved {
				t.Errorf("%s: %s is %+v, want it reserved at 0x%x", name, row, p, at)
			}
		}
	}
}
