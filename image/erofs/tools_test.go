package erofs

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/image/files"
	"github.com/mtkkit/mtkkit/image/files/filestest"
)

// makeEROFS makes an image of a folder. A program that does not know an option skips
// the test.
func makeEROFS(t testing.TB, dir string, args ...string) string {
	t.Helper()
	mkfs, err := exec.LookPath("mkfs.erofs")
	if err != nil {
		t.Skip("mkfs.erofs is not installed: nothing to compare with")
	}
	out := filepath.Join(t.TempDir(), "image")
	if b, err := exec.Command(mkfs, append([]string{"--quiet"}, append(args, out, dir)...)...).CombinedOutput(); err != nil {
		for _, unknown := range []string{"invalid option", "Unsupported", "Invalid argument", "unrecognized", "cannot find"} {
			if bytes.Contains(b, []byte(unknown)) {
				t.Skipf("this mkfs.erofs does not know %q", args)
			}
		}
		t.Fatalf("mkfs.erofs %q: %v\n%s", args, err, b)
	}
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

// Everything that mkfs.erofs can make of a folder is read back as it is on the disk. The
// version at hand decides what it can make.
func TestAgainstMkfs(t *testing.T) {
	dir := filestest.Folder(t)
	for name, args := range map[string]string{
		"plain":                  "",
		"lz4":                    "-zlz4",
		"lz4hc":                  "-zlz4hc,12",
		"lz4, old form":          "-zlz4 -Elegacy-compress",
		"lz4, no padding":        "-zlz4 -E^lz4-0padding",
		"big pclusters":          "-zlz4hc -C65536",
		"huge pclusters":         "-zlz4 -C1048576",
		"big pclusters, full":    "-zlz4 -C65536 -Elegacy-compress",
		"tail packing":           "-zlz4hc -Eztailpacking",
		"tail packing, big":      "-zlz4 -C32768 -Eztailpacking",
		"no inline data":         "-Enoinline_data",
		"chunks":                 "--chunksize=4096",
		"large chunks":           "--chunksize=65536",
		"chunks, block map":      "--chunksize=65536 -Eforce-chunk-indexes",
		"extended inodes":        "-Eforce-inode-extended",
		"compact inodes":         "-Eforce-inode-compact -T1500000000",
		"fragments":              "-zlz4 -Efragments",
		"fragments, tail, full":  "-zlz4hc -C65536 -Efragments,ztailpacking",
		"all in the packed":      "-zlz4 -Eall-fragments",
		"shared data":            "-zlz4 -Ededupe",
		"shared data, fragments": "-zlz4hc -Ededupe,fragments -C16384",
		"1 KiB blocks":           "-b1024 -zlz4",
		"lzma":                   "-zlzma",
		"lzma, big":              "-zlzma -C131072 -Efragments",
		"deflate":                "-zdeflate",
		"zstd":                   "-zzstd -C65536",
		"two algorithms":         "-zlz4:lz4hc",
	} {
		t.Run(name, func(t *testing.T) {
			filestest.Compare(t, open(t, makeEROFS(t, dir, strings.Fields(args)...)), dir)
		})
	}
}

func TestSuites(t *testing.T) {
	dir := filestest.Folder(t)
	for _, args := range []string{"-zlz4", "-zlz4hc -C65536", "--chunksize=4096", ""} {
		tree := open(t, makeEROFS(t, dir, strings.Fields(args)...))
		filestest.Images(t, tree, dir, "mixed", "sizes/150", "empty", "sizes/4097")
	}
}

// fsck.erofs takes an image apart as we do.
func TestAgainstFsck(t *testing.T) {
	fsck, err := exec.LookPath("fsck.erofs")
	if err != nil {
		t.Skip("fsck.erofs is not installed: nothing to compare with")
	}
	in := filestest.Folder(t)
	filestest.Plain(t, in)
	image := makeEROFS(t, in, "-zlz4hc")
	dir := filepath.Join(t.TempDir(), "out")
	if b, err := exec.Command(fsck, "--extract="+dir, "--preserve", image).CombinedOutput(); err != nil {
		t.Skipf("fsck.erofs --extract: %v\n%s", err, b)
	}
	filestest.Compare(t, open(t, image), dir)
}
