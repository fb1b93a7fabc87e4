package ui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/files"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// Files of partitions, logical ones too, are listed and saved.
func TestFilesInside(t *testing.T) {
	b := newTab(t)
	at := b.open("path", phone(t, imgtest.MT6893()))
	super := b.page(b.part(at, "super"))
	wants(t, super, "Logical partitions", "/files?part=system", "EROFS")
	wants(t, b.page(at+"/files?part=system"), "build.prop", "/files?part=system&amp;path=%2fapp", "drwxr-xr-x")
	wants(t, b.page(at+"/files?part=system&path=/bin"), "toybox", "→ toybox")
	wants(t, b.page(at+"/files?part=vendor"), "build.prop")
	wants(t, b.page(at+"/files?part=system&path=/app/Demo/"), "Demo.apk", "/file?part=system&amp;path=%2fapp%2fDemo%2fDemo.apk")
	a := b.get(at + "/file?part=system&path=/etc/hosts")
	if a.Body.String() != "127.0.0.1 localhost\n" || a.Header().Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(a.Header().Get("Content-Disposition"), `attachment; filename="hosts"`) {
		t.Errorf("%q, %s", a.Body, a.Header())
	}
	for path, want := range map[string]string{
		"/file?part=system&path=/etc/absent": "no such file", "/file?part=system&path=/etc": "not a regular file", "/files?part=absent": "no partition",
		"/files?part=boot_a": "boot_a", "/files?part=system&path=../../etc/passwd": "no such file",
	} {
		if a := b.get(at + path); a.Code != http.StatusConflict || !strings.Contains(plain(a.Body.String()), want) {
			t.Errorf("%s: %d: %s", path, a.Code, plain(a.Body.String()))
		}
	}
}

// A file with bytes that were not read is not saved with zeros in their place.
func TestFileUnread(t *testing.T) {
	p := imgtest.SmallMT6592()
	rom := filepath.Join(phone(t, p), "ROM_1")
	app := bytes.Index(p.User.Bytes(), imgtest.Noise(p.Board+" app", 6000)[:4096])
	if app < 0 {
		t.Fatal("the file of the test phone is not there")
	}
	unreadMap(t, rom, p.User.Size(), flash.Extent{Offset: int64(app), Length: 4096})
	b := newTab(t)
	at := b.open("path", rom, "scatter", filepath.Join(filepath.Dir(rom), p.ScatterName()))
	a := b.get(at + "/file?part=ANDROID&path=/app/Demo/Demo.apk")
	if a.Code != http.StatusConflict || !strings.Contains(a.Body.String(), "were not read from the phone") || a.Header().Get("Content-Disposition") != "" {
		t.Errorf("%d, %d bytes, %s", a.Code, a.Body.Len(), a.Header())
	}
	if a := b.get(at + "/file?part=ANDROID&path=/etc/hosts"); a.Code != http.StatusOK {
		t.Errorf("a file beside it: %d: %s", a.Code, plain(a.Body.String()))
	}
}

// disk is a file system with names of the test's choice: files of one directory.
type disk struct {
	files.Damage
	names []string
}

func (d *disk) Root() uint64 { return 1 }

func (d *disk) Inode(num uint64) (*files.Inode, error) {
	switch {
	case num == 1:
		return &files.Inode{Num: 1, Mode: fs.ModeDir | 0o755}, nil
	case num == 2:
		return nil, errors.New("the <b>inode is damaged")
	case num%5 == 0:
		return &files.Inode{Num: num, Mode: fs.ModeSymlink | 0o777}, nil
	}
	return &files.Inode{Num: num, Mode: 0o644, Size: 4, Encrypted: num%7 == 0}, nil
}

func (d *disk) Entries(_ *files.Inode, yield func(files.Entry) bool) error {
	for i, n := range d.names {
		if !yield(files.Entry{Name: n, Num: uint64(i + 2)}) {
			break
		}
	}
	return nil
}

func (d *disk) Content(n *files.Inode) (flash.Image, error) {
	if n.Encrypted {
		return nil, files.ErrEncrypted
	}
	return bytes.NewReader([]byte("<h1>")), nil
}

func (d *disk) Target(*files.Inode) (string, error) { return `/etc/<script>"`, nil }

// list asks for a page of a directory.
func (d *disk) list(t *testing.T, w *window, query string) string {
	t.Helper()
	rw, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/?"+query, nil)
	i := &inside{head: head{"/dump/1", "ROM_1"}, Part: "system", At: "/", tree: &files.Tree{System: d}, name: "system", c: &content{other: nil, image: nil, dump: plainDump(t, w)}}
	if err := w.listFiles(rw, r, i); err != nil {
		t.Fatal(err)
	}
	return rw.Body.String()
}

func TestHostileFiles(t *testing.T) {
	d := &disk{names: append([]string{"page.html", `<svg onload=alert(1)>`, "\xff\xfe.txt"}, hostile...)}
	b := newTab(t)
	page := d.list(t, b.w, "")
	checkPage(t, "the list", page)
	wants(t, page, "encrypted", "→ /etc/&lt;script&gt;", "the &lt;b&gt;inode is damaged", "%ff%fe.txt")
	for _, name := range d.names {
		rw, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
		if b.w.send(rw, r, name, 0, nothing); rw.Code == http.StatusOK {
			checkDisposition(t, rw.Header().Get("Content-Disposition"))
		}
	}
}

// A directory of many files is shown in parts.
func TestManyFiles(t *testing.T) {
	d, b := &disk{}, newTab(t)
	for i := range 2*maxFiles + 1 {
		d.names = append(d.names, fmt.Sprintf("f%05d", i))
	}
	at, seen := "", map[string]bool{}
	next := regexp.MustCompile(`from=(\d+)">Next`)
	for pages := 1; ; pages++ {
		page := d.list(t, b.w, at)
		for _, n := range d.names {
			if strings.Contains(page, n) {
				seen[n] = true
			}
		}
		m := next.FindStringSubmatch(page)
		if m == nil {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
		at = url.Values{"from": {m[1]}}.Encode()
	}
	if len(seen) != len(d.names) {
		t.Errorf("%d of %d files are shown", len(seen), len(d.names))
	}
	for _, from := range []string{"-1", "99999", "x"} {
		d.list(t, b.w, "from="+from)
	}
}

func nothing(context.Context, io.Writer) error { return nil }

// plainDump opens a small dump without problems.
func plainDump(t *testing.T, w *window) *dump.Dump {
	t.Helper()
	d, err := dump.Open(t.Context(), phone(t, imgtest.SmallMT6765()), dump.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}
