package ramdisk_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/image/ramdisk"
)

// linked writes a record with so many links to an inode.
func linked(name string, inode, links int, data string) string {
	s := record(name, ramdisk.File|0o755, data)
	return s[:6] + fmt.Sprintf("%08X", inode) + s[14:38] + fmt.Sprintf("%08X", links) + s[46:]
}

// busybox is one program under three names, as cpio writes it: its bytes come last.
func busybox() string {
	return archive(
		record("sbin", ramdisk.Dir|0o755, ""),
		linked("sbin/busybox", 9, 3, ""), linked("sbin/ls", 9, 3, ""), linked("sbin/sh", 9, 3, "program"),
		linked("alone", 10, 2, "alone"), // its other name is in no archive
	)
}

// kernel is what a kernel makes of an archive: init/initramfs.c, do_name and maybe_link.
// It is written from the records' bytes, and knows nothing of the package.
func kernel(t *testing.T, b []byte) string {
	t.Helper()
	type file struct{ data string }
	names, inodes, order := map[string]*file{}, map[string]*file{}, []string{}
	for at := 0; at+110 <= len(b); {
		if b[at] == 0 {
			at++ // between archives
			continue
		}
		var n [13]int
		for i := range n {
			if _, err := fmt.Sscanf(string(b[at+6+8*i:at+14+8*i]), "%x", &n[i]); err != nil {
				t.Fatal(err)
			}
		}
		name := string(b[at+110 : at+110+n[11]-1])
		body := at + (110+n[11]+3)&^3
		at = (body + n[6] + 3) &^ 3
		if name == "TRAILER!!!" {
			inodes = map[string]*file{}
			continue
		}
		if n[1]&ramdisk.TypeMask != ramdisk.File {
			continue
		}
		key := fmt.Sprint(n[0], n[7], n[8])
		f := inodes[key]
		if n[4] < 2 || f == nil {
			f = &file{}
		}
		if n[4] >= 2 {
			inodes[key] = f
		}
		if n[6] > 0 {
			f.data = string(b[body : body+n[6]])
		}
		if names[name] == nil {
			order = append(order, name)
		}
		names[name] = f
	}
	var out []string
	for _, name := range order {
		out = append(out, name+"="+names[name].data)
	}
	return strings.Join(out, " ")
}

func shown(r *ramdisk.Ramdisk) string {
	var out []string
	for _, e := range r.Entries() {
		if e.Type() == ramdisk.File {
			out = append(out, e.Name+"="+string(e.Data))
		}
	}
	return strings.Join(out, " ")
}

func find(t *testing.T, r *ramdisk.Ramdisk, name string) *ramdisk.Entry {
	t.Helper()
	e := r.Find(name)
	if e == nil {
		t.Fatalf("no %s", name)
	}
	return e
}

// What is shown under a name is what the kernel makes of it, before and after any edit.
func TestLinks(t *testing.T) {
	data := func(s string, names ...string) func(*testing.T, *ramdisk.Ramdisk) {
		return func(t *testing.T, r *ramdisk.Ramdisk) {
			for _, n := range names {
				find(t, r, n).Data = []byte(s)
			}
		}
	}
	remove := func(names ...string) func(*testing.T, *ramdisk.Ramdisk) {
		return func(t *testing.T, r *ramdisk.Ramdisk) {
			for _, n := range names {
				r.Remove(find(t, r, n))
			}
		}
	}
	for name, c := range map[string]struct {
		edit func(*testing.T, *ramdisk.Ramdisk)
		want string // names and bytes
		size int    // of the archive, in names that have the bytes of the program
	}{
		"nothing":                {func(*testing.T, *ramdisk.Ramdisk) {}, "sbin/busybox=program sbin/ls=program sbin/sh=program alone=alone", 1},
		"the first name":         {data("edited", "sbin/busybox"), "sbin/busybox=edited sbin/ls=program sbin/sh=program alone=alone", 1},
		"the name with bytes":    {data("edited", "sbin/sh"), "sbin/busybox=program sbin/ls=program sbin/sh=edited alone=alone", 1},
		"all names":              {data("edited", "sbin/busybox", "sbin/ls", "sbin/sh"), "sbin/busybox=edited sbin/ls=edited sbin/sh=edited alone=alone", 0},
		"two names":              {data("edited", "sbin/busybox", "sbin/sh"), "sbin/busybox=edited sbin/ls=program sbin/sh=edited alone=alone", 1},
		"emptied":                {data("", "sbin/busybox", "sbin/ls", "sbin/sh"), "sbin/busybox= sbin/ls= sbin/sh= alone=alone", 0},
		"without the bytes' own": {remove("sbin/sh"), "sbin/busybox=program sbin/ls=program alone=alone", 1},
		"without the first":      {remove("sbin/busybox"), "sbin/ls=program sbin/sh=program alone=alone", 1},
		"one left":               {remove("sbin/busybox", "sbin/sh"), "sbin/ls=program alone=alone", 1},
		"another mode":           {func(t *testing.T, r *ramdisk.Ramdisk) { find(t, r, "sbin/ls").Mode ^= 0o22 }, "sbin/busybox=program sbin/ls=program sbin/sh=program alone=alone", 2},
		"unlinked":               {func(t *testing.T, r *ramdisk.Ramdisk) { r.Link(find(t, r, "sbin/sh"), nil) }, "sbin/busybox=program sbin/ls=program sbin/sh=program alone=alone", 2},
		"another link":           {func(t *testing.T, r *ramdisk.Ramdisk) { addLink(t, r, "sbin/cat", "sbin/busybox") }, "sbin/busybox=program sbin/ls=program sbin/sh=program alone=alone sbin/cat=program", 1},
		"a first link":           {func(t *testing.T, r *ramdisk.Ramdisk) { addLink(t, r, "other", "alone") }, "sbin/busybox=program sbin/ls=program sbin/sh=program alone=alone other=alone", 1},
	} {
		for _, comp := range []ramdisk.Compression{ramdisk.None, ramdisk.Gzip} {
			in := pack(t, busybox(), comp)
			r := read(t, in)
			c.edit(t, r)
			if got := shown(r); got != c.want {
				t.Errorf("%s: shown %s", name, got)
			}
			out := encode(t, r)
			if name == "nothing" && !bytes.Equal(out, in) {
				t.Errorf("%s: the bytes differ", name)
			}
			plain := all(t)(read(t, out).Recompress(ramdisk.None))
			if got := kernel(t, plain); got != c.want {
				t.Errorf("%s: a kernel makes %s\nwant %s", name, got, c.want)
			}
			if got := shown(read(t, out)); got != c.want {
				t.Errorf("%s: read again, %s", name, got)
			}
			if n := strings.Count(string(plain), "program"); n != c.size {
				t.Errorf("%s: the program is there %d times, want %d", name, n, c.size)
			}
			witnessCpio(t, name, plain, c.want)
		}
	}
}

func addLink(t *testing.T, r *ramdisk.Ramdisk, name, to string) {
	first := find(t, r, to)
	e := r.Add(ramdisk.Header{Name: name, Mode: first.Mode, UID: first.UID, GID: first.GID, Time: first.Time}, first.Data)
	r.Link(e, first)
}

// witnessCpio unpacks an archive with GNU cpio and compares what it makes.
func witnessCpio(t *testing.T, name string, plain []byte, want string) {
	t.Helper()
	if _, err := exec.LookPath("cpio"); err != nil {
		t.Log("cpio is not installed: no other tool is asked")
		return
	}
	dir := t.TempDir()
	cmd := exec.Command("cpio", "-id", "--quiet", "-D", dir)
	cmd.Stdin = bytes.NewReader(plain)
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", name, err, msg)
	}
	for f := range strings.FieldsSeq(want) {
		path, data, _ := strings.Cut(f, "=")
		out, err := exec.Command("cat", dir+"/"+path).Output()
		if err != nil || string(out) != data {
			t.Errorf("%s: cpio makes %s of %q, want %q (%v)", name, path, out, data, err)
		}
	}
}

// Links end with their archive, and need a count, a device and a type of their own.
func TestNoLinks(t *testing.T) {
	device := linked("c", 9, 2, "")
	device = device[:62] + "00000009" + device[70:]
	for name, in := range map[string]string{
		"one link each":  archive(linked("a", 9, 1, ""), linked("c", 9, 1, "data")),
		"two archives":   archive(linked("a", 9, 2, "")) + archive(linked("c", 9, 2, "data")),
		"another inode":  archive(linked("a", 9, 2, ""), linked("c", 8, 2, "data")),
		"another device": archive(linked("a", 9, 2, "data"), device),
		"a folder":       archive(linked("a", 9, 2, ""), strings.Replace(record("c", ramdisk.Dir|0o755, ""), "00000001000", "00000002000", 1)),
	} {
		r := read(t, []byte(in))
		for _, e := range r.Entries() {
			if e.LinkOf() != nil || e.Name == "a" && name != "another device" && len(e.Data) > 0 {
				t.Errorf("%s: %s is linked, %q", name, e.Name, e.Data)
			}
		}
		if got := kernel(t, []byte(in)); name != "a folder" && got != shown(r) {
			t.Errorf("%s: a kernel makes %s of it, shown %s", name, got, shown(r))
		}
	}
	// Bytes that come several times: those that come last count.
	r := read(t, []byte(archive(linked("a", 9, 2, "first"), linked("b", 9, 2, "second one"))))
	if got := shown(r); got != "a=second one b=second one" || find(t, r, "b").LinkOf() != find(t, r, "a") {
		t.Error(got)
	}
	find(t, r, "a").Time++
	find(t, r, "b").Time++
	out := encode(t, r)
	if got := kernel(t, out); got != "a=second one b=second one" || bytes.Contains(out, []byte("first")) {
		t.Error(got)
	}
	witnessCpio(t, "twice", out, "")
}
