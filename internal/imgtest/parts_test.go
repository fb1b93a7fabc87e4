package imgtest

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tool skips the test when another project's program is not there to judge.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		for _, dir := range []string{"/usr/sbin", "/sbin"} {
			if p, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return p
			}
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

// sample skips the test without the corpus, and reads one of its files.
func sample(t *testing.T, name string) []byte {
	t.Helper()
	dir := os.Getenv("MTKKIT_CORPUS")
	if dir == "" {
		t.Skip("MTKKIT_CORPUS does not name a folder of real samples")
	}
	b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Skip(err)
	}
	return b
}

func tempFile(t *testing.T, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPreloaderFields(t *testing.T) {
	for _, c := range []struct {
		spec                        PreloaderSpec
		content, sigLen, hash, size uint32
	}{
		{PreloaderSpec{Board: "a", Chip: "MT6582", SigType: 1}, 0x300, 0x20, 0, 0x18000},
		{PreloaderSpec{Board: "b", Chip: "MT6592", Nested: true}, 0x300, 0x124, 4, 0x18000},
		{PreloaderSpec{Board: "c", Chip: "MT6765", SigType: 5, Size: 0x20004}, 0xf0, 0x66c, 0x54c, 0x20004},
		{PreloaderSpec{Board: "d", Chip: "MT6991", SigType: 5, NoName: true}, 0xf0, 0x66c, 0x54c, 0x18000},
	} {
		b := Preloader(c.spec)
		u32 := func(off int) uint32 { return binary.LittleEndian.Uint32(b[off:]) }
		if string(b[:8]) != "MMM\x01\x38\x00\x00\x00" || string(b[8:17]) != "FILE_INFO" {
			t.Errorf("%s: begins with %q", c.spec.Board, b[:17])
		}
		if u32(0x20) != c.size || len(b) != int(c.size) || u32(0x28) != c.content || u32(0x2c) != c.sigLen || u32(0x30) < c.content {
			t.Errorf("%s: file_len 0x%x of 0x%x, content 0x%x, sig_len 0x%x, jump 0x%x",
				c.spec.Board, u32(0x20), len(b), u32(0x28), u32(0x2c), u32(0x30))
		}
		end := c.size - c.sigLen
		sum := sha256.Sum256(b[:end])
		if !bytes.Equal(b[end+c.hash:][:32], sum[:]) {
			t.Errorf("%s: no SHA-256 at signature+0x%x", c.spec.Board, c.hash)
		}
		bli := end - 4 - u32(int(end)-4)
		name := c.spec.FileName()
		if !c.spec.NoName && (string(b[bli:][:18]) != "MTK_BLOADER_INFO_v" || string(b[bli+0x1b:][:len(name)]) != name) {
			t.Errorf("%s: the trailer reads %q", c.spec.Board, b[bli:][:0x40])
		}
		if c.spec.NoName && bytes.Contains(b, []byte("MTK_BLOADER_INFO")) {
			t.Errorf("%s: has a trailer", c.spec.Board)
		}
		if n := bytes.Count(b, []byte("FILE_INFO\x00")); n != 1 && !c.spec.Nested || n != 2 && c.spec.Nested {
			t.Errorf("%s: %d FILE_INFO", c.spec.Board, n)
		}
	}
}

// mkimage knows eMMC boot regions and reads the load address out of the GFH.
func TestBootRegionByMkimage(t *testing.T) {
	mkimage := tool(t, "mkimage")
	p := MT6765()
	out, err := exec.Command(mkimage, "-T", "mtk_image", "-a", "0x201000", "-n", "media=emmc",
		"-l", tempFile(t, p.Boot1)).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "eMMC") || !strings.Contains(string(out), "00201000") {
		t.Errorf("mkimage says %v\n%s", err, out)
	}
}

// The head that BootRegion puts before a real preloader is the one the phone had.
func TestBootRegionLikeReal(t *testing.T) {
	for _, c := range []struct {
		file, medium string
		begin        int
	}{
		{"mobiwire-s10-mt6572/preloader_and_dsp", "EMMC_BOOT", 0x800},
		{"leagoo-m11-mt6739/preloader.img", "EMMC_BOOT", 0x800},
		{"vivo-pd2135f-mt6891/img__preloader.img", "UFS_BOOT", 0x1000},
	} {
		t.Run(c.medium+" "+c.file, func(t *testing.T) {
			real := sample(t, c.file)
			n := int(binary.LittleEndian.Uint32(real[c.begin+0x20:]))
			made := BootRegion(c.medium, real[c.begin:c.begin+n], 0)
			if !bytes.Equal(made, real[:c.begin+n]) {
				t.Errorf("differs from the real region within its 0x%x bytes", c.begin+n)
			}
		})
	}
}

// Our GFH records have the types and sizes of a real file of their generation.
func TestRecordsLikeReal(t *testing.T) {
	walk := func(b []byte) (list [][2]uint16) {
		for len(b) > 8 && string(b[:3]) == "MMM" {
			size, typ := binary.LittleEndian.Uint16(b[4:]), binary.LittleEndian.Uint16(b[6:])
			list = append(list, [2]uint16{typ, size})
			b = b[size:]
		}
		return list
	}
	for name, sig := range map[string]int{
		"blu-s5260-mt6592/preloader_s5260.bin":                  3,
		"leagoo-m11-mt6739/preloader_c767_otd_l6202l_39_o1.bin": 5,
	} {
		real, ours := walk(sample(t, name)), walk(Preloader(PreloaderSpec{Board: "x", Chip: "MT6592", SigType: sig}))
		if len(real) != len(ours) {
			t.Fatalf("%s has records %x, ours %x", name, real, ours)
		}
		for i := range real {
			if real[i] != ours[i] {
				t.Errorf("%s: record %d is %x, ours %x", name, i, real[i], ours[i])
			}
		}
	}
}

func TestMTKImage(t *testing.T) {
	one := MTKImage("lk", make([]byte, 17), false)
	if len(one) != mtkHeader+32 || binary.LittleEndian.Uint32(one[4:]) != 17 {
		t.Errorf("new form: %d bytes, payload %d", len(one), binary.LittleEndian.Uint32(one[4:]))
	}
	if old := MTKImage("LK", make([]byte, 17), true); len(old) != mtkHeader+17 || !bytes.Equal(old[0x30:0x34], []byte{0xff, 0xff, 0xff, 0xff}) {
		t.Errorf("old form: %d bytes, 0x30 holds %x", len(old), old[0x30:0x34])
	}
	ends := []byte{}
	chain := chain(MTKImage("lk", make([]byte, 5), false), MTKImage("cert1", make([]byte, 40), false), MTKImage("cert2", nil, false))
	for p := 0; p < len(chain); {
		n := int(binary.LittleEndian.Uint32(chain[p+4:]))
		ends = append(ends, chain[p+0x40])
		p = (p + mtkHeader + n + 15) &^ 15
	}
	if !bytes.Equal(ends, []byte{0, 0, 1}) {
		t.Errorf("list-end marks along the chain: %v", ends)
	}
}

func TestBootImage(t *testing.T) {
	b := BootImage(make([]byte, 3000), make([]byte, 10), true, "RECOVERY")
	if got := len(b); got != 2048+4096+2048 {
		t.Errorf("length %d", got)
	}
	if n := binary.LittleEndian.Uint32(b[8:]); n != 3000+mtkHeader {
		t.Errorf("kernel_size %d does not count the MediaTek header", n)
	}
	if got := string(b[2048+4096+8:][:8]); got != "RECOVERY" {
		t.Errorf("ramdisk named %q", got)
	}
}

func TestLogo(t *testing.T) {
	b := Logo(true)[mtkHeader:]
	count, total := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	if count != 2 || int(total) != len(b) {
		t.Fatalf("%d pictures, %d of %d bytes", count, total, len(b))
	}
	for i, want := range []int{64 * 48 * 2, 32 * 32 * 2} {
		r, err := zlib.NewReader(bytes.NewReader(b[binary.LittleEndian.Uint32(b[8+4*i:]):]))
		if err != nil {
			t.Fatal(err)
		}
		if pixels, err := io.ReadAll(r); err != nil || len(pixels) != want {
			t.Errorf("picture %d: %d bytes, want %d; error %v", i, len(pixels), want, err)
		}
	}
}

// blkid finds the file system, its label and nothing else.
func TestExt4ByBlkid(t *testing.T) {
	blkid := tool(t, "blkid")
	s := NewSparse(8 * mib)
	s.Put(0, Ext4(s.Size(), "system"))
	out, err := exec.Command(blkid, "-p", "-o", "export", tempFile(t, s.Bytes())).CombinedOutput()
	for _, want := range []string{"LABEL=system", "TYPE=ext4", "BLOCK_SIZE=4096"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("blkid does not say %s: %v\n%s", want, err, out)
		}
	}
}

// Every checksum of a super partition holds (AOSP liblp/metadata_format.h).
func TestSuperChecksums(t *testing.T) {
	b := Super(64 * mib)
	check := func(what string, data []byte, at int) {
		data = bytes.Clone(data)
		stored := bytes.Clone(data[at : at+32])
		clear(data[at : at+32])
		if sum := sha256.Sum256(data); !bytes.Equal(sum[:], stored) {
			t.Errorf("%s: SHA-256 does not hold", what)
		}
	}
	check("geometry", b[0x1000:0x1000+52], 8)
	check("backup geometry", b[0x2000:0x2000+52], 8)
	for slot := range 4 {
		h := b[0x3000+slot*0x1000:]
		check("header", h[:128], 12)
		tables := h[128:][:binary.LittleEndian.Uint32(h[44:])]
		if sum := sha256.Sum256(tables); !bytes.Equal(sum[:], h[48:80]) {
			t.Errorf("slot %d: SHA-256 of the tables does not hold", slot)
		}
	}
}
