package preloader

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

// corpus opens the folder of real samples, which are not part of the project.
func corpus(t testing.TB) string {
	dir := os.Getenv("MTKKIT_CORPUS")
	if dir == "" {
		t.Skip("MTKKIT_CORPUS names no folder of real samples")
	}
	return dir
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(corpus(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func firstDifference(a, b []byte) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("0x%02x instead of 0x%02x at 0x%x", a[i], b[i], i)
		}
	}
	return fmt.Sprintf("%d and %d bytes, equal as far as both go", len(a), len(b))
}

// golden is what is known of a real preloader by other means: other tools' reading,
// the device's scatter file, the vendor's own file name.
type golden struct {
	path   string
	medium string
	begin  int64
	length int64
	max    uint32
	sig    uint8
	name   string
	chip   string // platform of the device's scatter file, where we dare to name one
	sure   Confidence
	tail   string // fill
	emi    int
}

const mtkclient = "mtkclient-preloaders/mtkclient__Loader__Preloader__"

var goldens = []golden{
	{"mobiwire-s10-mt6572/preloader_and_dsp", "EMMC_BOOT", 0x800, 0x18734, 0x20000, 3, "preloader_up40_h405f_meo.bin", "MT6572", "medium", "mixed", 6},
	{"blu-s5260-mt6592/preloader_s5260.bin", "GFH", 0, 0x1D5FC, 0x20000, 3, "preloader_s5260.bin", "MT6592", "medium", "", 3},
	{"discover-note4plus-mt6582/additional files__preloader_bird82_cwet_a_kk.bin", "GFH", 0, 0x1C018, 0x20000, 3, "preloader_bird82_cwet_a_kk.bin", "MT6582", "medium", "", 1},
	{"evb-mt8135/preloader.img", "EMMC_BOOT", 0x800, 0x1518C, 0x20000, 3, "preloader_mt8135_evbp1_v2.bin", "MT8135", "high", "FF", 1},
	{"evb-mt8135/preloader.bin", "GFH", 0, 0x1518C, 0x20000, 3, "preloader_mt8135_evbp1_v2.bin", "MT8135", "high", "", 1},
	{"infinix-x5514-mt6739/preloader.img", "EMMC_BOOT", 0x800, 0x1CB7C, 0x40000, 5, "preloader_x5514d_h395.bin", "MT6739", "medium", "", 5},
	{"leagoo-m11-mt6739/preloader.img", "EMMC_BOOT", 0x800, 0x1C90C, 0x40000, 5, "preloader_c767_otd_l6202l_39_o1.bin", "MT6739", "medium", "", 4},
	{"leagoo-m11-mt6739/preloader.bin", "GFH", 0, 0x1C90C, 0x40000, 5, "preloader_c767_otd_l6202l_39_o1.bin", "MT6739", "medium", "", 4},
	{"lg-k310im-mt6762/preloader.bin", "GFH", 0, 0x3EE68, 0x40000, 5, "preloader_v730_64.bin", "MT6765", "high", "00", 8},
	{"meizu-m8-mt6765/preloader.img", "EMMC_BOOT", 0x800, 0x37AB0, 0x40000, 5, "preloader_k91813aa1.bin", "MT6765", "medium", "", 2},
	{mtkclient + "preloader_a04br3.bin", "GFH", 0, 0x27A64, 0x40000, 3, "preloader_a04br3.bin", "MT8167", "medium", "", 1},
	{mtkclient + "preloader_a05ba.img", "EMMC_BOOT", 0x800, 0x392BC, 0x40000, 3, "preloader_a05ba.bin", "MT8168", "high", "FF", 1},
	{mtkclient + "preloader_a05bd.img", "EMMC_BOOT", 0x800, 0x37F94, 0x40000, 3, "preloader_a05bd.bin", "MT8168", "high", "FF", 1},
	{mtkclient + "preloader_asus8183_adol_p030.bin", "GFH", 0, 0x41EE8, 0x80000, 5, "preloader_tb8788p1_64_bsp.bin", "MT6771", "high", "", 1},
	{mtkclient + "preloader_hs03s.bin", "GFH", 0, 0x3BF10, 0x40000, 5, "preloader_hs03s.bin", "MT6765", "high", "", 8},
	{"oplus-mt6991-shuitu/preloader_raw.img", "GFH", 0, 0x10BB5C, 0x500000, 5, "preloader.bin", "MT6991", "high", "00", -1},
	{"oppo-a16k-mt6765/preloader.bin", "GFH", 0, 0x3EBB8, 0x80000, 5, "preloader_oppo6765.bin", "MT6765", "high", "00", 5},
	{"orangepi-4giot-mt6737m/preloader_bd6737m_35g_b_m0.bin", "GFH", 0, 0x1CB80, 0x40000, 3, "preloader_bd6737m_35g_b_m0.bin", "", "", "", 5},
	{"smartec-mica-mt6580/preloader_bird_o1mp2_k80_bsp_512m.bin", "GFH", 0, 0x1B62C, 0x40000, 3, "preloader_bird_o1mp2_k80_bsp_512m.bin", "", "", "", 1},
	{"umidigi-a5pro-mt6763/preloader_a5_pro_bsp.bin", "GFH", 0, 0x3C6F4, 0x40000, 5, "preloader_a5_pro_bsp.bin", "MT6763", "high", "", 5},
	{"vivo-pd2135f-mt6891/img__preloader.img", "UFS_BOOT", 0x1000, 0x6CD84, 0x80000, 5, "preloader_k6893v1_64.bin", "MT6893", "high", "", 3},
	{"vivo-pd2135f-mt6891/bin__preloader_k6893v1_64.bin", "GFH", 0, 0x6CD84, 0x80000, 5, "preloader_k6893v1_64.bin", "MT6893", "high", "", 3},
	{"vivo-y12s-mt6765/preloader_k65v1_64_bsp.bin", "GFH", 0, 0x3C224, 0x40000, 5, "preloader_k65v1_64_bsp.bin", "MT6765", "high", "", 9},
}

func TestCorpusGoldens(t *testing.T) {
	for _, g := range goldens {
		r := mustRead(t, sample(t, g.path))
		f := r.Main()
		if f == nil || len(r.Files) != 1 {
			t.Errorf("%s: %d files", g.path, len(r.Files))
			continue
		}
		chip, sure := f.Chip()
		emi := -1
		if f.Bloader != nil {
			emi = len(f.Bloader.EMI)
		}
		got := golden{g.path, r.Medium, f.Extent.Offset, f.Extent.Length, f.Info.MaxSize,
			f.Info.SignatureType, f.Name(), chip, sure, f.Tail.Fill, emi}
		if got != g {
			t.Errorf("%s:\n got %+v\nwant %+v", g.path, got, g)
		}
		if !f.Proof.OK || f.Proof.Kind != "sha256" {
			t.Errorf("%s: not proven: %+v", g.path, f.Proof)
		}
		if len(r.Problems) > 0 {
			t.Errorf("%s: a good preloader with problems: %v", g.path, r.Problems)
		}
	}
}

// TestCorpusAll finds every preloader there is, so that none is left out of the table.
func TestCorpusAll(t *testing.T) {
	dir, known, seen := corpus(t), map[string]bool{}, 0
	for _, g := range goldens {
		known[g.path] = true
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil || !Sniff(image(b)) {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		r, err := Read(image(b))
		if err != nil {
			t.Errorf("%s: %v", rel, err)
			return nil
		}
		for _, f := range r.Files {
			if seen++; !f.Proof.OK && !f.Cut() {
				t.Errorf("%s: %s at 0x%x is not proven: %+v", rel, f.Kind, f.Extent.Offset, f.Proof)
			}
		}
		if same := strings.HasPrefix(rel, "leagoo-m11"); len(r.Files) == 1 && !known[filepath.ToSlash(rel)] && !same && r.Files[0].Proof.Kind != "sha1" {
			t.Errorf("%s is in no table", rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < len(goldens) {
		t.Errorf("only %d files seen, the table has %d", seen, len(goldens))
	}
}

// TestCorpusPairs: what Fix cuts from a region is the file its vendor published.
func TestCorpusPairs(t *testing.T) {
	for raw, files := range map[string][]string{
		"evb-mt8135/preloader.img":               {"evb-mt8135/preloader.bin"},
		"leagoo-m11-mt6739/preloader.img":        {"leagoo-m11-mt6739/preloader.bin", "leagoo-m11-mt6739/preloader_c767_otd_l6202l_39_o1.bin"},
		"vivo-pd2135f-mt6891/img__preloader.img": {"vivo-pd2135f-mt6891/bin__preloader_k6893v1_64.bin"},
	} {
		x, _ := fixOne(t, sample(t, raw))
		for _, file := range files {
			if got, want := bytesOf(t, x.Image), sample(t, file); !bytes.Equal(got, want) {
				t.Errorf("%s and %s: %s", raw, file, firstDifference(got, want))
			}
			y, _ := fixOne(t, sample(t, file))
			if !y.Already {
				t.Errorf("%s: is flashable and was not left alone", file)
			}
		}
	}
}

// TestCorpusWrap: a region's header comes back from its file alone, given medium and
// boundary, and from the region itself.
func TestCorpusWrap(t *testing.T) {
	boundaries := map[string]Boundary{
		"evb-mt8135/preloader.img":        BoundaryFile,
		mtkclient + "preloader_a05ba.img": BoundaryFile,
		mtkclient + "preloader_a05bd.img": BoundaryFile,
	}
	regions := 0
	for _, g := range goldens {
		if g.medium == MediumGFH {
			continue
		}
		regions++
		raw := sample(t, g.path)
		x, _ := fixOne(t, raw)
		for name, o := range map[string]WrapOptions{
			"by hand": {Medium: g.medium, Boundary: boundaries[g.path]},
			"like it": {Like: image(raw)},
		} {
			got, err := Wrap(x.Image, o)
			if err != nil {
				t.Errorf("%s, %s: %v", g.path, name, err)
				continue
			}
			if want := raw[:x.Extent.End()]; !bytes.Equal(got[:len(want)], want) {
				t.Errorf("%s, %s: %s", g.path, name, firstDifference(got, want))
			}
			// Padded files end where the vendor's do.
			if boundaries[g.path] == BoundaryFile && !bytes.Equal(got, raw) {
				t.Errorf("%s, %s: padding: %s", g.path, name, firstDifference(got, raw))
			}
		}
	}
	if regions != 8 {
		t.Errorf("%d regions tried", regions)
	}
}

// TestCorpusTwoEntries is the one real region with two files, SHA-1 signed; its
// second file is cut in the only copy there is.
func TestCorpusTwoEntries(t *testing.T) {
	raw := sample(t, "gfp105a-mt6261/binaries__preloader.bin")
	fixed, _, err := Fix(image(raw))
	if r := refusal(t, err, flash.ReasonCut); r.Path != "ext_bootloader.bin" || r.Offset != 0x8000 {
		t.Errorf("refusal: %+v", r)
	}
	if len(fixed) != 2 || fixed[0].Refused != nil || fixed[0].File.Proof.Kind != "sha1" || !fixed[0].File.Proof.OK {
		t.Fatalf("%+v", fixed)
	}
	if fixed[1].Extent.Offset != 0x2800 || fixed[1].File.Extent.Length != 0x7A38 {
		t.Errorf("second: %+v", fixed[1].File.Extent)
	}
	// The same phone's code read from 0x800 on: a bare file with data behind it.
	x, ps := fixOne(t, sample(t, "gfp105a-mt6261/binaries__dump_preloader.bin"))
	if !bytes.Equal(bytesOf(t, x.Image), bytesOf(t, fixed[0].Image)) {
		t.Error("the two reads differ")
	}
	problem(t, ps, "another GFH file first")
	head, err := Wrap(fixed[0].Image, WrapOptions{Medium: MediumSF})
	if err != nil || !bytes.Equal(head[:0x210], raw[:0x210]) || !bytes.Equal(head[0x214:0x228], raw[0x214:0x228]) {
		t.Errorf("SF header and first entry differ: %v, %s", err, firstDifference(head[:0x228], raw[:0x228]))
	}
}

// TestCorpusNested: the older preloaders hold a second FILE_INFO in their code.
func TestCorpusNested(t *testing.T) {
	for path, at := range map[string]int64{
		"blu-s5260-mt6592/preloader_s5260.bin":                                       0x1CC64,
		"discover-note4plus-mt6582/additional files__preloader_bird82_cwet_a_kk.bin": 0x1B754,
		"orangepi-4giot-mt6737m/preloader_bd6737m_35g_b_m0.bin":                      0x1C070,
	} {
		f := mustRead(t, sample(t, path)).Main()
		if len(f.Nested) != 1 || f.Nested[0] != at {
			t.Errorf("%s: nested at %x, want %x", path, f.Nested, at)
		}
	}
}

// TestCorpusDamage cuts and edits a real region.
func TestCorpusDamage(t *testing.T) {
	raw := sample(t, "mobiwire-s10-mt6572/preloader_and_dsp")
	_, _, err := Fix(image(raw[:0x18F33]))
	refusal(t, err, flash.ReasonCut)
	edited := bytes.Clone(raw)
	edited[0x5000] ^= 0x80
	_, _, err = Fix(image(edited))
	refusal(t, err, flash.ReasonUnproven)
	fixed, ps, err := FixPair(image(edited), image(raw))
	if err != nil || len(fixed) != 1 || fixed[0].Region != 2 || !fixed[0].File.Proof.OK {
		t.Errorf("pair: %+v, %v", fixed, err)
	}
	problem(t, ps, "differ in 0x1 bytes")
	if s := mustRead(t, raw).Main().ROMInfo.Security; s == nil || s.SecRO.Offset != 0x3D80000 || s.SecCfg.Offset != 0x3100000 {
		t.Errorf("security places: %+v", s)
	}
}
