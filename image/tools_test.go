package image

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mtkkit/mtkkit/flash/flashtest"
)

// Images made by the tools of others: kind and label as asked for, and the length
// that of the file, also when the file lies in a larger partition.
func TestAgainstTools(t *testing.T) {
	const mib = 1 << 20
	tests := []struct {
		name string
		size int64 // of the empty file to start from, 0: the tool makes it
		run  []string
		want Content
	}{
		{"ext4", 64 * mib, []string{"mke2fs", "-q", "-F", "-t", "ext4", "-L", "system", "OUT"}, Content{Kind: Ext4, Label: "system"}},
		{"ext4, small blocks", 9 * mib, []string{"mke2fs", "-q", "-F", "-t", "ext4", "-b", "1024", "OUT"}, Content{Kind: Ext4}},
		{"ext4, 32 bit", 16 * mib, []string{"mke2fs", "-q", "-F", "-t", "ext4", "-O", "^64bit", "OUT"}, Content{Kind: Ext4}},
		{"ext4, bigalloc", 64 * mib, []string{"mke2fs", "-q", "-F", "-t", "ext4", "-O", "bigalloc", "OUT"}, Content{Kind: Ext4}},
		{"ext2", 4 * mib, []string{"mke2fs", "-q", "-F", "-t", "ext2", "OUT"}, Content{Kind: Ext4}},
		{"F2FS", 64 * mib, []string{"mkfs.f2fs", "-q", "-l", "data", "OUT"}, Content{Kind: F2FS, Label: "data"}},
		{"EROFS", 0, []string{"mkfs.erofs", "--quiet", "OUT", "DIR"}, Content{Kind: EROFS}},
		{"SquashFS", 0, []string{"mksquashfs", "DIR", "OUT", "-quiet", "-no-progress"}, Content{Kind: SquashFS}},
		{"FAT12", 1 * mib, []string{"mkfs.vfat", "-F", "12", "-n", "NVRAM", "OUT"}, Content{Kind: FAT, Label: "NVRAM"}},
		{"FAT16", 16 * mib, []string{"mkfs.vfat", "-F", "16", "-n", "FAT", "OUT"}, Content{Kind: FAT, Label: "FAT"}},
		{"FAT32", 64 * mib, []string{"mkfs.vfat", "-F", "32", "-n", "INTERNAL", "OUT"}, Content{Kind: FAT, Label: "INTERNAL"}},
		{"boot v0", 0, []string{"mkbootimg", "--kernel", "FILE", "--ramdisk", "FILE", "--second", "FILE", "--board", "shop", "-o", "OUT"}, Content{Kind: AndroidBoot, Label: "shop"}},
		{"boot v1", 0, []string{"mkbootimg", "--header_version", "1", "--kernel", "FILE", "--ramdisk", "FILE", "--pagesize", "4096", "-o", "OUT"}, Content{Kind: AndroidBoot}},
		{"boot v2", 0, []string{"mkbootimg", "--header_version", "2", "--kernel", "FILE", "--ramdisk", "FILE", "--dtb", "FILE", "-o", "OUT"}, Content{Kind: AndroidBoot}},
		{"boot v3", 0, []string{"mkbootimg", "--header_version", "3", "--kernel", "FILE", "--ramdisk", "FILE", "-o", "OUT"}, Content{Kind: AndroidBoot}},
		{"vendor boot v3", 0, []string{"mkbootimg", "--header_version", "3", "--vendor_ramdisk", "FILE", "--dtb", "FILE", "--board", "shop", "--vendor_boot", "OUT"}, Content{Kind: VendorBoot, Label: "shop"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := produce(t, tt.size, tt.run)
			img := flashtest.File(t, out)
			tt.want.Length = img.Size()
			if got := proven(img); got != tt.want {
				t.Errorf("\n got %+v\nwant %+v", got, tt.want)
			}
			if err := os.Truncate(out, img.Size()+mib); err != nil {
				t.Fatal(err)
			}
			if got := proven(flashtest.File(t, out)); got != tt.want {
				t.Errorf("in a larger partition\n got %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestAgainstImg2simg(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "in")
	if err := os.WriteFile(in, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	out := produce(t, 0, []string{"img2simg", in, "OUT"})
	if got := proven(flashtest.File(t, out)); got != (Content{Kind: SparseAndroid}) {
		t.Errorf("got %+v", got)
	}
}

// produce runs a tool with OUT, DIR and FILE replaced by a new file, a directory with
// a file, and a file of 5000 bytes that are no fill.
func produce(t *testing.T, size int64, args []string) string {
	t.Helper()
	tool, err := exec.LookPath(args[0])
	if err != nil {
		t.Skipf("%s is not installed: no image of its making", args[0])
	}
	dir := t.TempDir()
	out, in := filepath.Join(dir, "out"), filepath.Join(dir, "in")
	if err := os.Mkdir(in, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(in, "file")
	if err := os.WriteFile(file, bytes.Repeat([]byte("phone"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if size > 0 {
		if err := os.WriteFile(out, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(out, size); err != nil {
			t.Fatal(err)
		}
	}
	var rest []string
	for _, a := range args[1:] {
		switch a {
		case "OUT":
			a = out
		case "DIR":
			a = in
		case "FILE":
			a = file
		}
		rest = append(rest, a)
	}
	if msg, err := exec.Command(tool, rest...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", args[0], err, msg)
	}
	return out
}
