package preloader

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

func TestReadRegion(t *testing.T) {
	file := plain().build()
	r := mustRead(t, emmc(file))
	if r.Medium != "EMMC_BOOT" || r.Header.Unit != 0x200 || r.Layout.Main != 0x20800 || len(r.Layout.Entries) != 1 {
		t.Errorf("region: %+v %+v %+v", r, r.Header, r.Layout)
	}
	f := r.Main()
	if f == nil || f.Extent != (flash.Extent{Offset: 0x800, Length: int64(len(file))}) {
		t.Fatalf("main file: %+v", f)
	}
	if !f.Proof.OK || f.Proof.Kind != "sha256" || f.Proof.Offset != f.Signature.Offset+0x54C {
		t.Errorf("proof: %+v", f.Proof)
	}
	var types []uint16
	for _, x := range f.Records {
		types = append(types, x.Type)
	}
	if !slices.Equal(types, []uint16{0, 1, 7, 0x60}) || f.Records[2].Version != 3 || f.Records[2].Offset != 0x800+0x44 {
		t.Errorf("records: %+v", f.Records)
	}
	if b := f.Bloader; b == nil || b.Board != "k65v1_64_bsp" || b.Version != "v35" || len(b.EMI) != 3 ||
		!bytes.Equal(b.EMI[2].Raw, bytes.Repeat([]byte{3}, emiSize)) {
		t.Errorf("bloader: %+v", b)
	}
	if f.Tail.Fill != "00" || f.Tail.Extent.End() != 0x8000 {
		t.Errorf("tail: %+v", f.Tail)
	}
	if len(r.Problems) > 0 {
		t.Errorf("problems: %v", r.Problems)
	}
}

// TestJSONReport: the struct is the report, and it survives being one.
func TestJSONReport(t *testing.T) {
	b, err := json.Marshal(mustRead(t, emmc(plain().build())))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"medium":"EMMC_BOOT"`, `"file":"preloader_k65v1_64_bsp.bin"`,
		`"proof":{"kind":"sha256","ok":true`, `"raw":"0101`, `"name":"BROM_CFG"`, `"fill":"00"`} {
		if !bytes.Contains(b, []byte(want)) {
			t.Errorf("no %s in %s", want, b)
		}
	}
	var back Region
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(back)
	if !bytes.Equal(again, b) {
		t.Errorf("report does not survive JSON:\n%s\n%s", b, again)
	}
}

func TestMedium(t *testing.T) {
	file := plain().build()
	for _, c := range []struct {
		name string
		in   []byte
		want string
	}{
		{"file", file, "GFH"},
		{"nothing", nil, ""},
		{"zeros", make([]byte, 4096), ""},
		{"text", []byte("EMMC_BOOTING is fun, and long enough to be one"), ""},
		{"name only", []byte("EMMC_BOOT\x00"), ""},
		{"mkimage leaves 0xFF behind the name", []byte("EMMC_BOOT\x00\xFF\xFF\x01\x00\x00\x00\x00\x02\x00\x00"), "EMMC_BOOT"},
		{"ufs", region("UFS_BOOT", 0x1000, nil, nil, 0x2000), "UFS_BOOT"},
		{"nand", []byte("BOOTLOADER!\x00V006NFIINFO\x00"), "BOOTLOADER!"},
		{"code without GFH", []byte("\x06\x00\x00\xEA\xFE\xFF\xFF\xEA"), ""},
	} {
		if got := Medium(image(c.in)); got != c.want || Sniff(image(c.in)) != (c.want != "") {
			t.Errorf("%s: Medium = %q, want %q; Sniff %v", c.name, got, c.want, Sniff(image(c.in)))
		}
	}
}

func TestProof(t *testing.T) {
	base := plain()
	for _, c := range []struct {
		name   string
		g      gfh
		kind   string
		ok     bool
		failed bool
		at     int64 // in the signature block
	}{
		{"type 1", gfh{sigType: 1, sigLen: 0x20}, "sha256", true, false, 0},
		{"type 1, MT6261", gfh{sigType: 1, sigLen: 0x20, sha1: true}, "sha1", true, false, 0},
		{"type 3", gfh{sigType: 3, sigLen: 0x124}, "sha256", true, false, 4},
		{"type 5", gfh{sigType: 5, sigLen: 0x66C}, "sha256", true, false, 0x54C},
		{"type 5, digest moved", gfh{sigType: 5, sigLen: 0x66C, digest: -0x100}, "sha256", true, false, 0x44C},
		{"type 3 without it", gfh{sigType: 3, sigLen: 0x124, unsigned: true}, "sha256", false, true, -1},
		{"type 4, found", gfh{sigType: 4, sigLen: 932, digest: 0x77}, "sha256", true, false, 0x77},
		{"type 4, not found", gfh{sigType: 4, sigLen: 932, unsigned: true}, "none", false, false, -1},
		{"none", gfh{sigType: 0, sigLen: 0}, "none", false, false, -1},
	} {
		c.g.content, c.g.board = base.content, base.board
		b := c.g.build()
		f := mustRead(t, b).Main()
		p := f.Proof
		if p.Kind != c.kind || p.OK != c.ok || p.Failed() != c.failed || p.Where == "" {
			t.Errorf("%s: %+v", c.name, p)
		}
		if want := f.Signature.Offset + c.at; c.at >= 0 && p.Offset != want {
			t.Errorf("%s: digest at 0x%x, want 0x%x", c.name, p.Offset, want)
		}
		// Every byte before the signature counts.
		for _, at := range []int64{0x34, f.Content.Offset, f.Signature.Offset - 1} {
			if b[at] ^= 1; c.ok && mustRead(t, b).Main().Proof.OK {
				t.Errorf("%s: a flipped bit at 0x%x goes unseen", c.name, at)
			}
			b[at] ^= 1
		}
	}
}

func TestBegin(t *testing.T) {
	file := plain().build()
	// A valid FILE_INFO in front, to tell who follows BRLYT from who searches.
	decoy := gfh{content: "decoy"}.build()
	one := func(begin uint32) []entry { return []entry{{5, 1, begin, 0x20800, 1}} }
	for _, c := range []struct {
		name  string
		in    []byte
		begin int64
		warn  string
	}{
		{"descriptor", region("EMMC_BOOT", 0x200, one(0x800), map[int][]byte{0x800: file}, 0x8000), 0x800, ""},
		{"moved to 0x2000, a block before it", region("EMMC_BOOT", 0x200, one(0x2000),
			map[int][]byte{0x1000: decoy, 0x2000: file}, 0x8000), 0x2000, ""},
		{"ufs", region("UFS_BOOT", 0x1000, []entry{{0xC, 1, 0x1000, 0x21000, 1}}, map[int][]byte{0x1000: file}, 0x8000), 0x1000, ""},
		{"points to itself", region("EMMC_BOOT", 0x200, one(0x200), map[int][]byte{0x800: file}, 0x8000), 0x800, "does not name a preloader"},
		{"points to the header", region("EMMC_BOOT", 0x200, one(0), map[int][]byte{0x1000: file}, 0x8000), 0x1000, "does not name a preloader"},
		{"points beyond all", region("EMMC_BOOT", 0x200, one(0xFFFFFFFF), map[int][]byte{0x600: file}, 0x8000), 0x600, "it is cut"},
		{"no entry", region("EMMC_BOOT", 0x200, nil, map[int][]byte{0x800: file}, 0x8000), 0x800, "usual offset"},
		{"at no usual place", region("EMMC_BOOT", 0x200, one(0x400), map[int][]byte{0x2344: file}, 0x8000), 0x2344, "found by a search"},
		{"header and BRLYT erased", append(make([]byte, 0x3000), file...), 0x3000, "found by a search"},
	} {
		r := mustRead(t, c.in)
		if len(r.Files) != 1 || r.Files[0].Extent.Offset != c.begin || !r.Files[0].Proof.OK {
			t.Errorf("%s: %+v", c.name, r.Files)
		}
		if c.warn != "" {
			problem(t, r.Problems, c.warn)
		} else if len(r.Problems) > 0 {
			t.Errorf("%s: %v", c.name, r.Problems)
		}
	}
}

// TestNested puts FILE_INFO blocks inside the code, as older preloaders have one.
func TestNested(t *testing.T) {
	nested := gfh{fileType: 9, sigType: 2, sigLen: 0x100, content: "nested"}.build()
	g := plain()
	g.content = strings.Repeat("before", 100) + string(nested) + strings.Repeat("behind", 100)
	file := g.build()
	at := int64(bytes.Index(file[1:], []byte("MMM\x01\x38\x00\x00\x00FILE_INFO"))) + 1

	r := mustRead(t, emmc(file))
	if len(r.Files) != 1 || !r.Files[0].Proof.OK || !slices.Equal(r.Files[0].Nested, []int64{0x800 + at}) {
		t.Fatalf("split by what is nested: %+v", r.Files)
	}
	// With the true FILE_INFO gone, the nested one must not take its place.
	b := emmc(file)
	b[0x800] = 0
	if r := mustRead(t, b); len(r.Files) != 0 {
		t.Errorf("took the nested FILE_INFO for the file: %+v", r.Files[0])
	}
}

func TestTwoEntries(t *testing.T) {
	one := gfh{sigType: 1, sigLen: 0x20, sha1: true, max: 0xFFFFFFFF, content: "first"}.build()
	two := gfh{fileType: 2, sigType: 1, sigLen: 0x20, max: 0xFFFFFFFF, content: "second"}.build()
	b := region("SF_BOOT", 0x200, []entry{
		{7, 1, 0x800, uint32(0x800 + len(one)), 1},
		{7, 2, 0x2800, uint32(0x2800 + len(two)), 0},
	}, map[int][]byte{0x800: one, 0x2800: two}, 0x2800+len(two))
	fixed, ps, err := Fix(image(b))
	if err != nil || len(ps) > 0 || len(fixed) != 2 {
		t.Fatalf("%v %v %v", fixed, ps, err)
	}
	for i, want := range [][]byte{one, two} {
		if got := bytesOf(t, fixed[i].Image); !bytes.Equal(got, want) {
			t.Errorf("file %d: %d bytes, want %d", i, len(got), len(want))
		}
	}
	if fixed[0].Name != "preloader.bin" || fixed[1].Name != "ext_bootloader.bin" {
		t.Errorf("names: %s, %s", fixed[0].Name, fixed[1].Name)
	}
	if tail := fixed[0].File.Tail; tail.Extent.End() != 0x2800 {
		t.Errorf("the first file's tail runs into the second: %+v", tail)
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ in, name string }{
		{"preloader_s5260.bin", "preloader_s5260.bin"},
		{"preloader_bd6737m_35g_b_m0.bin   ", "preloader_bd6737m_35g_b_m0.bin"},
		{"preloader_mt6575_evb.bin", "preloader.bin"}, // a default left in place
		{"preloader_../../etc.bin", "preloader.bin"},
		{"preloader_a b.bin", "preloader.bin"},
		{"preloader_.bin", "preloader.bin"},
		{"something.bin", "preloader.bin"},
		{"preloader_\x01.bin", "preloader.bin"},
		{"preloader_" + strings.Repeat("x", 47) + ".bin", "preloader_" + strings.Repeat("x", 47) + ".bin"},
		{"", "preloader.bin"},
	} {
		g := plain()
		g.board = c.in
		if got := mustRead(t, g.build()).Main().Name(); got != c.name {
			t.Errorf("%q: %q, want %q", c.in, got, c.name)
		}
	}
}

// TestDevices: the entry's device is the region's own; UFS regions of MT6897 say eMMC.
func TestDevices(t *testing.T) {
	file := plain().build()
	for _, c := range []struct {
		medium string
		device uint16
		odd    bool
	}{
		{"EMMC_BOOT", 0x05, false}, {"EMMC_BOOT", 0x0C, true},
		{"UFS_BOOT", 0x0C, false}, {"UFS_BOOT", 0x05, false}, {"UFS_BOOT", 0x0E, true},
		{"COMBO_BOOT", 0x0E, false}, {"COMBO_BOOT", 0x05, true},
	} {
		unit := map[bool]uint32{true: 0x200, false: 0x1000}[c.medium == "EMMC_BOOT"]
		r := mustRead(t, region(c.medium, unit, []entry{{c.device, 1, 0x1000, 0x21000, 1}}, map[int][]byte{0x1000: file}, 0x8000))
		if odd := len(r.Problems) > 0; odd != c.odd || r.Main() == nil || !r.Main().Proof.OK {
			t.Errorf("%s with device 0x%x: %v", c.medium, c.device, r.Problems)
		}
	}
}

func TestTail(t *testing.T) {
	file := plain().build()
	end := int64(0x800 + len(file))
	with := func(change func(tail []byte)) Tail {
		b := emmc(file)
		change(b[end:])
		return mustRead(t, b).Main().Tail
	}
	if got := with(func(b []byte) { fill(b, 0xFF) }); got.Fill != "FF" || got.DataBytes != 0 {
		t.Errorf("FF: %+v", got)
	}
	if got := with(func(b []byte) { fill(b[:100], 0xFF) }); got.Fill != "mixed" || got.DataBytes != 0 {
		t.Errorf("FF, then 00: %+v", got)
	}
	// Data right behind the file, with a zero in it, and some near the region's end.
	got := with(func(b []byte) { copy(b, "data\x00data"); b[len(b)-1] = 7 })
	want := []flash.Extent{{Offset: end, Length: 9}, {Offset: 0x7FFF, Length: 1}}
	if got.Fill != "mixed" || got.DataBytes != 10 || !slices.Equal(got.Data, want) {
		t.Errorf("data: %+v, want %v", got, want)
	}
}

func TestPlatform(t *testing.T) {
	rom := func(chip string) string {
		b := make([]byte, romSize)
		copy(b, "AND_ROMINFO_v")
		b[0x10], b[0x12] = 2, 2
		copy(b[0x14:], chip)
		copy(b[0x24:], "CUST")
		return string(b)
	}
	for _, c := range []struct {
		name, content, board string
		chip                 string
		sure                 Confidence
	}{
		{"path", "/x/platform/mt6833/src/a.c", "", "MT6833", ConfidenceHigh},
		{"path against a default", rom("MT6752") + "platform/mt6833/a.c", "", "MT6833", ConfidenceHigh},
		{"path against a sister chip's name", "platform/mt6771/a.c", "preloader_tb8788p1.bin", "MT6771", ConfidenceHigh},
		{"the commoner path", "platform/mt6771/a platform/mt6771/b platform/mt6755/c", "", "MT6771", ConfidenceHigh},
		{"two paths", "platform/mt6771/a platform/mt6755/b", "", "", ""},
		{"default alone", rom("MT6752"), "", "", ""},
		{"default and a name", rom("MT6752"), "preloader_bd6737m_35g.bin", "", ""},
		{"a true MT6752", rom("MT6752") + "MT6752 EVB", "preloader_mt6752_evb.bin", "MT6752", ConfidenceHigh},
		{"rom info alone", rom("MT6592"), "preloader_s5260.bin", "MT6592", ConfidenceMedium},
		{"rom info and name", rom("MT8135"), "preloader_mt8135_evbp1_v2.bin", "MT8135", ConfidenceHigh},
		{"rom info contradicted", rom("MT6592") + "MT6582 only", "", "", ""},
		{"name alone", "", "preloader_k6893v1_64.bin", "", ""},
		{"companion chips", "MT6357 mt6311 MT6691 mt6370", "", "", ""},
		{"nothing", "code", "", "", ""},
	} {
		g := gfh{sigType: 3, sigLen: 0x124, content: c.content, board: c.board}
		chip, sure := mustRead(t, g.build()).Main().Chip()
		if chip != c.chip || sure != c.sure {
			t.Errorf("%s: %q %q, want %q %q", c.name, chip, sure, c.chip, c.sure)
		}
	}
}

func TestTimes(t *testing.T) {
	g := plain()
	g.content = "[%s] SecLib.a '%s'\n\x0020150409-144302\x00" +
		"handshake\n\x0020160101-000000\x00" + "\n%s Build Time: %s\n\x0020151216-191334\x00 alps-mp-p0.mp1/vendor"
	f := mustRead(t, g.build()).Main()
	if f.BuildTime != "20151216-191334" || f.LibTime != "20150409-144302" || f.Branch != "alps-mp-p0.mp1" {
		t.Errorf("build %q, library %q, branch %q", f.BuildTime, f.LibTime, f.Branch)
	}
}

// TestTraceAcrossWindows puts a path where two windows meet.
func TestTraceAcrossWindows(t *testing.T) {
	for shift := -40; shift < 40; shift++ {
		g := gfh{sigType: 3, sigLen: 0x124, max: 1 << 20}
		g.content = strings.Repeat(".", windowSize-2*traceMargin+traceMargin+shift) + "platform/mt6833/a.c" + strings.Repeat(".", 4096)
		f := mustRead(t, g.build()).Main()
		if len(f.Evidence) != 1 || f.Evidence[0].Count != 1 {
			t.Fatalf("shift %d: %+v", shift, f.Evidence)
		}
	}
}

func TestNotAPreloader(t *testing.T) {
	for say, in := range map[string][]byte{
		"neither a boot region":     nil,
		"code without the GFH head": append([]byte("\x04\x00\x00\xEA\x80\x45\x12\x00"), bytes.Repeat([]byte("\x00\xC4\x12\x00"), 4000)...),
		"nor a preloader file":      []byte("hello, this is no preloader"),
		"code without the GFH":      bytes.Repeat([]byte("\x06\x00\x00\xEA\xFE\xFF\xFF\xEA"), 4000),
		"only the MTK_BLOADER_INFO": append([]byte("MTK_BLOADER_INFO_v21"), make([]byte, 1000)...),
	} {
		_, err := Read(image(in))
		if !errors.Is(err, flash.ErrNotThis) || !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v", say, err)
		}
	}
}

func TestNAND(t *testing.T) {
	for name, c := range map[string]struct {
		version string
		at      int // of the numbers behind the address cycles
	}{"short form": {"V006", 0x1E}, "long form": {"V006", 0x2C}, "another version": {"V004", 0x1E}} {
		r := mustRead(t, nandRegion(c.version, c.at))
		if r.NAND == nil || r.NAND.PageSize != 0x800 || r.NAND.SpareSize != 0x40 || r.NAND.PagesPerBlock != 0x40 || r.NAND.Blocks != 0x800 || r.NAND.Verified {
			t.Errorf("%s: header: %+v", name, r.NAND)
		}
		if len(r.Files) != 1 || r.Files[0].Extent.Offset != 0x1000 || !r.Files[0].Proof.OK || len(r.Problems) != 1 {
			t.Errorf("%s: files: %+v, problems %v", name, r.Files, r.Problems)
		}
		problem(t, r.Problems, "never verified")
	}
	r := mustRead(t, nandRegion("V006", 0x40))
	problem(t, r.Problems, "no chip has 0 spare bytes a page, 0 pages a block and 0 blocks")
}

// nandRegion is the boot region of a NAND chip; at is where its header's spare size stands.
func nandRegion(version string, at int) []byte {
	file := plain().build()
	page := 0x800
	b := make([]byte, 2*page)
	copy(b, "BOOTLOADER!\x00"+version+"NFIINFO\x00")
	for i, v := range []uint16{0, 0x800, 3} {
		le.PutUint16(b[0x18+2*i:], v)
	}
	for i, v := range []uint16{0x40, 0x40, 0x800} {
		le.PutUint16(b[at+2*i:], v)
	}
	copy(b[page:], "BRLYT\x00\x00\x00")
	end := uint32(2 + (len(file)+page-1)/page)
	for i, v := range []uint32{1, 2, end} {
		le.PutUint32(b[page+8+4*i:], v)
	}
	for i, v := range []uint32{entryMagic, 0x00010002, 2, end, 1} {
		le.PutUint32(b[page+0x14+4*i:], v)
	}
	return append(b, file...)
}
