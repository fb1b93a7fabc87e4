package image

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
)

// What is said of file systems made by the tools of others.
func TestDescribeTools(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		name string
		size int64
		run  []string
		want []string
	}{
		{"ext4", 64 * mib, []string{"mke2fs", "-q", "-F", "-t", "ext4", "-L", "system", "-M", "/system", "OUT"}, []string{"ext4 file system system\n0x4000000 of 0x4000000: stated by its superblock: all of the slice", "type: ext4", "last mounted on: /system", "made: 20"}},
		{"ext4, 1 KiB blocks, no checksums", 16 * mib, []string{"mke2fs", "-q", "-F", "-t", "ext4", "-b", "1024", "-O", "^metadata_csum,^64bit", "OUT"}, []string{"type: ext4", "used: "}},
		{"ext3", 16 * mib, []string{"mke2fs", "-q", "-F", "-t", "ext3", "OUT"}, []string{"type: ext3"}},
		{"ext2", 16 * mib, []string{"mke2fs", "-q", "-F", "-t", "ext2", "OUT"}, []string{"type: ext2"}},
		{"F2FS", 64 * mib, []string{"mkfs.f2fs", "-q", "-l", "data", "OUT"}, []string{"F2FS file system data", "used: "}},
		{"EROFS", 0, []string{"mkfs.erofs", "--quiet", "-zlz4hc", "-T1600000000", "OUT", "DIR"}, []string{"files: 2\n", "compressed: yes", "made: 2020-09-13 12:26:40 UTC"}},
		{"SquashFS", 0, []string{"mksquashfs", "DIR", "OUT", "-quiet", "-no-progress", "-comp", "xz"}, []string{"files: 2\n", "compressed: xz, blocks of 128 KiB"}},
		{"FAT12", 1 * mib, []string{"mkfs.vfat", "-F", "12", "-n", "NVRAM", "OUT"}, []string{"FAT file system NVRAM", "type: FAT12", "used: 0 B of"}},
		{"FAT16", 16 * mib, []string{"mkfs.vfat", "-F", "16", "OUT"}, []string{"type: FAT16", "used: 0 B of"}},
		{"FAT32", 64 * mib, []string{"mkfs.vfat", "-F", "32", "OUT"}, []string{"type: FAT32, clusters of 512 B", "used: 512 B of"}},
		{"UBIFS", 0, []string{"mkfs.ubifs", "-m", "2048", "-e", "126976", "-c", "200", "-x", "zlib", "-r", "DIR", "OUT"}, []string{"UBIFS file system", "stated by its superblock", "of 124 KiB, it may grow to 200", "smallest write: 2 KiB", "compressed: zlib"}},
		{"boot", 0, []string{"mkbootimg", "--kernel", "FILE", "--ramdisk", "FILE", "--os_version", "11.0.0", "--os_patch_level", "2021-05", "--cmdline", "bootopt=64S3", "-o", "OUT"}, []string{"OS version: 11.0.0", "patch level: 2021-05", "command line: bootopt=64S3", "kernel: 4.9 KiB at 0x800", "version: 0, pages of 2048 bytes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := words(Describe(flashtest.File(t, produce(t, c.size, c.run))))
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("%s\nlacks %q", got, want)
				}
			}
		})
	}
}

// How full an ext4 file system is, is what dumpe2fs says; files are in it, and clusters
// in one of the two.
func TestUseOfExt4(t *testing.T) {
	dumpe2fs, err := exec.LookPath("dumpe2fs")
	if err != nil {
		t.Skip("dumpe2fs is not installed: nothing to compare with")
	}
	for _, features := range []string{"64bit", "bigalloc"} {
		out := produce(t, 64<<20, []string{"mke2fs", "-q", "-F", "-t", "ext4", "-O", features, "-d", "DIR", "OUT"})
		b, err := exec.Command(dumpe2fs, "-h", out).Output()
		if err != nil {
			t.Fatal(err)
		}
		field := func(name string) int64 {
			m := regexp.MustCompile(name + `:\s+(\d+)`).FindSubmatch(b)
			if m == nil {
				t.Fatalf("dumpe2fs says nothing of %s", name)
			}
			n, _ := strconv.ParseInt(string(m[1]), 10, 64)
			return n
		}
		free := field("Free blocks") * field("Block size")
		if got := Describe(flashtest.File(t, out)).Fact("free"); got != flash.Size(free).String() {
			t.Errorf("%s: %s free, dumpe2fs says %s", features, got, flash.Size(free))
		}
	}
}

// UBI volumes made by ubinize.
func TestDescribeUBI(t *testing.T) {
	if _, err := exec.LookPath("ubinize"); err != nil {
		t.Skip("ubinize is not installed: no UBI of its making")
	}
	fs := produce(t, 0, []string{"mkfs.ubifs", "-m", "2048", "-e", "126976", "-c", "200", "-r", "DIR", "OUT"})
	dir := t.TempDir()
	ini, out := filepath.Join(dir, "ubi.ini"), filepath.Join(dir, "ubi")
	text := "[system]\nmode=ubi\nimage=" + fs + "\nvol_id=0\nvol_size=10MiB\nvol_type=dynamic\nvol_name=android\n"
	if err := os.WriteFile(ini, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if msg, err := exec.Command("ubinize", "-m", "2048", "-p", "128KiB", "-o", out, ini).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, msg)
	}
	img := flashtest.File(t, out)
	got := words(Describe(img))
	for _, want := range []string{"erase block: 128 KiB", "volume: android, 83 erase blocks", "its last erase block with a header ends there"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nlacks %q", got, want)
		}
	}
	if i := Describe(img); i.Length != img.Size() {
		t.Errorf("0x%x bytes of 0x%x", i.Length, img.Size())
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if i := Describe(bytes.NewReader(append(b, bytes.Repeat([]byte{0xFF}, 1<<20)...))); i.Length != img.Size() {
		t.Errorf("on erased flash: 0x%x bytes of 0x%x", i.Length, img.Size())
	}
}

// Pieces that AOSP's simg2img puts together are put together the same way; that is
// tested by a script. Here: whose word counts where two say something.
func TestJoinSparse(t *testing.T) {
	a := append(bytes.Repeat([]byte("a"), 4096), make([]byte, 8192)...)
	b := append(make([]byte, 4096), bytes.Repeat([]byte("b"), 4096)...)
	var pieces []*Sparse
	for _, img := range [][]byte{a, b} {
		s, err := ReadSparse(bytes.NewReader(newSparse(t, img)))
		if err != nil {
			t.Fatal(err)
		}
		pieces = append(pieces, s)
	}
	img, _, err := JoinSparse(pieces)
	if err != nil {
		t.Fatal(err)
	}
	got, err := flash.ReadFull(img, 0, 3*4096)
	want := append(append(bytes.Clone(a[:4096]), b[4096:]...), make([]byte, 4096)...)
	if err != nil || img.Size() != int64(len(want)) || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v", img.Size(), err)
	}
}
