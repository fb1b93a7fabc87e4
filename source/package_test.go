package source

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// firmware has the files of a firmware package for SP Flash Tool.
func firmware() map[string][]byte {
	return map[string][]byte{
		mt6765.ScatterName(): []byte(mt6765.Scatter),
		"boot.img":           imgtest.Noise("boot", 96<<10),
		"recovery.img":       imgtest.Noise("recovery", 80<<10),
		"lk-verified.img":    imgtest.Noise("lk", 64<<10),
		"extra.img":          imgtest.Noise("extra", 4<<10),
		"readme.txt":         []byte("unpack me"),
	}
}

// tarOf makes a tar archive of files in a folder, in the order of their names.
func tarOf(t testing.TB, dir string, files map[string][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, name := range sorted(files) {
		err := w.WriteHeader(&tar.Header{Name: dir + name, Mode: 0o644, Size: int64(len(files[name]))})
		if err == nil {
			_, err = w.Write(files[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func sorted(files map[string][]byte) (names []string) {
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// zipOfAll makes a zip archive of files in a folder.
func zipOfAll(t *testing.T, dir string, method uint16, files map[string][]byte) []byte {
	t.Helper()
	var list []zipped
	for _, name := range sorted(files) {
		list = append(list, zipped{dir + name, method, files[name]})
	}
	return zipOf(t, list...)
}

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// withMD5 adds the line with the sum that Samsung's archives have at their end.
func withMD5(b []byte, name string) []byte {
	return fmt.Appendf(slices.Clone(b), "%x  %s\n", md5.Sum(b), name)
}

// row returns the bytes of a partition of a package; nil if it has none of the name.
func row(t *testing.T, s *Source, name string) []byte {
	t.Helper()
	for _, r := range s.Rows {
		if r.Name == name {
			b, err := flash.ReadFull(s.User().Image, r.Offset, int(r.Length))
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
	}
	return nil
}

// unreadOf returns how many bytes of a partition of a package are missing.
func unreadOf(s *Source, name string) int64 {
	for _, r := range s.Rows {
		if r.Name == name {
			return flash.Total(flash.Within(s.User().Unread, r.Extent))
		}
	}
	return -1
}

// rows returns the names of the partitions of a package.
func rows(s *Source) (names []string) {
	for _, r := range s.Rows {
		names = append(names, r.Name)
	}
	return names
}

// A package is the same in each form: its images, and its scatter file as it is.
func TestPackage(t *testing.T) {
	files := firmware()
	flat := tarOf(t, "fw/", files)
	dir, under := writeAll(t, files), t.TempDir()
	if err := os.CopyFS(filepath.Join(under, "fw"), os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	for form, path := range map[string]string{
		"folder":              dir,
		"folder in a folder":  under,
		"zip":                 write(t, "fw.zip", zipOfAll(t, "fw/", zip.Deflate, files)),
		"zip, stored":         write(t, "fw.zip", zipOfAll(t, "", zip.Store, files)),
		"tar":                 write(t, "fw.tar", flat),
		"tgz":                 write(t, "fw.tgz", gzipped(t, flat)),
		"tar in a zip":        write(t, "fw.zip", zipOf(t, zipped{"fw.tar", zip.Deflate, flat}, zipped{"readme.txt", zip.Store, []byte("x")})),
		"tar with MD5, alone": write(t, "fw.tar.md5", withMD5(flat, "fw.tar")),
	} {
		t.Run(form, func(t *testing.T) {
			s := open(t, path, Options{})
			if got := rows(s); !slices.Equal(got, []string{"boot", "extra", "lk", "lk2", "recovery"}) || s.Storage != flash.Package {
				t.Fatalf("%s: rows %v; %v", s.Storage, got, s.Problems)
			}
			for name, file := range map[string]string{"boot": "boot.img", "lk": "lk-verified.img", "extra": "extra.img"} {
				if !bytes.Equal(row(t, s, name), files[file]) {
					t.Errorf("%s differs", name)
				}
			}
			text := make([]byte, len(mt6765.Scatter))
			if _, err := s.ScatterText.ReadAt(text, 0); err != nil || string(text) != mt6765.Scatter {
				t.Errorf("scatter file: %v", err)
			}
			if flash.Worst(s.Problems) > flash.Note || says(s.Problems, flash.Note, "has no table") || !says(s.Problems, flash.Note, "has no file for ") {
				t.Errorf("problems %v", s.Problems)
			}
		})
	}
}

// Two packages in one archive are not mixed.
func TestPackagesInOne(t *testing.T) {
	eu, us := firmware(), firmware()
	us["boot.img"] = imgtest.Noise("other", 96<<10)
	delete(eu, mt6765.ScatterName())
	both := map[string][]byte{"docs/boot.txt": []byte("x")}
	for name, b := range eu {
		both["EU/"+name] = b
	}
	for name, b := range us {
		both["US/"+name] = b
	}
	for form, path := range map[string]string{
		"zip": write(t, "fw.zip", zipOfAll(t, "", zip.Deflate, both)),
		"tar": write(t, "fw.tar", tarOf(t, "", both)),
	} {
		s := open(t, path, Options{})
		if !bytes.Equal(row(t, s, "boot"), us["boot.img"]) || !says(s.Problems, flash.Warning, "US is used, not EU") {
			t.Errorf("%s: %v, %v", form, rows(s), s.Problems)
		}
	}
}

// A folder of folders is not opened by chance.
func TestFolderOfFolders(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"EU", "US"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Open(context.Background(), dir, Options{})
	if not, ok := errors.AsType[*UnreadableError](err); !ok || !strings.Contains(not.Text, "only folders (EU, US)") {
		t.Error(err)
	}
}

// The names of signed images are those of their partitions.
func TestPartitionOf(t *testing.T) {
	for file, want := range map[string]string{
		"boot.img": "boot", "boot-verified.img": "boot", "boot-sign.img": "boot", "lk-signed.bin": "lk", "logo_verified.bin": "logo",
		"super.img.lz4": "super", "preloader_k65v1_64_bsp.bin": "preloader", "md1img-verified.img": "md1img", "VBMETA.IMG": "vbmeta",
		"dir/tz.img": "tz", "signal.img": "signal", "design.img": "design",
	} {
		if got := partitionOf(file); got != want {
			t.Errorf("%s: %s, want %s", file, got, want)
		}
	}
}

// Samsung's archives: the sum at the end, and the archive that keeps the owner's data.
func TestPackageOfSamsung(t *testing.T) {
	boot, vbmeta, cache := imgtest.Noise("boot", 64<<10), imgtest.Noise("vbmeta", 4<<10), imgtest.Noise("cache", 8<<10)
	ap := withMD5(tarOf(t, "", map[string][]byte{"boot.img.lz4": packers["lz4"](t, boot), "dtbo.img": vbmeta}), "AP_X.tar")
	bl := withMD5(tarOf(t, "", map[string][]byte{"vbmeta.img.lz4": packers["lz4"](t, vbmeta)}), "BL_X.tar")
	csc := withMD5(tarOf(t, "", map[string][]byte{"cache.img": cache}), "CSC_X.tar")
	files := map[string][]byte{"AP_X.tar.md5": ap, "BL_X.tar.md5": bl, "CSC_X.tar.md5": csc, "HOME_CSC_X.tar.md5": csc}
	for form, path := range map[string]string{"folder": writeAll(t, files), "zip": write(t, "x.zip", zipOfAll(t, "", zip.Deflate, files))} {
		s := open(t, path, Options{})
		if got := rows(s); !slices.Equal(got, []string{"boot", "cache", "dtbo", "vbmeta"}) || flash.Worst(s.Problems) > flash.Note {
			t.Errorf("%s: %v, %v", form, got, s.Problems)
		}
		if !bytes.Equal(row(t, s, "boot"), boot) || !bytes.Equal(row(t, s, "vbmeta"), vbmeta) || s.Rows[0].File != "boot.img" {
			t.Errorf("%s: %+v", form, s.Rows)
		}
	}
	flipped := slices.Clone(ap)
	flipped[600] ^= 1
	for what, c := range map[string]struct {
		b    []byte
		sev  flash.Severity
		want string
	}{
		"changed":       {flipped, flash.Error, "the MD5 at its end is not that of its bytes"},
		"cut":           {ap[:len(ap)-2000], flash.Warning, "has no MD5 at its end"},
		"without":       {ap[:len(ap)-43], flash.Warning, "has no MD5 at its end"},
		"cut in a file": {ap[:8<<10], flash.Warning, "has no MD5 at its end"},
	} {
		s, err := Open(context.Background(), write(t, "AP_X.tar.md5", c.b), Options{TempDir: t.TempDir()})
		if err != nil {
			if what != "cut in a file" {
				t.Errorf("%s: %v", what, err)
			}
			continue
		}
		if !says(s.Problems, c.sev, c.want) {
			t.Errorf("%s: %v", what, s.Problems)
		}
		s.Close()
	}
}

// Names of files never make the program fail, and never name a path.
func FuzzPartitionOf(f *testing.F) {
	for _, name := range []string{"boot-verified.img.lz4", "preloader_x.bin", "super.img_sparsechunk.3", "super.1.0a1b2c3d.img", "../x.img", "..", ""} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if p := partitionOf(name); strings.Contains(p, "/") && p != "/" {
			t.Errorf("%q is a path", p)
		}
		if stem, n, ok := chunkOf(name); ok && (stem == "" || strings.ContainsAny(stem, "/\\") || n < 0 || n > 9999) {
			t.Errorf("%q: %q, %d", name, stem, n)
		}
		if dir := dirOf(name); strings.HasPrefix(dir, "/") || dir == ".." || strings.HasPrefix(dir, "../") {
			t.Errorf("%q leads out of the archive", dir)
		}
	})
}

// An archive with the sum of Samsung at its end, however it is damaged.
func FuzzTarMD5(f *testing.F) {
	flat := tarOf(f, "", map[string][]byte{"boot.img": imgtest.Noise("boot", 600), "lk.img": imgtest.Noise("lk", 600)})
	f.Add(withMD5(flat, "AP.tar"))
	f.Add(flat)
	f.Add(flat[:1000])
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &Source{opt: Options{TempDir: t.TempDir()}}
		defer s.Close()
		folder, err := s.openTar(context.Background(), bytes.NewReader(b), "AP.tar.md5")
		if err != nil || folder == nil {
			return
		}
		for _, m := range folder.members {
			img, err := s.openRaw(context.Background(), m)
			if err != nil {
				continue
			}
			if img.Size() != m.size || m.size > int64(len(b)) {
				t.Fatalf("%s: %d bytes of %d", m.name, img.Size(), len(b))
			}
		}
	})
}
