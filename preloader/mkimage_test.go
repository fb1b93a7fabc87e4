package preloader

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// mkimage runs u-boot's mkimage for MediaTek images, which knows nothing of us.
func mkimage(t *testing.T, args ...string) (string, error) {
	t.Helper()
	tool, err := exec.LookPath("mkimage")
	if err != nil {
		t.Skip("mkimage (u-boot-tools) is not installed")
	}
	// -a and -n are demanded even for -l, and -a must not be 0.
	out, err := exec.Command(tool, append([]string{"-T", "mtk_image", "-a", "0x201000"}, args...)...).CombinedOutput()
	return string(out), err
}

// TestMkimageAccepts: u-boot's tool lists what Wrap writes as a MediaTek boot image.
func TestMkimageAccepts(t *testing.T) {
	dir := t.TempDir()
	for _, m := range []string{MediumEMMC, MediumSDMMC, MediumSF} {
		for _, b := range []Boundary{BoundaryMax, BoundaryFile} {
			region, err := Wrap(image(plain().build()), WrapOptions{Medium: m, Boundary: b})
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, m)
			accepted := func(b []byte) (string, bool) {
				if err := os.WriteFile(path, b, 0o600); err != nil {
					t.Fatal(err)
				}
				out, err := mkimage(t, "-n", "media=emmc", "-l", path)
				return out, err == nil && len(out) > 0
			}
			if out, ok := accepted(region); !ok {
				t.Errorf("%s, %s: mkimage refuses it: %s", m, b, out)
			}
			region[0x201] ^= 1 // no longer BRLYT: the tool must be able to say no
			if out, ok := accepted(region); ok {
				t.Errorf("%s: mkimage accepts anything: %s", m, out)
			}
		}
	}
}

// TestMkimageRead: what u-boot's tool writes is read, and its digest holds.
func TestMkimageRead(t *testing.T) {
	dir := t.TempDir()
	code := filepath.Join(dir, "code")
	if err := os.WriteFile(code, bytes.Repeat([]byte("boot code "), 2000), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		options, medium string
		begin           int64
		page            uint32
	}{
		{"media=emmc", "EMMC_BOOT", 0x600, 0},
		{"media=sdmmc", "SDMMC_BOOT", 0x600, 0},
		{"media=nor", "SF_BOOT", 0x600, 0},
		{"media=nand;nandinfo=2k+64", "BOOTLOADER!", 0x1000, 0x800},
		{"media=nand;nandinfo=4k+256", "BOOTLOADER!", 0x2000, 0x1000},
		{"media=nand;nandinfo=hsm:2k+64", "NANDCFG!", 0x800, 0x800},
		{"media=nand;nandinfo=hsm20:2k+64", "NANDCFG!", 0x800, 0x800},
		{"media=spim-nand;nandinfo=spim:2k+64", "SPINAND!", 0x800, 0x800},
	} {
		path := filepath.Join(dir, "image")
		if out, err := mkimage(t, "-n", c.options, "-d", code, path); err != nil {
			t.Errorf("%s: %v: %s", c.options, err, out)
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		r := mustRead(t, b)
		if r.Medium != c.medium || len(r.Files) != 1 {
			t.Errorf("%s: %q, %d files, %v", c.options, r.Medium, len(r.Files), r.Problems)
			continue
		}
		f := r.Files[0]
		if f.Extent.Offset != c.begin || !f.Proof.OK || f.Info.SignatureType != 1 {
			t.Errorf("%s: %v, %+v", c.options, f.Extent, f.Proof)
		}
		if c.page == 0 && len(r.Problems) > 0 {
			t.Errorf("%s: %v", c.options, r.Problems)
		}
		if c.page > 0 && (r.NAND.PageSize != c.page || r.NAND.PagesPerBlock == 0) {
			t.Errorf("%s: %+v", c.options, r.NAND)
		}
	}
}
