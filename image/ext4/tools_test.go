package ext4

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/image/files"
	"github.com/mtkkit/mtkkit/image/files/filestest"
)

// tool finds a program of e2fsprogs, also where it is not in a user's PATH.
func tool(t testing.TB, name string) string {
	t.Helper()
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/sbin", "/usr/sbin") {
		if p, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return p
		}
	}
	t.Skipf("%s is not installed: nothing to compare with", name)
	return ""
}

func runTool(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(tool(t, name), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// make2fs makes a file system of a folder.
func make2fs(t testing.TB, dir, size string, args ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "image")
	runTool(t, "mke2fs", append(append([]string{"-q", "-F", "-d", dir}, args...), out, size)...)
	return out
}

func open(t testing.TB, name string) *files.Tree {
	t.Helper()
	fs, err := Read(flashtest.File(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return &files.Tree{System: fs}
}

// Everything that mke2fs can make of a folder is read back as it is on the disk.
func TestAgainstMke2fs(t *testing.T) {
	tool(t, "mke2fs")
	dir := filestest.Folder(t)
	for name, args := range map[string]string{
		"ext4":                   "64M -t ext4",
		"ext2":                   "64M -t ext2",
		"ext3":                   "64M -t ext3",
		"1 KiB blocks":           "64M -t ext4 -b 1024",
		"2 KiB blocks":           "64M -t ext4 -b 2048",
		"64 KiB blocks":          "512M -t ext4 -b 65536",
		"ext2, 1 KiB blocks":     "64M -t ext2 -b 1024",
		"no checksums":           "64M -t ext4 -O ^metadata_csum",
		"group checksums":        "64M -t ext4 -O ^metadata_csum,uninit_bg -b 1024",
		"32 bit":                 "64M -t ext4 -O ^64bit",
		"bigalloc":               "128M -t ext4 -O bigalloc",
		"inline data":            "64M -t ext4 -O inline_data",
		"inline data, 1 KiB":     "64M -t ext4 -O inline_data -I 1024",
		"bigalloc, inline data":  "128M -t ext4 -O bigalloc,inline_data,^64bit",
		"meta_bg":                "64M -t ext4 -O meta_bg,^resize_inode -b 1024",
		"meta_bg, no flex_bg":    "64M -t ext4 -O meta_bg,^resize_inode,^flex_bg -b 1024 -g 1024",
		"sparse_super2":          "64M -t ext4 -O sparse_super2,^resize_inode -b 1024",
		"no sparse_super":        "64M -t ext2 -O ^sparse_super,^resize_inode -b 1024",
		"small inodes":           "64M -t ext4 -I 128",
		"no types":               "64M -t ext2 -O ^filetype",
		"old revision":           "64M -r 0 -b 1024",
		"checksum seed":          "64M -t ext4 -O metadata_csum_seed",
		"casefold, verity":       "64M -t ext4 -O casefold,verity,encrypt",
		"bigalloc, 1 KiB blocks": "128M -t ext4 -O bigalloc -b 1024 -C 8192",
	} {
		t.Run(name, func(t *testing.T) {
			f, dir := strings.Fields(args), dir
			if strings.Contains(args, "inline_data") { // see TestLongInline
				dir = filestest.Folder(t)
				os.Remove(filepath.Join(dir, "zeros"))
			}
			filestest.Compare(t, open(t, make2fs(t, dir, f[0], f[1:]...)), dir)
		})
	}
}

func TestSuites(t *testing.T) {
	tool(t, "mke2fs")
	dir := filestest.Folder(t)
	tree := open(t, make2fs(t, dir, "64M", "-t", "ext4", "-b", "1024", "-O", "inline_data"))
	filestest.Images(t, tree, dir, "mixed", "sizes/150", "empty", "sizes/1025", "sizes/59")
}

// mke2fs 1.47 marks a file of zeros as inline, with its full size and 60 bytes.
func TestLongInline(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "zeros"), make([]byte, 300_000), 0o600); err != nil {
		t.Fatal(err)
	}
	tree := open(t, make2fs(t, dir, "16M", "-t", "ext4", "-O", "inline_data"))
	img, err := tree.Open("zeros")
	if err != nil {
		t.Fatal(err)
	}
	flashtest.TestImage(t, img, make([]byte, 300_000))
	if got := tree.Problems(); len(got) != 1 || !strings.Contains(got[0].Text, "only 60 of its 300000 bytes") {
		t.Skipf("this mke2fs writes it differently: %v", got)
	}
}
