package recovery_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/ramdisk"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/recovery"
)

// hardLinked makes one file of several names of an archive.
func hardLinked(archive []byte, names ...string) []byte {
	for _, n := range names {
		at := bytes.Index(archive, []byte(n+"\x00")) - 110
		copy(archive[at+6:], fmt.Sprintf("%08x", 77))
		copy(archive[at+38:], fmt.Sprintf("%08x", len(names)))
	}
	return archive
}

func linkedImage(t testing.TB) []byte {
	rd := hardLinked(cpio(file{"sbin", ramdisk.Dir | 0o755, ""}, file{"sbin/busybox", ramdisk.File | 0o755, ""},
		file{"sbin/ls", ramdisk.File | 0o755, ""}, file{"sbin/sh", ramdisk.File | 0o755, "program"},
		file{"other", ramdisk.File | 0o644, "other"}), "sbin/busybox", "sbin/ls", "sbin/sh")
	return imgtest.BootImage([]byte("kernel"), pack(t, rd, ramdisk.Gzip), true, "RECOVERY")
}

// Hard links are in the tree under each name, with their bytes, and in the list; what
// the tree and the list then say is what the new image holds.
func TestHardLinks(t *testing.T) {
	img := linkedImage(t)
	const busybox, ls, sh = "f 0755 0 0 0 sbin/busybox\n", "f 0755 0 0 0 sbin/ls hardlink sbin/busybox\n", "f 0755 0 0 0 sbin/sh hardlink sbin/busybox\n"
	write := func(data string, names ...string) func(m fstest.MapFS) {
		return func(m fstest.MapFS) {
			for _, n := range names {
				m["ramdisk/"+n] = &fstest.MapFile{Data: []byte(data)}
			}
		}
	}
	list := func(old, now string) func(m fstest.MapFS) {
		return func(m fstest.MapFS) { replace(m, old, now) }
	}
	for name, c := range map[string]struct {
		edit func(m fstest.MapFS)
		want string // each name, its bytes, and what it is a link to
		says string
	}{
		"nothing":         {func(fstest.MapFS) {}, "sbin/busybox=program sbin/ls=program>sbin/busybox sbin/sh=program>sbin/busybox other=other", ""},
		"one name":        {write("new", "sbin/busybox"), "sbin/busybox=new sbin/ls=program sbin/sh=program>sbin/ls other=other", "sbin/busybox was a hard link and is a separate file now"},
		"all names":       {write("new", "sbin/busybox", "sbin/ls", "sbin/sh"), "sbin/busybox=new sbin/ls=new>sbin/busybox sbin/sh=new>sbin/busybox other=other", ""},
		"a mode":          {list(ls, strings.Replace(ls, "0755", "0700", 1)), "sbin/busybox=program sbin/ls=program sbin/sh=program>sbin/busybox other=other", "sbin/ls was a hard link"},
		"unlinked":        {list(ls, "f 0755 0 0 0 sbin/ls\n"), "sbin/busybox=program sbin/ls=program sbin/sh=program>sbin/busybox other=other", ""},
		"unlinked, other": {func(m fstest.MapFS) { list(ls, "f 0755 0 0 0 sbin/ls\n")(m); write("ls", "sbin/ls")(m) }, "sbin/busybox=program sbin/ls=ls sbin/sh=program>sbin/busybox other=other", ""},
		"one more":        {list(sh, sh+"f 0755 0 0 0 sbin/cat hardlink sbin/busybox\n"), "sbin/busybox=program sbin/ls=program>sbin/busybox sbin/sh=program>sbin/busybox other=other sbin/cat=program>sbin/busybox", ""},
		"a first":         {list("f 0644 0 0 0 other\n", "f 0644 0 0 0 other\nf 0644 0 0 0 again hardlink other\n"), "sbin/busybox=program sbin/ls=program>sbin/busybox sbin/sh=program>sbin/busybox other=other again=other>other", ""},
		"the first gone":  {list(busybox, ""), "sbin/ls=program sbin/sh=program>sbin/ls other=other", ""},
		"a file gone":     {func(m fstest.MapFS) { delete(m, "ramdisk/sbin/sh") }, "sbin/busybox=program sbin/ls=program>sbin/busybox other=other", ""},
	} {
		m, u := folder(t, img)
		for _, n := range []string{"busybox", "ls", "sh"} {
			if f := m["ramdisk/sbin/"+n]; f == nil || string(f.Data) != "program" {
				t.Fatalf("the tree has no bytes of %s (%v)", n, u.Problems)
			}
		}
		delete(m, "ramdisk/sbin/cat")
		c.edit(m)
		if name == "the first gone" {
			delete(m, "ramdisk/sbin/busybox") // else it would be added again
		}
		r, out := repack(t, m, img)
		if got := filesOf(t, out); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
		if s := fmt.Sprint(r.Problems); c.says == "" && len(r.Problems) > 0 || !strings.Contains(s, c.says) || flash.Worst(r.Problems) > flash.Note {
			t.Errorf("%s: %s, want %q", name, s, c.says)
		}
		if name == "nothing" && (!bytes.Equal(out, img) || len(r.Changed) > 0) {
			t.Errorf("untouched, the bytes differ: %v", r.Changed)
		}
	}
	for name, line := range map[string]string{
		"of nothing":  "f 0644 0 0 0 a hardlink nothing\n",
		"of a folder": "f 0644 0 0 0 a hardlink sbin\n",
		"of a device": "c 0644 0 0 0 a dev 1:3 hardlink other\n",
	} {
		m, _ := folder(t, img)
		m["ramdisk.list"].Data = append(m["ramdisk.list"].Data, line...)
		m["ramdisk/a"] = &fstest.MapFile{Data: []byte("a")}
		if _, err := recovery.Repack(m, bytes.NewReader(img), 0); err == nil || !strings.Contains(err.Error(), "a hard link is another name of a file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func filesOf(t *testing.T, img []byte) string {
	t.Helper()
	var out []string
	for _, e := range ramdiskOf(t, img).Entries() {
		if e.Type() != ramdisk.File {
			continue
		}
		s := e.Name + "=" + string(e.Data)
		if first := e.LinkOf(); first != nil {
			s += ">" + first.Name
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

// Links that stand for more than the limit are not written out.
func TestManyLinks(t *testing.T) {
	files := []file{{"first", ramdisk.File, strings.Repeat("x", 300<<10)}}
	names := []string{"first"}
	for i := range 20 {
		names = append(names, fmt.Sprintf("link%02d", i))
		files = append(files, file{names[i+1], ramdisk.File, ""})
	}
	img := imgtest.BootImage([]byte("kernel"), pack(t, hardLinked(cpio(files...), names...), ramdisk.Gzip), false, "")
	u, err := recovery.Unpack(bytes.NewReader(img), 1<<20)
	if err != nil || !strings.Contains(fmt.Sprint(u.Problems), "hard links it has 6.2 MiB") || len(u.Files) != 4 {
		t.Errorf("%v, %v, %d files", err, u.Problems, len(u.Files))
	}
	if u, err = recovery.Unpack(bytes.NewReader(img), 7<<20); err != nil || len(u.Problems) > 0 {
		t.Errorf("%v, %v", err, u.Problems)
	}
}

// Of two entries of one name the later is what the phone sees: it bears the name.
func TestTwice(t *testing.T) {
	for name, c := range map[string]struct {
		files []file
		path  string // what the tree has under the name
		odd   string
	}{
		"two files":           {[]file{{"a", ramdisk.File, "first"}, {"a", ramdisk.File, "second"}}, "second", "first"},
		"spelled differently": {[]file{{"a", ramdisk.File, "first"}, {"./a", ramdisk.File, "second"}}, "second", "first"},
		"a file, then a link": {[]file{{"a", ramdisk.File, "first"}, {"a", ramdisk.Symlink, "other"}}, "", "first"},
		"a link, then a file": {[]file{{"a", ramdisk.Symlink, "other"}, {"a", ramdisk.File, "second"}}, "second", ""},
	} {
		img := imgtest.BootImage([]byte("kernel"), pack(t, cpio(c.files...), ramdisk.Gzip), false, "")
		m, _ := folder(t, img)
		for at, want := range map[string]string{"ramdisk/a": c.path, "ramdisk.odd/1": c.odd} {
			if f := m[at]; (f != nil) != (want != "") || f != nil && string(f.Data) != want {
				t.Errorf("%s: %s is %v, want %q", name, at, f, want)
			}
		}
		if r, out := repack(t, m, img); !bytes.Equal(out, img) {
			t.Errorf("%s: untouched, changed %q", name, r.Changed)
		}
		if c.path == "" {
			continue
		}
		m["ramdisk/a"].Data = []byte("edited")
		_, out := repack(t, m, img)
		if got := string(ramdiskOf(t, out).Find("a").Data); got != "edited" {
			t.Errorf("%s: edited, the phone sees %q", name, got)
		}
	}
}

// Several ramdisks of one image share the limit.
func TestSharedLimit(t *testing.T) {
	rd := func(name string) []byte {
		return pack(t, cpio(file{name, ramdisk.File, strings.Repeat("x", 600<<10)}), ramdisk.Gzip)
	}
	img := vendorRamdisks(1, rd("a"), rd("b"))
	u, err := recovery.Unpack(bytes.NewReader(img), 1<<20)
	if err != nil || strings.Count(fmt.Sprint(u.Problems), "limit of 1 MiB") != 1 {
		t.Errorf("%v, %v", err, u.Problems)
	}
	if u, err = recovery.Unpack(bytes.NewReader(img), 2<<20); err != nil || len(u.Problems) > 0 {
		t.Errorf("%v, %v", err, u.Problems)
	}
}
