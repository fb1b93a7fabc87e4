package source

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// stating returns a zip archive whose directory states another size for its first file.
func stating(b []byte, size uint32) []byte {
	b = slices.Clone(b)
	const offSize = 24 // of the uncompressed size in an entry of the directory (APPNOTE.TXT §4.3.12)
	binary.LittleEndian.PutUint32(b[bytes.Index(b, []byte("PK\x01\x02"))+offSize:], size)
	return b
}

// sizedLZ4 is a frame of lz4 whose header states the size of the content, bytes.
func sizedLZ4(size uint64) []byte {
	b := []byte("\x04\x22\x4D\x18\x68\x40")
	b = append(binary.LittleEndian.AppendUint64(b, size), 0)
	return append(b, make([]byte, 64)...)
}

// Archives that lie about sizes, or unpack to more than they have: only the image itself is lost.
func TestPackageBombs(t *testing.T) {
	small := imgtest.Noise("boot", 4<<10)
	good := zipOf(t, zipped{"boot.img", zip.Deflate, make([]byte, 8<<20)}, zipped{"dtbo.img", zip.Deflate, small}, zipped{"lk.img", zip.Deflate, small})
	for what, c := range map[string]struct {
		path    string
		open    string // part of the problem when it is opened; "" for none
		read    string // part of the error when boot is read
		largest int64  // size of boot, -1 if it is left out
	}{
		"states less": {write(t, "fw.zip", stating(good, 4096)), "boot.img: cannot be unpacked", "", -1},
		"states more": {write(t, "fw.zip", stating(good, 0xFFFFFF00)), "", "unpacking boot.img", 0xFFFFFF00},
		"lz4 that states 16 EiB": {writeAll(t, map[string][]byte{"boot.img.lz4": sizedLZ4(1<<64 - 1), "dtbo.img": small, "lk.img": small}),
			"boot.img.lz4", "", -1},
	} {
		s := open(t, c.path, Options{})
		i := slices.IndexFunc(s.Rows, func(r flash.Partition) bool { return r.Name == "boot" })
		if c.open != "" && !says(s.Problems, flash.Error, c.open) || (i < 0) != (c.largest < 0) {
			t.Fatalf("%s: rows %v; %v", what, rows(s), s.Problems)
		}
		if i >= 0 {
			if s.Rows[i].Length != c.largest {
				t.Errorf("%s: %d bytes", what, s.Rows[i].Length)
			}
			_, err := s.User().Image.ReadAt(make([]byte, 512), s.Rows[i].Offset+4<<20)
			if _, ok := errors.AsType[*UnpackError](err); !ok || !strings.Contains(err.Error(), c.read) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if !bytes.Equal(row(t, s, "dtbo"), small) || !bytes.Equal(row(t, s, "lk"), small) {
			t.Errorf("%s: the other images differ", what)
		}
	}
}

// Images of more than any phone has are refused together, too.
func TestPackageTooLarge(t *testing.T) {
	const n = maxUnpacked / 2
	s := &Source{}
	err := s.takeRows("fw", []packaged{{name: "a", img: imgtest.NewSparse(n)}, {name: "b", img: imgtest.NewSparse(n)}, {name: "c", img: imgtest.NewSparse(1)}})
	if not, ok := errors.AsType[*UnreadableError](err); !ok || !strings.Contains(not.Text, "no phone has that much") {
		t.Error(err)
	}
}

// Names that lead out of the archive are only names, and nothing is written when it is opened.
func TestPackageNames(t *testing.T) {
	a, b := imgtest.Noise("a", 4<<10), imgtest.Noise("b", 4<<10)
	files := map[string][]byte{"../../../boot.img": a, "/etc/lk.img": b, `..\..\dtbo.img`: a, "x/../../y/logo.bin": b}
	for form, content := range map[string][]byte{"fw.zip": zipOfAll(t, "", zip.Deflate, files), "fw.tar": tarOf(t, "", files)} {
		dir := t.TempDir()
		path := filepath.Join(dir, form)
		put(t, path, content)
		s := open(t, path, Options{})
		if !bytes.Equal(row(t, s, "boot"), a) || !bytes.Equal(row(t, s, "lk"), b) || !bytes.Equal(row(t, s, "logo"), b) {
			t.Errorf("%s: rows %v; %v", form, rows(s), s.Problems)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("%s: %v, %v", form, entries, err)
		}
	}
}

// An archive with very many files is refused before they are opened.
func TestPackageOfManyFiles(t *testing.T) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for range maxMembers + 1 {
		if _, err := z.CreateRaw(&zip.FileHeader{Name: "a.img"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := Open(context.Background(), write(t, "fw.zip", out.Bytes()), Options{})
	if not, ok := errors.AsType[*UnreadableError](err); !ok || !strings.Contains(not.Text, "more than 100000 files") {
		t.Error(err)
	}
}

// Whatever a package has in it, opening and reading it ends, and reads stay in their rows.
func FuzzPackage(f *testing.F) {
	p, _, _ := update()
	small := map[string][]byte{"boot.img": imgtest.Noise("boot", 600), "lk.img": imgtest.Noise("lk", 600)}
	flat := tarOf(f, "fw/", small)
	f.Add("fw.tar", flat)
	f.Add("AP.tar.md5", withMD5(flat, "AP.tar"))
	f.Add("payload.bin", p.Bytes())
	f.Add("fw.tgz", gzipped(f, flat))
	f.Add("boot.img", sparsePiece(imgtest.Noise("boot", 2*4096), 0, 1))
	f.Add("super.img_sparsechunk.0", sparsePiece(imgtest.Noise("boot", 2*4096), 0, 1))
	f.Add("system.transfer.list", []byte("4\n2\n0\n0\nnew 2,0,2\n"))
	f.Add("MT6765_Android_scatter.txt", []byte(mt6765.Scatter))
	f.Add("system.new.dat.br", []byte("\x0b\x02\x80hello\x03"))
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		if name = filepath.Base(name); len(b) > 1<<20 || len(name) > 60 || !filepath.IsLocal(name) || strings.ContainsAny(name, "\x00\\") {
			return
		}
		dir := t.TempDir()
		for n, content := range map[string][]byte{"lk.img": small["lk.img"], "dtbo.img": small["boot.img"], "system.new.dat": b, name: b} {
			if err := os.WriteFile(filepath.Join(dir, n), content, 0o666); err != nil {
				return
			}
		}
		for _, path := range []string{dir, filepath.Join(dir, name)} {
			s, err := Open(context.Background(), path, Options{TempDir: t.TempDir()})
			if err != nil {
				continue
			}
			for _, r := range s.Rows {
				if r.Offset < 0 || r.Length < 0 || r.End() > s.User().Image.Size() {
					t.Fatalf("%+v", r)
				}
				if _, err := s.User().Image.ReadAt(make([]byte, min(r.Length, 8<<10)), r.Offset); err != nil && err != io.EOF {
					continue // damage is an error of the read
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
