package source

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// update is a full update of two partitions, and their bytes.
func update() (p imgtest.Payload, boot, system []byte) {
	boot, system = imgtest.Noise("boot", 16<<10), slices.Concat(imgtest.Noise("system", 8<<10), make([]byte, 8<<10))
	part := func(name string, b []byte, ops ...imgtest.PayloadOperation) imgtest.PayloadPartition {
		sum := sha256.Sum256(b)
		return imgtest.PayloadPartition{Name: name, Size: uint64(len(b)), SHA256: sum[:], Operations: ops}
	}
	return imgtest.Payload{BlockSize: 4096, Patch: "2024-05-05", Partitions: []imgtest.PayloadPartition{
		part("boot", boot, imgtest.PayloadOperation{Type: 0, Data: boot, Writes: [][2]uint64{{0, 4}}}),
		part("system", system, imgtest.PayloadOperation{Type: 0, Data: system[:8<<10], Writes: [][2]uint64{{0, 2}}},
			imgtest.PayloadOperation{Type: 6, Writes: [][2]uint64{{2, 2}}}),
	}}, boot, system
}

// A payload is read alone, in its zip, and in a folder.
func TestPackageOfPayload(t *testing.T) {
	p, boot, system := update()
	files := map[string][]byte{"payload.bin": p.Bytes(), "payload_properties.txt": []byte("FILE_HASH=x")}
	for form, path := range map[string]string{
		"alone":       write(t, "payload.bin", p.Bytes()),
		"other name":  write(t, "ota", p.Bytes()),
		"folder":      writeAll(t, files),
		"zip, stored": write(t, "ota.zip", zipOfAll(t, "", zip.Store, files)),
		"zip":         write(t, "ota.zip", zipOfAll(t, "", zip.Deflate, files)),
	} {
		s := open(t, path, Options{})
		if !slices.Equal(rows(s), []string{"boot", "system"}) || !bytes.Equal(row(t, s, "boot"), boot) || !bytes.Equal(row(t, s, "system"), system) {
			t.Errorf("%s: %v, %v", form, rows(s), s.Problems)
		}
		if len(s.Holds) != 1 || !strings.Contains(s.Holds[0], "security patch 2024-05-05") || len(s.RowSums) != 2 {
			t.Errorf("%s: holds %q, %d sums", form, s.Holds, len(s.RowSums))
		}
	}
}

// Payloads that cannot be read, or not whole.
func TestPackageOfPayloadBad(t *testing.T) {
	for what, c := range map[string]struct {
		change func(*imgtest.Payload)
		want   string // of the error; "" for a problem
		text   string // of the problem
	}{
		"incremental": {func(p *imgtest.Payload) { p.Partitions[0].Operations[0].Type = 4 }, "an incremental update", ""},
		"beyond":      {func(p *imgtest.Payload) { p.Partitions[1].Operations[0].Writes[0][0] = 3 }, "", "beyond the end of the partition"},
		"not there":   {func(p *imgtest.Payload) { p.Partitions[1].Operations[0].Beyond = 1 << 30 }, "", "are not in the file"},
		"blocks of 0": {func(p *imgtest.Payload) { p.BlockSize = 0 }, "blocks of 0 bytes", ""},
	} {
		p, _, _ := update()
		c.change(&p)
		s, err := Open(context.Background(), write(t, "payload.bin", p.Bytes()), Options{TempDir: t.TempDir()})
		if not, ok := errors.AsType[*UnreadableError](err); c.want != "" && (!ok || !strings.Contains(not.Text, c.want)) {
			t.Errorf("%s: %v", what, err)
		}
		if c.want != "" || err != nil {
			continue
		}
		if !says(s.Problems, flash.Error, c.text) || unreadOf(s, "system") != 8<<10 {
			t.Errorf("%s: %d bytes unread; %v", what, unreadOf(s, "system"), s.Problems)
		}
		s.Close()
	}
	old := bytes.Replace(must(update()), []byte("CrAU\x00\x00\x00\x00\x00\x00\x00\x02"), []byte("CrAU\x00\x00\x00\x00\x00\x00\x00\x01"), 1)
	for what, b := range map[string][]byte{"version 1": old, "cut": must(update())[:60]} {
		_, err := Open(context.Background(), writeAll(t, map[string][]byte{"payload.bin": b, "x.txt": nil}), Options{TempDir: t.TempDir()})
		if _, ok := errors.AsType[*UnreadableError](err); !ok {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func must(p imgtest.Payload, _, _ []byte) []byte { return p.Bytes() }

// brotlied compresses as the tool for update packages does.
func brotlied(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := brotli.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Block lists may go backwards; blocks without data are missing.
func TestPackageOfLists(t *testing.T) {
	const block = 4096
	data := imgtest.Noise("data", 4*block)
	const list = "4\n6\n0\n0\nerase 2,4,6\nnew 4,3,4,0,3\nzero 2,4,5\n"
	want := slices.Concat(data[block:], data[:block], make([]byte, 2*block))
	for what, c := range map[string]struct {
		files   map[string][]byte
		problem string
		unread  int64
	}{
		"plain":    {map[string][]byte{"system.new.dat": data}, "", block},
		"brotli":   {map[string][]byte{"system.new.dat.br": brotlied(t, data)}, "", block},
		"cut":      {map[string][]byte{"system.new.dat": data[:3*block]}, "its data end after 12 KiB of 16 KiB", 2 * block},
		"too long": {map[string][]byte{"system.new.dat.br": brotlied(t, make([]byte, 1<<20))}, "has more data than the 16 KiB", block},
		"no data":  {map[string][]byte{"boot.img": data, "dtbo.img": data}, "the partition is missing", -1},
	} {
		c.files["system.transfer.list"], c.files["system.patch.dat"] = []byte(list), nil
		for form, path := range map[string]string{"folder": writeAll(t, c.files), "zip": write(t, "ota.zip", zipOfAll(t, "", zip.Deflate, c.files))} {
			s := open(t, path, Options{})
			if got := unreadOf(s, "system"); got != c.unread || c.problem != "" && !says(s.Problems, flash.Error, c.problem) && !says(s.Problems, flash.Warning, c.problem) {
				t.Errorf("%s, %s: %d bytes unread; %v", what, form, got, s.Problems)
			}
			if c.problem == "" && !bytes.Equal(row(t, s, "system"), want) {
				t.Errorf("%s, %s: differs", what, form)
			}
		}
	}
}

// Lists that need the phone's old partition, or have ranges that cannot be.
func TestPackageOfListsBad(t *testing.T) {
	for list, want := range map[string]string{
		"4\n6\n0\n0\nbsdiff 0 10 a b 2,0,6 6 2,0,6\n": "an incremental update",
		"1\n6\nmove 2,0,6 6 2,0,6\n":                  "an incremental update",
		"1\n6\nnew 2,6,0\n":                           "a range from block 6 to 0",
		"1\n6\nnew 4,0,6\n":                           "the count is not that",
		"1\n6\nnew 2,0,99999999999999\n":              "a range from block 0",
		"1\n6\nnew 2,0,6\nformat 2,0,6\n":             "not a command",
	} {
		files := map[string][]byte{"system.transfer.list": []byte(list), "system.new.dat": make([]byte, 6*4096)}
		_, err := Open(context.Background(), writeAll(t, files), Options{TempDir: t.TempDir()})
		if not, ok := errors.AsType[*UnreadableError](err); !ok || !strings.Contains(not.Text, want) {
			t.Errorf("%q: %v", list, err)
		}
	}
}

// A list or payload that cannot be read leaves out its partitions; the other images can be used.
func TestPackageWithBadUpdate(t *testing.T) {
	img := imgtest.Noise("image", 4<<10)
	for what, c := range map[string]struct {
		files map[string][]byte
		text  string
	}{
		"backwards": {map[string][]byte{"system.transfer.list": []byte("1\n6\nnew 2,6,0\n"), "system.new.dat": nil}, "a range from block 6 to 0"},
		"not brotli": {map[string][]byte{"system.transfer.list": []byte("1\n6\nnew 2,0,6\n"), "system.new.dat.br": bytes.Repeat([]byte{0xFF}, 64)},
			"its data cannot be unpacked"},
		"payload": {map[string][]byte{"payload.bin": []byte("CrAU\x00\x00\x00\x00\x00\x00\x00\x02\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x00\x00\x00\x00")}, "a manifest of"},
	} {
		c.files["boot.img"], c.files["dtbo.img"] = img, img
		for form, path := range map[string]string{"folder": writeAll(t, c.files), "zip": write(t, "ota.zip", zipOfAll(t, "", zip.Deflate, c.files))} {
			s := open(t, path, Options{})
			if !says(s.Problems, flash.Error, c.text) || !slices.Equal(rows(s), []string{"boot", "dtbo"}) {
				t.Errorf("%s, %s: %v; %v", what, form, rows(s), s.Problems)
			}
		}
	}
}

// The image at which a tar archive is cut is lost; those before it can be used.
func TestCutTarOfImages(t *testing.T) {
	files := map[string][]byte{"a.img": imgtest.Noise("a", 8<<10), "boot.img": imgtest.Noise("boot", 64<<10), "dtbo.img": imgtest.Noise("dtbo", 64<<10), "lk.img": imgtest.Noise("lk", 200<<10)}
	b := tarOf(t, "", files)
	s := open(t, write(t, "fw.tar", b[:len(b)-150<<10]), Options{})
	if !bytes.Equal(row(t, s, "boot"), files["boot.img"]) || row(t, s, "lk") != nil || !says(s.Problems, flash.Error, "lk.img: is cut off with its tar archive") {
		t.Errorf("%v; %v", rows(s), s.Problems)
	}
}

// A compressed image that breaks off in its first bytes is left out; it does not become a short one.
func TestImageBrokenAtOnce(t *testing.T) {
	small := imgtest.Noise("small", 4<<10)
	b := zipOf(t, zipped{"boot.img", zip.Deflate, bytes.Repeat(imgtest.Noise("boot", 512), 256)}, zipped{"dtbo.img", zip.Deflate, small}, zipped{"lk.img", zip.Deflate, small})
	b[bytes.Index(b, []byte("boot.img"))+200] ^= 0xFF
	s := open(t, write(t, "fw.zip", b), Options{})
	if row(t, s, "boot") != nil || !says(s.Problems, flash.Error, "boot.img: cannot be unpacked") || !bytes.Equal(row(t, s, "lk"), small) {
		t.Errorf("%v; %v", rows(s), s.Problems)
	}
}

// Two scatter files with one table are no riddle; two tables are.
func TestScatterTwice(t *testing.T) {
	files := firmware()
	files["again_scatter.txt"] = []byte("# the same\n" + mt6765.Scatter)
	if s := open(t, writeAll(t, files), Options{}); s.ScatterText == nil {
		t.Error(s.Problems)
	}
	files["again_scatter.txt"] = []byte(strings.Replace(mt6765.Scatter, "recovery.img", "other.img", 1))
	if s := open(t, writeAll(t, files), Options{}); s.ScatterText != nil || !says(s.Problems, flash.Note, "contains 2 scatter files") {
		t.Error(s.Problems)
	}
}
