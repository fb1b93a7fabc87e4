package boot_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/image/boot"
)

// The pieces of a real phone's images, put together by hand as its img_info says.
func TestCorpusWiko(t *testing.T) {
	dir := os.Getenv("MTKKIT_CORPUS")
	if dir == "" {
		t.Skip("MTKKIT_CORPUS is not set")
	}
	piece := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, "wiko-wiko-mt6582", name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		name, section string
		ramdisk       int64
	}{{"boot", "ROOTFS", 830106}, {"recovery", "RECOVERY", 1217224}} {
		kernel := piece(c.name + "__kernel")
		ramdisk := append(piece(c.name+"__ramdisk.mtk_header"), piece(c.name+"__ramdisk.packed")...)
		b := assemble(2048, map[int]any{0: "ANDROID!", 8: len(kernel), 12: 0x10008000, 16: len(ramdisk), 20: 0x11000000,
			28: 0x10F00000, 32: 0x10000100, 36: 2048}, 1, kernel, ramdisk)
		b = append(b, make([]byte, 0x600000-len(b))...) // as it lies in its partition
		i := read(t, b)
		k, r := i.Part(boot.Kernel), i.Part(boot.Ramdisk)
		if k.Section == nil || k.Section.Name != "KERNEL" || k.Section.Size != 3484064 ||
			r.Section == nil || r.Section.Name != c.section || r.Section.Size != c.ramdisk {
			t.Errorf("%s: sections %+v %+v", c.name, k.Section, r.Section)
		}
		if got := encode(t, i); !bytes.Equal(got, b) {
			t.Errorf("%s: untouched, the bytes differ", c.name)
		}
		if f := i.Facts(); f.KernelAddr != 0x10008000 || f.TagsAddr != 0x10000100 {
			t.Errorf("%s: facts %+v", c.name, f)
		}
	}
}

// The real kernel unpacks itself, and has a false xz magic before the true one.
func TestCorpusKernel(t *testing.T) {
	dir := os.Getenv("MTKKIT_CORPUS")
	if dir == "" {
		t.Skip("MTKKIT_CORPUS is not set")
	}
	b, err := os.ReadFile(filepath.Join(dir, "wiko-wiko-mt6582", "boot__kernel"))
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(b, []byte("\xFD7zXZ\x00")); n != 2 {
		t.Errorf("%d magics of xz, a false one before the true one was expected", n)
	}
	if k := kernelInfo(t, b[512:]); k.Release() != "3.4.67" || k.Bits != 32 {
		t.Errorf("version %q, %d bits", k.Version, k.Bits)
	}
}
