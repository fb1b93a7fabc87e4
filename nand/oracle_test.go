package nand

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// The headers that u-boot's mkimage writes, on dumps with and without spare bytes.
func TestMkimage(t *testing.T) {
	mkimage, err := exec.LookPath("mkimage")
	if err != nil {
		t.Skip("no mkimage (u-boot-tools) here")
	}
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.WriteFile(in, imgtest.Noise("loader", 100000), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		options string
		pair
		pages int
	}{
		{"media=nand;nandinfo=2k+64", pair{2048, 64}, 64},
		{"media=nand;nandinfo=2k+120", pair{2048, 112}, 64},
		{"media=nand;nandinfo=2k+128", pair{2048, 128}, 64},
		{"media=nand;nandinfo=4k+256", pair{4096, 224}, 64},
		{"media=nand;nandinfo=hsm:2k+64", pair{2048, 64}, 64},
		{"media=nand;nandinfo=hsm:4k+256", pair{4096, 256}, 64},
		{"media=nand;nandinfo=hsm20:2k+64", pair{2048, 64}, 64},
		{"media=spim-nand;nandinfo=spim:2k+64", pair{2048, 64}, 64},
		{"media=spim-nand;nandinfo=spim:4k+256", pair{4096, 256}, 64},
	} {
		if b, err := exec.Command(mkimage, "-T", "mtk_image", "-a", "0x201000", "-n", tt.options, "-d", in, out).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", tt.options, err, b)
			continue
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		c := newChip(tt.page, tt.spare, 64, 4)
		c.write(0, 0, b)
		for _, p := range []pair{{tt.page, 0}, tt.pair} {
			dump := c.dump()
			if p.spare == 0 {
				dump = c.logical()
			}
			g := detect(t, dump)
			if g.Page != p.page || g.Spare != p.spare || g.PagesPerBlock != tt.pages {
				t.Errorf("%s: %s found as %s of %d pages", tt.options, p, g, g.PagesPerBlock)
			}
		}
	}
}

// The only real header at hand, of an MT7621: what it states is what its board has.
func TestRealHeader(t *testing.T) {
	dir := os.Getenv("MTKKIT_CORPUS")
	if dir == "" {
		t.Skip("MTKKIT_CORPUS is not set")
	}
	b, err := os.ReadFile(filepath.Join(dir, "quoted-nand-boot-header-mt7621", "snand_hdr_2k_64.bin"))
	if err != nil {
		t.Fatal(err)
	}
	c := newChip(2048, 64, 64, 4)
	c.write(0, 0, slices.Concat(b, b, b, b))
	c.write(0, 1, []byte("BRLYT\x00\x00\x00"))
	if g := detect(t, c.dump()); g.String() != "2048+64" || g.Blocks != 2048 {
		t.Errorf("found %+v", g)
	}
	if g := detect(t, bytes.Clone(c.logical())); g.Spare != 0 || g.Page != 2048 {
		t.Errorf("found %+v", g)
	}
}

// No other real file at hand is of NAND flash, and none is taken for it.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("MTKKIT_CORPUS")
	if dir == "" {
		t.Skip("MTKKIT_CORPUS is not set")
	}
	seen := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || filepath.Base(filepath.Dir(path)) == "quoted-nand-boot-header-mt7621" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen++
		if g, err := Detect(bytes.NewReader(b)); !errors.Is(err, flash.ErrNotThis) {
			t.Errorf("%s: found %+v, error %v", path, g, err)
		}
		return nil
	})
	if err != nil || seen < 100 {
		t.Errorf("%d files seen, error %v", seen, err)
	}
}
