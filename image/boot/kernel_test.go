package boot_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/image/ramdisk"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

const sampleBanner = "Linux version 3.18.35 (builder@host) (gcc version 4.9) #1 SMP PREEMPT"

// plainKernel holds the format of the sentence too, as kernels do.
func plainKernel() []byte {
	return append(imgtest.Noise("kernel", 20000), "Linux version %s (%s)\x00more\x00"+sampleBanner+"\nrest\x00"...)
}

func kernelInfo(t *testing.T, b []byte) boot.KernelInfo {
	t.Helper()
	k, err := boot.ReadKernel(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestKernelVersion(t *testing.T) {
	loader := append(imgtest.Noise("loader", 3000), "\x1F\x8B\x08\x00 no stream, only its magic \x02\x21\x4C\x18"...)
	for _, c := range []ramdisk.Compression{ramdisk.None, ramdisk.Gzip, ramdisk.LZ4Legacy, ramdisk.XZ, ramdisk.LZMA} {
		packed, err := ramdisk.Pack(plainKernel(), c)
		if err != nil {
			t.Fatal(err)
		}
		for name, b := range map[string][]byte{
			"alone":                packed,
			"behind a false magic": append(bytes.Clone(loader), packed...),
			"with bytes behind":    append(bytes.Clone(packed), loader...),
		} {
			if k := kernelInfo(t, b); "Linux version "+k.Version != sampleBanner || k.Release() != "3.18.35" {
				t.Errorf("%s %s: %q", c, name, k.Version)
			}
		}
	}
	arm64 := plainKernel()
	copy(arm64[0x38:], "ARM\x64")
	packed, err := ramdisk.Pack(arm64, ramdisk.Gzip)
	if err != nil {
		t.Fatal(err)
	}
	for want, b := range map[int][]byte{64: packed, 32: append([]byte(strings.Repeat("\x00", 0x24)+"\x18\x28\x6F\x01"), plainKernel()...), 0: plainKernel()} {
		if k := kernelInfo(t, b); k.Bits != want {
			t.Errorf("%d bits, want %d", k.Bits, want)
		}
	}
	if k := kernelInfo(t, loader); k.Version != "" || k.Release() != "" {
		t.Errorf("no kernel, and it says %q", k.Version)
	}
}

// dtc makes a tree; it is found behind a kernel, and behind another.
func TestDeviceTree(t *testing.T) {
	if _, err := exec.LookPath("dtc"); err != nil {
		t.Skip("dtc is not installed (Debian package device-tree-compiler)")
	}
	dir := t.TempDir()
	make := func(name, source string) []byte {
		in, out := filepath.Join(dir, name+".dts"), filepath.Join(dir, name+".dtb")
		if err := os.WriteFile(in, []byte("/dts-v1/;\n"+source), 0o666); err != nil {
			t.Fatal(err)
		}
		if msg, err := exec.Command("dtc", "-q", "-o", out, in).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, msg)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	one := make("one", `/ { model = "MT6735"; compatible = "mediatek,mt6735", "mediatek,other"; soc { model = "no"; compatible = "simple-bus"; }; };`)
	two := make("two", `/ { interrupt-parent = <1>; compatible = "mediatek,mt6737m"; };`)
	b := append(append(append(plainKernel(), one...), "\xD0\x0D\xFE\xED no tree"...), two...)
	var got []string
	for _, tree := range kernelInfo(t, b).Trees {
		got = append(got, tree.Model+" "+strings.Join(tree.Compatible, " "))
	}
	if d := cmp.Diff([]string{"MT6735 mediatek,mt6735 mediatek,other", " mediatek,mt6737m"}, got); d != "" {
		t.Error(d)
	}
	for n := range one { // cut anywhere, nothing breaks
		kernelInfo(t, one[:n])
	}
}

func FuzzKernel(f *testing.F) {
	f.Add([]byte("Linux version 3.4.67 (a@b)\n"))
	f.Add([]byte("\xD0\x0D\xFE\xED\x00\x00\x00\x48\x00\x00\x00\x28\x00\x00\x00\x40\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x02\x00\x00\x00\x00ab\x00\x00model\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := boot.ReadKernel(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		for _, tree := range k.Trees {
			if tree.Offset < 0 || tree.Length <= 0 || tree.End() > int64(len(b)) {
				t.Fatalf("tree %v in %d bytes", tree.Extent, len(b))
			}
		}
	})
}
