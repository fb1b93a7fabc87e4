package source

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/flash/flashtest"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// zipped is a file for an archive, and how it is packed.
type zipped struct {
	name   string
	method uint16
	bytes  []byte
}

func zipOf(t *testing.T, files ...zipped) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: f.method})
		if err == nil {
			_, err = w.Write(f.bytes)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestZip(t *testing.T) {
	want := sample()
	for name, c := range map[string]struct {
		zip     []byte
		section bool // read in place
		takes   bool // chose among several
	}{
		"stored":   {zipOf(t, zipped{"dump/", zip.Store, nil}, zipped{"dump/ROM_1", zip.Store, want}), true, false},
		"deflated": {zipOf(t, zipped{"ROM_1", zip.Deflate, want}, zipped{"__MACOSX/._ROM_1", zip.Store, []byte("x")}), false, false},
		"several":  {zipOf(t, zipped{"readme.txt", zip.Store, []byte("hello")}, zipped{"ROM_1", zip.Deflate, want}), false, true},
		"zst in":   {zipOf(t, zipped{"ROM_1.zst", zip.Store, squeeze(t, want, 1<<20)}), false, false},
		"outside":  {zipOf(t, zipped{"../../ROM_1", zip.Store, want}), true, false},
	} {
		s := open(t, write(t, "dump.zip", c.zip), Options{})
		_, section := s.Parts[0].Image.(*flash.Section)
		if !s.Unpacked || section != c.section || says(s.Problems, flash.Note, `"ROM_1" is used`) != c.takes || flash.Worst(s.Problems) != flash.Note {
			t.Errorf("%s: unpacked %v, %T, problems %v", name, s.Unpacked, s.Parts[0].Image, s.Problems)
		}
		flashtest.TestImage(t, s.Parts[0].Image, want)
	}
}

// An archive of a dump's files is that dump.
func TestZipOfRegions(t *testing.T) {
	user := mt6592.User.Clone()
	user.Truncate(20 << 20)
	b := zipOf(t, zipped{"phone/ROM_1", zip.Deflate, user.Bytes()}, zipped{"phone/BOOT_1", zip.Store, mt6592.Boot1},
		zipped{"phone/" + mt6592.ScatterName(), zip.Deflate, []byte(mt6592.Scatter)})
	s := open(t, write(t, "phone.zip", b), Options{})
	if len(s.Parts) != 2 || s.Part(flash.EMMCUser) == nil || s.Part(flash.EMMCBoot1) == nil {
		t.Fatalf("%v, problems %v", s.Parts, s.Problems)
	}
	walk(t, s.Parts[0].Image, user)
	walk(t, s.Image(flash.EMMCBoot1), bytes.NewReader(mt6592.Boot1))
}

func TestZipBroken(t *testing.T) {
	want := sample()
	good := zipOf(t, zipped{"ROM_1", zip.Deflate, want})
	if _, err := Open(context.Background(), write(t, "a.zip", good[:len(good)/2]), Options{}); err == nil || !strings.Contains(err.Error(), "cut or damaged") {
		t.Errorf("cut: %v", err)
	}
	bad := bytes.Clone(good)
	i := bytes.Index(bad, []byte("PK\x01\x02"))
	bad[i+16] ^= 1 // CRC in the directory
	s := open(t, write(t, "a.zip", bad), Options{})
	if !says(s.Problems, flash.Error, "checksum of the compressed stream is wrong") {
		t.Error(s.Problems)
	}
	walk(t, s.Parts[0].Image, bytes.NewReader(want))

	locked := bytes.Clone(good)
	locked[i+8] |= zipEncrypted
	_, err := Open(context.Background(), write(t, "a.zip", locked), Options{})
	var not *UnreadableError
	if !errors.As(err, &not) || !strings.Contains(not.Text, "encrypted") {
		t.Errorf("encrypted: %v", err)
	}
	strange := bytes.Clone(good)
	strange[i+10] = 9 // deflate64
	if _, err := Open(context.Background(), write(t, "a.zip", strange), Options{}); err == nil || !strings.Contains(err.Error(), "method 9") {
		t.Errorf("deflate64: %v", err)
	}
	if _, err := Open(context.Background(), write(t, "a.zip", zipOf(t)), Options{}); err == nil {
		t.Error("an empty archive was opened")
	}
}

// What zip -s writes, as MTK Droid Tools did: volumes are joined, whichever is named.
func TestZipVolumes(t *testing.T) {
	if _, err := exec.LookPath("zip"); err != nil {
		t.Skip("zip is not installed")
	}
	want := sample()
	for _, level := range []string{"-0", "-6"} {
		dir := writeAll(t, map[string][]byte{"a.txt": bytes.Repeat([]byte("first "), 30_000), "system.ext4.img": want})
		cmd := exec.Command("zip", "-q", level, "-s", "64k", "system.ext4.zip", "a.txt", "system.ext4.img")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("zip: %v: %s", err, out)
		}
		volumes, _ := filepath.Glob(filepath.Join(dir, "system.ext4.z*"))
		if len(volumes) < 2 {
			t.Fatalf("volumes %v", volumes)
		}
		for _, n := range []string{"system.ext4.zip", "system.ext4.z01"} {
			s := open(t, filepath.Join(dir, n), Options{})
			walk(t, s.Parts[0].Image, bytes.NewReader(want))
			if flash.Worst(s.Problems) != flash.Note || len(s.Files) != len(volumes) {
				t.Errorf("%s: problems %v, files %v", n, s.Problems, s.Files)
			}
			b, err := flash.ReadFull(s.Parts[0].Image, 0, len(want))
			if err != nil || crc32.ChecksumIEEE(b) != crc32.ChecksumIEEE(want) {
				t.Errorf("%s: %v", n, err)
			}
		}
		for gone, named := range map[string]string{"system.ext4.z01": "system.ext4.zip", "system.ext4.zip": "system.ext4.z01"} {
			left := writeAll(t, nil)
			for _, v := range volumes {
				if filepath.Base(v) != gone {
					if out, err := exec.Command("cp", v, left).CombinedOutput(); err != nil {
						t.Fatalf("%v: %s", err, out)
					}
				}
			}
			_, err := Open(context.Background(), filepath.Join(left, named), Options{})
			if err == nil || !strings.Contains(err.Error(), gone+" is missing") {
				t.Errorf("without %s: %v", gone, err)
			}
		}
	}
}

// The directory of an archive in volumes is untrusted: it is checked before a
// volume is looked for.
func TestZipVolumesHostile(t *testing.T) {
	good := zipOf(t, zipped{"ROM_1", zip.Store, []byte("some bytes of a dump")})
	i := bytes.Index(good, []byte(zipEntry))
	for name, change := range map[string]func(b []byte){
		"no end":            func(b []byte) { b[len(b)-endSize]++ },
		"directory outside": func(b []byte) { b[len(b)-endSize+endDirOffset+3] = 0x7F },
		"endless directory": func(b []byte) { b[len(b)-endSize+endDirSize+3] = 0x7F },
		"volume 9":          func(b []byte) { b[i+entryDisk] = 9 },
		"no signature":      func(b []byte) { b[i]++ },
		"long name":         func(b []byte) { b[i+entryName+1] = 0x7F },
	} {
		b := bytes.Clone(good)
		change(b)
		if _, err := oneArchive([]flash.Image{bytes.NewReader(b)}); err == nil || !strings.Contains(err.Error(), "split zip archive") {
			t.Errorf("%s: %v", name, err)
		}
	}
	one, err := oneArchive([]flash.Image{bytes.NewReader(good)})
	if err != nil {
		t.Fatal(err)
	}
	if files, err := readZip(one, "a.zip"); err != nil || len(files) != 1 || files[0].UncompressedSize64 != 20 {
		t.Errorf("%v, %v", files, err)
	}
}

func FuzzZipVolumes(f *testing.F) {
	f.Add([]byte("PK\x05\x06"), 3)
	f.Fuzz(func(t *testing.T, b []byte, at int) {
		at = min(max(at, 0), len(b))
		img, err := oneArchive([]flash.Image{bytes.NewReader(b[:at]), bytes.NewReader(b[at:])})
		if err != nil {
			return
		}
		if img.Size() < int64(len(b)) {
			t.Fatalf("%d bytes of %d", img.Size(), len(b))
		}
		if _, err := readZip(img, "fuzz"); err != nil {
			return
		}
	})
}

// Two files of one size may both be the dump: none is taken by chance.
func TestZipTie(t *testing.T) {
	user := zipped{"a/ROM_1", zip.Deflate, imgtest.MT6592().User.Range(flash.Extent{Length: 4 << 20})}
	other := zipped{"b/ROM_1", zip.Deflate, imgtest.MT6765().User.Range(flash.Extent{Length: 4 << 20})}
	for _, files := range [][]zipped{{user, other}, {other, user}} {
		_, err := Open(context.Background(), write(t, "two.zip", zipOf(t, files...)), Options{TempDir: t.TempDir()})
		if _, ok := errors.AsType[*UnreadableError](err); !ok {
			t.Errorf("%v", err)
		}
	}
}
