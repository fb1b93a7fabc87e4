package imgtest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

func phones() []*Phone { return append(small(), MT6592(), MT6572(), MT6765(), MT6893()) }

func small() []*Phone {
	return []*Phone{SmallMT6592(), SmallMT6572(), SmallMT6765(), SmallMT6893()}
}

// A small phone has the rows of its kind and the same images in them, but for those that
// state the size of their row.
func TestSmallPhones(t *testing.T) {
	for i, whole := range []*Phone{MT6592(), MT6572(), MT6765(), MT6893()} {
		p := small()[i]
		if p.Chip != whole.Chip || len(p.Rows) != len(whole.Rows) || !bytes.Equal(p.Boot1, whole.Boot1) || p.User.Size() > 80<<20 {
			t.Fatalf("%s: %d rows of %s in %d bytes", p.Chip, len(p.Rows), whole.Chip, p.User.Size())
		}
		for j, r := range p.Rows {
			w := whole.Rows[j]
			if r.Name != w.Name || r.File != w.File || r.GUID != w.GUID || len(p.contents[r.Name]) != len(whole.contents[r.Name]) {
				t.Errorf("%s: row %+v, not %+v", p.Chip, r, w)
			}
			if w.Type == "NORMAL_ROM" && r.Name != "super" && !bytes.Equal(p.File(r.Name), whole.File(r.Name)) {
				t.Errorf("%s %s holds another image", p.Chip, r.Name)
			}
		}
	}
}

// A phone's rows fit it, follow each other and do not overlap.
func TestPhoneRows(t *testing.T) {
	for _, p := range phones() {
		table := flash.Table{Partitions: p.Rows}
		if ps := table.Check(p.Storage.User(), p.User.Size()); len(ps) > 0 {
			t.Errorf("%s: %v", p.Chip, ps)
		}
		if last := p.Rows[len(p.Rows)-1]; last.End() != p.User.Size() {
			t.Errorf("%s: the last row ends at 0x%x of 0x%x", p.Chip, last.End(), p.User.Size())
		}
		for i, r := range p.Rows {
			if r.Index != i || r.Length <= 0 || r.Offset%4096 != 0 {
				t.Errorf("%s: row %d is %+v", p.Chip, i, r)
			}
		}
	}
}

// Everything that phones are made for is in them: see their comments.
func TestPhoneContents(t *testing.T) {
	old, middle, gpt, ufs := MT6592(), MT6572(), MT6765(), MT6893()
	for _, c := range []struct {
		p     *Phone
		row   string
		at    int64
		magic string
	}{
		{old, "MBR", 510, "\x55\xaa"},
		{old, "EBR2", 510, "\x55\xaa"},
		{old, "NVRAM", 0, "SAMPLE NVRAM"},
		{old, "UBOOT", 0, "\x88\x16\x88\x58"},
		{old, "UBOOT", 8, "LK\x00"},
		{old, "BOOTIMG", 0, "ANDROID!"},
		{old, "BOOTIMG", 2048, "\x88\x16\x88\x58"},
		{old, "SEC_RO", 0, "AND_AC_REGION"},
		{old, "ANDROID", 0x438, "\x53\xef"},
		{old, "USRDATA", 0x478, "userdata\x00"},
		{middle, "LOGO", 8, "LOGO\x00"},
		{gpt, "pgpt", 512, "EFI PART"},
		{gpt, "sgpt", 0x8000 - 512, "EFI PART"},
		{gpt, "recovery", 0, "ANDROID!"},
		{gpt, "dtbo", 0, "\xd7\xb7\xab\x1e"},
		{gpt, "vbmeta", 0, "AVB0"},
		{ufs, "pgpt", 4096, "EFI PART"},
		{ufs, "sgpt", 0x8000 - 4096, "EFI PART"},
		{ufs, "super", 0x1000, "gDla"},
	} {
		b := make([]byte, len(c.magic))
		if _, err := c.p.Image(c.row).ReadAt(b, c.at); err != nil || string(b) != c.magic {
			t.Errorf("%s %s+0x%x: %q, want %q; error %v", c.p.Chip, c.row, c.at, b, c.magic, err)
		}
	}
	for p, rows := range map[*Phone][]string{old: {"FRP", "EXPDB"}, gpt: {"sec1", "gz2", "otp"}, ufs: {"md1img_b"}} {
		for _, name := range rows {
			if d, _ := flash.NextData(p.Image(name), 0); d.Length != 0 {
				t.Errorf("%s %s is not zero at %v", p.Chip, name, d)
			}
		}
	}
	for name, p := range map[string]*Phone{"UFS_BOOT": ufs, "EMMC_BOOT": gpt} {
		if !bytes.HasPrefix(p.Boot1, []byte(name+"\x00")) || !bytes.Equal(p.Boot1, p.Boot2) || !bytes.Contains(p.Boot1, p.Preloader) {
			t.Errorf("%s: boot regions begin with %q and %q", p.Chip, p.Boot1[:12], p.Boot2[:12])
		}
	}
	if bytes.Equal(old.Boot1, old.Boot2) || !bytes.Contains(old.Boot1, old.Preloader) {
		t.Error("MT6592 has its preloader in boot region 1 only")
	}
}

// Twins are as MT6765 says: callers must tell them apart by their bytes.
func TestPhoneTwins(t *testing.T) {
	p := MT6765()
	for _, c := range []struct {
		a, b                  string
		sameFile, sameContent bool
	}{
		{"lk", "lk2", true, true}, {"scp1", "scp2", true, false}, {"tee1", "tee2", false, true},
	} {
		a, b := p.Row(c.a), p.Row(c.b)
		if (a.File == b.File) != c.sameFile || bytes.Equal(p.User.Range(a.Extent), p.User.Range(b.Extent)) != c.sameContent {
			t.Errorf("%s and %s: files %s and %s, contents equal %v", c.a, c.b, a.File, b.File, !c.sameContent)
		}
	}
}

// Data lies between rows, and between others lies none.
func TestPhoneGaps(t *testing.T) {
	for _, c := range []struct {
		p         *Phone
		from, to  string
		length, n int64
	}{
		{MT6592(), "EXPDB", "ANDROID", 896 * kib, 3000},
		{MT6592(), "CACHE", "USRDATA", 2 * mib, 0},
		{MT6765(), "tee2", "vendor", mib, 5000},
		{MT6765(), "super", "userdata", mib, 0},
		{MT6893(), "tee_b", "super", mib, 4096},
	} {
		gap := flash.Extent{Offset: c.p.Row(c.from).End()}
		gap.Length = c.p.Row(c.to).Offset - gap.Offset
		b := c.p.User.Range(gap)
		if got := int64(len(bytes.Trim(b, "\x00"))); int64(len(b)) != c.length || got != c.n {
			t.Errorf("%s: %s to %s: %d bytes with %d of data, want %d and %d", c.p.Chip, c.from, c.to, len(b), got, c.length, c.n)
		}
	}
}

// Addresses as scatter files of these versions have them.
func TestPhoneScatter(t *testing.T) {
	for _, c := range []struct {
		p    *Phone
		want string // consecutive lines
	}{
		{MT6592(), "  partition_name: USRDATA\n  file_name: userdata.img\n  is_download: true\n  type: EXT4_IMG\n" +
			"  linear_start_addr: 0x9980000\n  physical_start_addr: 0x9980000\n  partition_size: 0x5180000\n  region: EMMC_USER\n"},
		{MT6592(), "  linear_start_addr: 0xFFFF00a8\n  physical_start_addr: 0xFFFF00a8\n  partition_size: 0x1500000\n"},
		{MT6572(), "  partition_name: EBR1\n  file_name: EBR1\n  is_download: true\n  type: NORMAL_ROM\n" +
			"  linear_start_addr: 0x1480000\n  physical_start_addr: 0x80000\n"},
		{MT6572(), "  linear_start_addr: 0x0\n  physical_start_addr: 0x0\n  partition_size: 0x1400000\n  region: EMMC_BOOT_1\n"},
		{MT6572(), "  physical_start_addr: 0xb440000\n  partition_size: 0x0\n"},
		{MT6765(), "  physical_start_addr: 0xFFFF01d8\n  partition_size: 0x2b00000\n"},
		{MT6765(), "  physical_start_addr: 0xFFFF0080\n  partition_size: 0x1000000\n"},
		{MT6765(), "  physical_start_addr: 0xFFFF0000\n  partition_size: 0x8000\n"},
		{MT6893(), "    physical_start_addr: 0xFFFF0020\r\n    partition_size: 0x1000000\r\n    region: UFS_LU2\r\n"},
		{MT6893(), "    physical_start_addr: 0xFFFF0080\r\n    partition_size: 0x1000000\r\n    region: EMMC_USER\r\n"},
		{MT6893(), "    region: UFS_LU0_LU1\r\n    storage: HW_STORAGE_UFS\r\n"},
	} {
		if !strings.Contains(c.p.Scatter, c.want) {
			t.Errorf("%s: the scatter file lacks\n%s", c.p.Chip, c.want)
		}
	}
}

// The scatter files have the keys of real ones, in their order and at their indent.
func TestScatterLikeReal(t *testing.T) {
	keys := func(text string) []string {
		var out []string
		for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r", ""), "\n") {
			key, _, _ := strings.Cut(strings.TrimRight(line, " "), ":")
			if key = strings.TrimRight(key, " "); !strings.HasPrefix(key, "#") {
				out = append(out, key)
			}
		}
		return out[:min(40, len(out))] // the head and the first two rows
	}
	for name, p := range map[string]*Phone{
		"blu-s5260-mt6592/MT6592_Android_scatter.txt":                                MT6592(),
		"mobiwire-s10-mt6572/MT6572_Android_scatter.txt":                             MT6572(),
		"sectter-file-collection/MT6765_Android_scatter__MT6765_Android_scatter.txt": MT6765(),
		"sectter-file-collection/MT6833_Android_scatter.txt":                         MT6893(),
	} {
		real, ours := keys(string(sample(t, name))), keys(p.Scatter)
		if !slices.Equal(real, ours) {
			t.Errorf("%s:\n%q\nours:\n%q", name, real, ours)
		}
	}
}

// A phone is the same each time and shares nothing with the one made before.
func TestPhonesRepeat(t *testing.T) {
	again := phones()
	for i, p := range phones() {
		want := fingerprint(t, p)
		p.User.Zero(0, p.User.Size())
		clear(p.Boot1)
		clear(p.Preloader)
		if got := fingerprint(t, again[i]); got != want {
			t.Errorf("%s changed from %s to %s", p.Chip, want, got)
		}
	}
}

// fingerprint hashes all of a phone by its ranges of data.
func fingerprint(t *testing.T, p *Phone) string {
	t.Helper()
	h := sha256.New()
	for off := int64(0); off < p.User.Size(); {
		d, err := p.User.NextData(off)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(h, d)
		h.Write(p.User.Range(d))
		off = d.End()
	}
	for _, b := range [][]byte{p.Boot1, p.Boot2, p.Preloader, []byte(p.Scatter)} {
		h.Write(b)
	}
	fmt.Fprintf(h, "%+v", p.Rows)
	return fmt.Sprintf("%x", h.Sum(nil))
}

func TestWriteDump(t *testing.T) {
	dir, p := t.TempDir(), MT6572()
	if err := p.WriteDump(dir); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, "ROM_1"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	e := p.Row("LOGO").Extent
	got, err := io.ReadAll(io.NewSectionReader(f, e.Offset, e.Length))
	if err != nil || !bytes.Equal(got, p.User.Range(e)) {
		t.Errorf("LOGO in ROM_1 differs; error %v", err)
	}
	for name, want := range map[string][]byte{"BOOT_1": p.Boot1, "BOOT_2": p.Boot2, "MT6572_Android_scatter.txt": []byte(p.Scatter)} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs; error %v", name, err)
		}
	}
	if err := p.WriteDump(dir); !os.IsExist(err) {
		t.Errorf("writing over a dump = %v, want a refusal", err)
	}
}
