package boot_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// mkbootimg returns the command of that tool. Debian's divides with a fraction where it
// counts the pages before a recovery dtbo, and fails: that one is put right in a copy.
func mkbootimg(t *testing.T) func(args ...string) *exec.Cmd {
	t.Helper()
	for _, tool := range []string{"mkbootimg", "unpack_bootimg", "python3"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool, "is not installed (Debian packages mkbootimg, python3)")
		}
	}
	path, _ := exec.LookPath("mkbootimg")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	right := filepath.Join(t.TempDir(), "mkbootimg.py")
	text = bytes.Replace(text, []byte(") / page_size"), []byte(") // page_size"), 1)
	if err := os.WriteFile(right, text, 0o666); err != nil {
		t.Fatal(err)
	}
	return func(args ...string) *exec.Cmd { return exec.Command("python3", append([]string{right}, args...)...) }
}

// mkbootimg makes images of versions 0 to 3, with ids; unpack_bootimg takes ours apart.
func TestMkbootimg(t *testing.T) {
	tool := mkbootimg(t)
	dir := t.TempDir()
	file := func(name string, n int) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, imgtest.Noise(name, n), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	parts := []string{"--kernel", file("kernel", 7001), "--ramdisk", file("ramdisk", 4100)}
	old := append(parts, "--second", file("second", 99), "--base", "0x40000000", "--board", "k37", "--pagesize", "2048",
		"--cmdline", strings.Repeat("bootopt=64S3 ", 60), "--os_version", "8.1.0", "--os_patch_level", "2018-06")
	for name, args := range map[string][]string{
		"v0": append(old, "--header_version", "0"),
		"v1": append(old, "--header_version", "1", "--recovery_dtbo", file("dtbo", 3000)),
		"v2": append(old, "--header_version", "2", "--recovery_dtbo", file("dtbo", 3000), "--dtb", file("dtb", 2500)),
		"v3": append(parts, "--header_version", "3", "--cmdline", "bootopt=64S3", "--os_version", "11.0.0", "--os_patch_level", "2021-05"),
	} {
		t.Run(name, func(t *testing.T) {
			make := func(args []string) []byte {
				out := filepath.Join(t.TempDir(), "out.img")
				if msg, err := tool(append(args, "-o", out)...).CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, msg)
				}
				b, err := os.ReadFile(out)
				if err != nil {
					t.Fatal(err)
				}
				return b
			}
			theirs := make(args)
			i := read(t, theirs)
			if got := encode(t, i); !bytes.Equal(got, theirs) || i.Length != int64(len(theirs)) || len(i.Problems) > 0 {
				t.Errorf("untouched, the bytes differ: length %d of %d, problems %v", i.Length, len(theirs), i.Problems)
			}
			other := imgtest.Noise("other", 12345)
			if err := i.Replace(boot.Ramdisk, bytes.NewReader(other)); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "other"), other, 0o666); err != nil {
				t.Fatal(err)
			}
			want := make(append(args, "--ramdisk", filepath.Join(dir, "other")))
			ours := encode(t, i)
			if !bytes.Equal(ours, want) {
				t.Error("with another ramdisk: not what mkbootimg makes, id included")
			}
			unpackTheirWay(t, ours, read(t, ours))
		})
	}
}

// unpackTheirWay lets unpack_bootimg take b apart and compares its parts and facts.
func unpackTheirWay(t *testing.T, b []byte, i *boot.Image) {
	t.Helper()
	dir := t.TempDir()
	img := filepath.Join(dir, "img")
	if err := os.WriteFile(img, b, 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("unpack_bootimg", "--boot_img", img, "--out", dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, p := range i.Parts {
		got, err := os.ReadFile(filepath.Join(dir, p.Name))
		if err != nil || !bytes.Equal(got, all(t, p.Bytes())) {
			t.Errorf("%s: unpack_bootimg has another one (%v)", p.Name, err)
		}
	}
	f := i.Facts()
	for _, line := range []string{"os version: " + f.OSVersion, "os patch level: " + f.PatchLevel} {
		if !strings.Contains(string(out), line) {
			t.Errorf("unpack_bootimg does not say %q:\n%s", line, out)
		}
	}
}

// mkbootimg of Debian makes a vendor_boot of version 3.
func TestMkbootimgVendor(t *testing.T) {
	tool := mkbootimg(t)
	dir := t.TempDir()
	write := func(name string, n int) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, imgtest.Noise(name, n), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	out := filepath.Join(dir, "vendor_boot.img")
	msg, err := tool("--header_version", "3", "--vendor_boot", out, "--vendor_ramdisk", write("rd", 5000),
		"--dtb", write("dtb", 2500), "--vendor_cmdline", "bootopt=64S3", "--base", "0x40000000", "--board", "k65").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, msg)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	i := read(t, b)
	if got := encode(t, i); !bytes.Equal(got, b) || i.Length != int64(len(b)) || len(i.Problems) > 0 {
		t.Errorf("untouched, the bytes differ: length %d of %d, problems %v", i.Length, len(b), i.Problems)
	}
	for name, n := range map[string]int{boot.Ramdisk: 5000, boot.DTB: 2500} {
		want := imgtest.Noise(map[string]string{boot.Ramdisk: "rd", boot.DTB: "dtb"}[name], n)
		if p := i.Part(name); p == nil || !bytes.Equal(all(t, p.Bytes()), want) {
			t.Errorf("%s is not what went in", name)
		}
	}
	if f := i.Facts(); f.Board != "k65" || f.Cmdline != "bootopt=64S3" || f.KernelAddr != 0x40008000 {
		t.Errorf("facts %+v", f)
	}
}
