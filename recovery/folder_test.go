package recovery_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/image/ramdisk"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/recovery"
)

// file is one file of a made ramdisk.
type file struct {
	name string
	mode uint32
	data string
}

func cpio(files ...file) []byte {
	var list []imgtest.CPIOFile
	for _, f := range files {
		list = append(list, imgtest.CPIOFile{Name: f.name, Mode: f.mode, Data: f.data})
	}
	return imgtest.CPIO(list...)
}

func pack(t testing.TB, b []byte, c ramdisk.Compression) []byte {
	t.Helper()
	out, err := ramdisk.Pack(b, c)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func all(t testing.TB, img flash.Image) []byte {
	t.Helper()
	b, err := io.ReadAll(io.NewSectionReader(img, 0, img.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// folder is an unpacked image in memory.
func folder(t testing.TB, img []byte) (fstest.MapFS, *recovery.Unpacked) {
	t.Helper()
	u, err := recovery.Unpack(bytes.NewReader(img), 0)
	if err != nil {
		t.Fatal(err)
	}
	m := fstest.MapFS{}
	for _, f := range u.Files {
		if !fs.ValidPath(f.Name) || m[f.Name] != nil {
			t.Fatalf("%q is not safe to write, or there twice", f.Name)
		}
		m[f.Name] = &fstest.MapFile{Data: all(t, f.Image)}
	}
	return m, u
}

func repack(t testing.TB, m fstest.MapFS, original []byte) (*recovery.Repacked, []byte) {
	t.Helper()
	r, err := recovery.Repack(m, bytes.NewReader(original), 0)
	if err != nil {
		t.Fatal(err)
	}
	return r, all(t, r.Image)
}

func sampleFiles() []file {
	return []file{
		{"sbin", ramdisk.Dir | 0o750, ""},
		{"sbin/recovery", ramdisk.File | 0o755, string(imgtest.Noise("recovery", 9000))},
		{"init", ramdisk.Symlink | 0o777, "/sbin/init"},
		{"dev/null", ramdisk.Char | 0o666, ""},
		{"default.prop", ramdisk.File | 0o644, "ro.secure=1\n"},
		{"run", ramdisk.FIFO | 0o600, ""},
		{"strange", 0o644, "no type at all"},
		// Names that no tree can be trusted with.
		{"Default.prop", ramdisk.File | 0o644, "another case\n"},
		{"../../escaped", ramdisk.File | 0o644, "up"},
		{"/etc/passwd", ramdisk.File | 0o644, "absolute"},
		{"aux.rc", ramdisk.File | 0o644, "a device of Windows"},
		{"dot.", ramdisk.File | 0o644, "a dot at the end"},
		{"a:b", ramdisk.File | 0o644, "a stream"},
		{"line\nbreak -> \"x\"", ramdisk.File | 0o644, "a line of the list"},
		{"sbin/recovery/below", ramdisk.File | 0o644, "below a file"},
		{"twice", ramdisk.File | 0o644, "first"},
		{"twice", ramdisk.File | 0o644, "second"},
		{"link\xff", ramdisk.Symlink | 0o777, "../\xfe x"},
	}
}

func image(t testing.TB, mtk bool, files ...file) []byte {
	return imgtest.BootImage(imgtest.Noise("kernel", 9000), pack(t, cpio(files...), ramdisk.Gzip), mtk, "RECOVERY")
}

func TestUntouched(t *testing.T) {
	for name, img := range map[string][]byte{
		"plain":            image(t, false, sampleFiles()...),
		"MediaTek headers": image(t, true, sampleFiles()...),
		"a signature":      append(image(t, true, sampleFiles()...), "SIGNED by somebody"...),
		"no files":         image(t, false, file{"dev", ramdisk.Dir | 0o755, ""}),
		"no ramdisk known": imgtest.BootImage([]byte("kernel"), []byte("not an archive"), false, ""),
	} {
		m, _ := folder(t, img)
		if r, got := repack(t, m, img); !bytes.Equal(got, img) || len(r.Changed) > 0 {
			t.Errorf("%s: %d bytes became %d other ones, changed %q", name, len(img), len(got), r.Changed)
		}
	}
}

// A folder on disk, whatever that can hold, gives the same image.
func TestUntouchedOnDisk(t *testing.T) {
	img := image(t, true, sampleFiles()...)
	m, u := folder(t, img)
	dir := t.TempDir()
	if err := os.CopyFS(dir, m); err != nil {
		t.Fatal(err)
	}
	for name := range m {
		if err := os.Chmod(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := recovery.Repack(os.DirFS(dir), bytes.NewReader(img), 0)
	if err != nil || len(r.Changed) > 0 || !bytes.Equal(all(t, r.Image), img) {
		t.Errorf("%v, changed %q", err, r.Changed)
	}
	if flash.Worst(u.Problems) != flash.Warning || len(u.Problems) != 2 { // ../../escaped, /etc/passwd
		t.Errorf("problems %v", u.Problems)
	}
}

// find reads a built image and returns a file of its ramdisk.
func find(t testing.TB, img []byte, path string) *ramdisk.Entry {
	t.Helper()
	return ramdiskOf(t, img).Find(path)
}

// ramdiskOf reads the ramdisk of an image.
func ramdiskOf(t testing.TB, img []byte) *ramdisk.Ramdisk {
	t.Helper()
	b, err := boot.Read(bytes.NewReader(img))
	if err != nil {
		t.Fatal(err)
	}
	rd, err := ramdisk.Read(b.Part(boot.Ramdisk).Payload(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return rd
}

func TestEdits(t *testing.T) {
	img := image(t, true, sampleFiles()...)
	for name, c := range map[string]struct {
		edit    func(m fstest.MapFS)
		changed string
		check   func(t *testing.T, out []byte)
	}{
		"a file": {
			func(m fstest.MapFS) { m["ramdisk/default.prop"].Data = []byte("ro.secure=0\n") }, "ramdisk/default.prop",
			func(t *testing.T, out []byte) {
				if e := find(t, out, "default.prop"); string(e.Data) != "ro.secure=0\n" || e.Mode != ramdisk.File|0o644 {
					t.Errorf("%+v", e)
				}
			},
		},
		"an odd file": {
			func(m fstest.MapFS) { m["ramdisk.odd/2"].Data = []byte("edited") }, "ramdisk/../../escaped",
			func(t *testing.T, out []byte) {
				if e := find(t, out, "../../escaped"); string(e.Data) != "edited" {
					t.Errorf("%+v", e)
				}
			},
		},
		"a mode and an owner": {
			func(m fstest.MapFS) { replace(m, "d 0750 0 0 0 sbin\n", "d 0755 7 8 9 sbin\n") }, "ramdisk/sbin",
			func(t *testing.T, out []byte) {
				if e := find(t, out, "sbin"); e.Mode != ramdisk.Dir|0o755 || e.UID != 7 || e.GID != 8 || e.Time != 9 {
					t.Errorf("%+v", e)
				}
			},
		},
		"a link": {
			func(m fstest.MapFS) { replace(m, "init -> /sbin/init", "init -> \"a b\"") }, "ramdisk/init",
			func(t *testing.T, out []byte) {
				if e := find(t, out, "init"); string(e.Data) != "a b" {
					t.Errorf("%+v", e)
				}
			},
		},
		"a device": {
			func(m fstest.MapFS) { replace(m, "dev 1:3", "dev 5:1") }, "ramdisk/dev/null",
			func(t *testing.T, out []byte) {
				if e := find(t, out, "dev/null"); e.RDevMajor != 5 || e.RDevMinor != 1 {
					t.Errorf("%+v", e)
				}
			},
		},
		"a new line": {
			func(m fstest.MapFS) {
				m["ramdisk.list"].Data = append(m["ramdisk.list"].Data, "l 0777 0 0 0 sbin/sh -> busybox\r\n"...)
			}, "ramdisk/sbin/sh",
			func(t *testing.T, out []byte) {
				if e := find(t, out, "sbin/sh"); e == nil || string(e.Data) != "busybox" {
					t.Errorf("%+v", e)
				}
			},
		},
		"a new file": {
			func(m fstest.MapFS) { m["ramdisk/system/bin/tool"] = &fstest.MapFile{Data: []byte("new")} },
			"ramdisk/system/bin/tool added",
			func(t *testing.T, out []byte) {
				if e := find(t, out, "system/bin/tool"); e == nil || e.Mode != ramdisk.File|0o755 {
					t.Errorf("%+v", e)
				}
				if e := find(t, out, "system/bin"); e == nil || e.Type() != ramdisk.Dir {
					t.Errorf("%+v", e)
				}
			},
		},
		"a line gone": {
			func(m fstest.MapFS) { replace(m, "l 0777 0 0 0 init -> /sbin/init\n", "") }, "ramdisk/init removed",
			func(t *testing.T, out []byte) {
				if find(t, out, "init") != nil {
					t.Error("still there")
				}
			},
		},
		"a file gone": {
			func(m fstest.MapFS) { delete(m, "ramdisk/sbin/recovery") }, "ramdisk/sbin/recovery removed",
			func(t *testing.T, out []byte) {
				if find(t, out, "sbin/recovery") != nil {
					t.Error("still there")
				}
			},
		},
		"the kernel": {
			func(m fstest.MapFS) { m["kernel.bin"].Data = []byte("another kernel") }, "kernel",
			func(t *testing.T, out []byte) {
				b, err := boot.Read(bytes.NewReader(out))
				if err != nil {
					t.Fatal(err)
				}
				if k := b.Part(boot.Kernel); string(all(t, k.Payload())) != "another kernel" || k.Section.Size != 14 {
					t.Errorf("%+v", k)
				}
			},
		},
		"the header": {
			func(m fstest.MapFS) {
				m["image.json"].Data = bytes.Replace(m["image.json"].Data, []byte("sample=1"), []byte("sample=2"), 1)
			}, "header",
			func(t *testing.T, out []byte) {
				if b, err := boot.Read(bytes.NewReader(out)); err != nil || b.Facts().Cmdline != "sample=2" {
					t.Errorf("%v", err)
				}
			},
		},
		"the MediaTek header": {
			func(m fstest.MapFS) {
				m["image.json"].Data = bytes.Replace(m["image.json"].Data, []byte(`"RECOVERY"`), []byte(`"ROOTFS"`), 1)
			}, "MediaTek header of ramdisk",
			func(t *testing.T, out []byte) {
				if b, err := boot.Read(bytes.NewReader(out)); err != nil || b.Part(boot.Ramdisk).Section.Name != "ROOTFS" {
					t.Errorf("%v", err)
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m, _ := folder(t, img)
			c.edit(m)
			r, out := repack(t, m, img)
			if got := strings.Join(r.Changed, ", "); got != c.changed {
				t.Errorf("changed %q, want %q", got, c.changed)
			}
			c.check(t, out)
		})
	}
}

func replace(m fstest.MapFS, old, now string) {
	f := m["ramdisk.list"]
	if !bytes.Contains(f.Data, []byte(old)) {
		panic("not in the list: " + old)
	}
	f.Data = bytes.Replace(f.Data, []byte(old), []byte(now), 1)
}

// An image that was read out of its partition stays as long; one that is signed loses
// its signature, and that is said.
func TestTail(t *testing.T) {
	img := image(t, true, sampleFiles()...)
	for name, c := range map[string]struct {
		tail string
		size int
		says string
	}{
		"nothing":   {"", 0, ""},
		"zeros":     {strings.Repeat("\x00", 100000), len(img) + 100000, ""},
		"erased":    {strings.Repeat("\xFF", 100000), len(img) + 100000, ""},
		"too short": {strings.Repeat("\x00", 100), 0, "more than the"},
		"signed":    {"SIGNATURE", 0, "are left out"},
	} {
		whole := append(bytes.Clone(img), c.tail...)
		m, _ := folder(t, whole)
		m["ramdisk/default.prop"].Data = imgtest.Noise("large", 60000)
		for i := range m["ramdisk/default.prop"].Data { // nothing that compresses
			m["ramdisk/default.prop"].Data[i] ^= byte(i * i >> 3)
		}
		r, out := repack(t, m, whole)
		if c.size > 0 && len(out) != c.size {
			t.Errorf("%s: %d bytes, want %d", name, len(out), c.size)
		}
		if c.says == "" && len(r.Problems) > 0 || c.says != "" && !strings.Contains(fmt.Sprint(r.Problems), c.says) {
			t.Errorf("%s: %v, want %q", name, r.Problems, c.says)
		}
		if c.tail != "" && c.size > 0 && out[len(out)-1] != c.tail[0] {
			t.Errorf("%s: the fill is not what it was", name)
		}
	}
}

// The rest of a large partition is not held in memory.
func TestLargeTail(t *testing.T) {
	const rest = 256 << 20
	img := image(t, true, sampleFiles()...)
	m, _ := folder(t, img)
	m["ramdisk/default.prop"].Data = []byte("a=b\n")
	whole := flash.Join(bytes.NewReader(img), flash.NewStitched(rest))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := recovery.Repack(m, whole, 0)
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > rest/2 || r.Image.Size() != whole.Size() {
		t.Errorf("0x%x bytes of 0x%x with 0x%x of memory", r.Image.Size(), whole.Size(), used)
	}
}

func TestBadFolders(t *testing.T) {
	img := image(t, true, sampleFiles()...)
	for name, c := range map[string]struct {
		edit func(m fstest.MapFS)
		says string
	}{
		"no record":        {func(m fstest.MapFS) { delete(m, "image.json") }, "image.json"},
		"another schema":   {func(m fstest.MapFS) { m["image.json"].Data = []byte(`{"schema": "x/1"}`) }, `schema "x/1" is not`},
		"a file outside":   {func(m fstest.MapFS) { edit(m, "image.json", "kernel.bin", "../../kernel") }, "is not the name of a file"},
		"a part too many":  {func(m fstest.MapFS) { edit(m, "image.json", `"name": "kernel"`, `"name": "second"`) }, `no part "second"`},
		"kernel gone":      {func(m fstest.MapFS) { delete(m, "kernel.bin") }, "kernel.bin"},
		"a short line":     {func(m fstest.MapFS) { replace(m, "d 0750 0 0 0 sbin\n", "d 0750 sbin\n") }, "ramdisk.list, line 5: the line has 3 words"},
		"a strange type":   {func(m fstest.MapFS) { replace(m, "d 0750 0 0 0 sbin\n", "q 0750 0 0 0 sbin\n") }, `type "q" is not one of`},
		"not octal":        {func(m fstest.MapFS) { replace(m, "d 0750 0 0 0 sbin\n", "d 0790 0 0 0 sbin\n") }, `"0790" is not a number`},
		"quotes left open": {func(m fstest.MapFS) { replace(m, "d 0750 0 0 0 sbin\n", "d 0750 0 0 0 \"sbin\n") }, "are not closed"},
		"content outside":  {func(m fstest.MapFS) { replace(m, "in ramdisk.odd/2", "in ../../../etc/passwd") }, "is not the name of a file"},
		"a word too many":  {func(m fstest.MapFS) { replace(m, "d 0750 0 0 0 sbin\n", "d 0750 0 0 0 sbin it\n") }, `nothing follows "it"`},
		"a folder for a file": {func(m fstest.MapFS) {
			m["ramdisk/default.prop"] = &fstest.MapFile{Mode: fs.ModeDir | 0o755}
		}, "is not a plain file"},
		"a device of nothing": {func(m fstest.MapFS) { replace(m, "dev 1:3", "dev null") }, "MAJOR:MINOR"},
	} {
		m, _ := folder(t, img)
		c.edit(m)
		_, err := recovery.Repack(m, bytes.NewReader(img), 0)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

func edit(m fstest.MapFS, name, old, now string) {
	m[name].Data = bytes.Replace(m[name].Data, []byte(old), []byte(now), 1)
}

// Ramdisks that cannot be read stay one file, and the image comes out as it went in.
func TestUnreadableRamdisk(t *testing.T) {
	bomb := pack(t, cpio(file{"zeros", ramdisk.File, strings.Repeat("\x00", 8<<20)}), ramdisk.Gzip)
	img := imgtest.BootImage([]byte("kernel"), bomb, true, "RECOVERY")
	u, err := recovery.Unpack(bytes.NewReader(img), 1<<20)
	if err != nil || !strings.Contains(fmt.Sprint(u.Problems), "limit of 1 MiB") {
		t.Fatalf("%v, problems %v", err, u.Problems)
	}
	for _, f := range u.Files {
		if f.Name == "ramdisk.bin" && !bytes.Equal(all(t, f.Image), bomb) {
			t.Error("ramdisk.bin is not the ramdisk")
		}
	}
}

// The folder of any image gives the image, whatever its ramdisk holds.
func FuzzUnpack(f *testing.F) {
	f.Add(image(f, true, sampleFiles()...))
	f.Add(linkedImage(f))
	f.Add(imgtest.BootImage([]byte("kernel"), cpio(sampleFiles()...), false, ""))
	f.Fuzz(func(t *testing.T, img []byte) {
		u, err := recovery.Unpack(bytes.NewReader(img), 1<<20)
		if err != nil {
			return
		}
		m := fstest.MapFS{}
		for _, f := range u.Files {
			if !fs.ValidPath(f.Name) || m[f.Name] != nil {
				t.Fatalf("%q is not safe to write, or there twice", f.Name)
			}
			m[f.Name] = &fstest.MapFile{Data: all(t, f.Image)}
		}
		r, err := recovery.Repack(m, bytes.NewReader(img), 1<<20)
		if err != nil || len(r.Changed) > 0 || !bytes.Equal(all(t, r.Image), img) {
			t.Fatalf("%v, changed %q", err, r)
		}
	})
}
