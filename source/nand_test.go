package source

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

func nandRegions(t *testing.T, path string) (*Source, string) {
	t.Helper()
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	var names []string
	for _, p := range s.Parts {
		names = append(names, string(p.Region))
	}
	return s, string(s.Storage) + ": " + strings.Join(names, " ")
}

// A file that begins with the boot header of a NAND chip is of NAND flash, whatever form
// the header has and whatever else the file holds; without more than the boot loaders it
// is their region.
func TestNANDRegions(t *testing.T) {
	const page, spare, block = 4096, 256, 64 * 4096
	loader := imgtest.Preloader(imgtest.PreloaderSpec{})
	spec := imgtest.NANDSpec{Page: page, Spare: spare, PagesPerBlock: 64, Blocks: 64}
	long, other, broken := spec, spec, spec
	long.Long, other.Version, broken.PagesPerBlock = true, "V004", 63
	fill := func(b []byte, size int, c byte) []byte { return append(b, bytes.Repeat([]byte{c}, size-len(b))...) }
	boot := func(s imgtest.NANDSpec) []byte { return imgtest.NANDBoot(s, loader) }
	chip := func(s imgtest.NANDSpec) []byte {
		b := fill(boot(s), 8*block, 0xFF)
		copy(b[4*block:], imgtest.MTKImage("LK", imgtest.Noise("lk", block), true))
		return b
	}
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"boot region":                      {boot(spec), "NAND: NAND_BOOT"},
		"boot region, long form":           {boot(long), "NAND: NAND_BOOT"},
		"boot region, other version":       {boot(other), "NAND: NAND_BOOT"},
		"boot region, whole pages":         {fill(boot(long), (len(boot(long))+page-1)/page*page, 0), "NAND: NAND_BOOT"},
		"boot region in an erased block":   {fill(boot(spec), 2*block, 0xFF), "NAND: NAND_BOOT"},
		"boot region, cut":                 {boot(long)[:3*page+100], "NAND: NAND_BOOT"},
		"boot region with spare bytes":     {imgtest.WithSpare(fill(boot(long), 2*block, 0xFF), page, spare), "NAND: NAND_BOOT NAND_SPARE"},
		"chip":                             {chip(spec), "NAND: NAND_WHOLE"},
		"chip, long form":                  {chip(long), "NAND: NAND_WHOLE"},
		"chip, other version":              {chip(other), "NAND: NAND_WHOLE"},
		"chip with spare bytes, long form": {imgtest.WithSpare(chip(long), page, spare), "NAND: NAND_WHOLE NAND_SPARE"},
		"chip, numbers no chip has":        {chip(broken), "NAND: NAND_WHOLE"},
		"chip, cut in a page":              {chip(long)[:6*block+77], "NAND: NAND_WHOLE"},
		"header alone":                     {boot(spec)[:page], "NAND: NAND_WHOLE"},
		"serial NOR":                       {imgtest.BootRegion("SF_BOOT", loader, 0x40000), "NOR: NOR_BOOT"},
		"eMMC":                             {imgtest.BootRegion("EMMC_BOOT", loader, 0x40000), "EMMC: EMMC_BOOT_1"},
	} {
		path := filepath.Join(t.TempDir(), "ROM_0")
		if err := os.WriteFile(path, c.b, 0o666); err != nil {
			t.Fatal(err)
		}
		s, got := nandRegions(t, path)
		if got != c.want {
			t.Errorf("%s: %s, want %s; %v", name, got, c.want, s.Problems)
		}
		if name == "chip, numbers no chip has" && (len(s.Problems) != 1 || !strings.Contains(s.Problems[0].Text, "no chip has the page size in it")) {
			t.Errorf("%s: %v", name, s.Problems)
		}
		if s.Parts[0].Region == flash.NANDBoot && flash.Worst(s.Problems) > flash.Note {
			t.Errorf("%s: %v", name, s.Problems)
		}
	}
}

// A folder with a NAND chip opens as the chip does.
func TestNANDFolder(t *testing.T) {
	dir := t.TempDir()
	b := append(imgtest.NANDBoot(imgtest.NANDSpec{Page: 2048, Spare: 64, PagesPerBlock: 64, Blocks: 1024, Long: true}, imgtest.Preloader(imgtest.PreloaderSpec{})), make([]byte, 1<<20)...)
	b = append(b[:1<<20], imgtest.MTKImage("LK", imgtest.Noise("lk", 1<<20-0x200), true)...)
	for name, b := range map[string][]byte{"ROM_0": b, "readme.txt": []byte("read from a watch\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if s, got := nandRegions(t, dir); got != "NAND: NAND_WHOLE" {
		t.Errorf("%s, %v", got, s.Problems)
	}
}
