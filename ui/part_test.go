package ui

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/split"
)

// part returns the address of the page of a partition.
func (b *tab) part(address, name string) string {
	b.t.Helper()
	page := b.page(address)
	link := regexp.MustCompile(`href="(` + address + `/part/\d+)">` + regexp.QuoteMeta(html.EscapeString(name)) + `<`).FindStringSubmatch(page)
	if link == nil {
		b.t.Fatalf("no link to %s: %s", name, plain(page))
	}
	return link[1]
}

func TestPartPage(t *testing.T) {
	p := imgtest.SmallMT6765()
	b := newTab(t)
	at := b.open("path", phone(t, p))
	boot := b.part(at, "boot")
	wants(t, b.page(boot), "Android boot image", "kernel version", "41 4e 44 52", "Compute the SHA-256", "Save this partition: boot.img")
	wants(t, b.page(b.part(at, "nvdata")), "Files inside", "/files?part=nvdata")
	a := b.get(boot + "/save")
	want := all(p.Image("boot"))
	if !bytes.Equal(a.Body.Bytes(), want) || a.Header().Get("Content-Disposition") != `attachment; filename="boot.img"; filename*=UTF-8''boot.img` ||
		a.Header().Get("Content-Type") != "application/octet-stream" || a.Header().Get("Content-Length") != fmt.Sprint(len(want)) {
		t.Errorf("%d bytes, %s", a.Body.Len(), a.Header())
	}
	sum := fmt.Sprintf("%x", sha256.Sum256(want))
	if a := b.get(boot + "/sum"); a.Code != http.StatusSeeOther {
		t.Errorf("the hash without a script: %d", a.Code)
	}
	wants(t, b.page(boot), sum)
	r := httptest.NewRequest(http.MethodGet, b.part(at, "lk")+"/sum", nil)
	r.Header.Set("Accept", "text/event-stream")
	wants(t, b.ask(r).Body.String(), "event: ended", fmt.Sprintf("%x", sha256.Sum256(all(p.Image("lk")))))
}

// What was not read never looks complete.
func TestUnread(t *testing.T) {
	p := imgtest.SmallMT6765()
	boot, lk := p.Row("boot"), p.Row("lk")
	for _, c := range []struct {
		name   string
		part   string
		unread flash.Extent
		cut    int64 // length of the dump, 0 for all
		status int
		file   string
		bytes  int64
	}{
		{"whole", "boot", lk.Extent, 0, http.StatusOK, "boot.img", boot.Length},
		{"all of it is unread", "boot", boot.Extent, 0, http.StatusConflict, "", 0},
		{"a part is unread", "boot", flash.Extent{Offset: boot.Offset + 0x1000, Length: 0x1000}, 0, http.StatusOK, "boot.partial.img", boot.Length},
		{"cut", "userdata", lk.Extent, p.Row("userdata").Offset + 0x2000, http.StatusOK, "userdata.partial.img", 0x2000},
		{"behind the end", "flashinfo", lk.Extent, p.Row("userdata").Offset + 0x2000, http.StatusConflict, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, rom := newTab(t), filepath.Join(phone(t, p), "ROM_1")
			size := p.User.Size()
			if c.cut > 0 {
				size = c.cut
				if err := os.Truncate(rom, size); err != nil {
					t.Fatal(err)
				}
			}
			unreadMap(t, rom, size, c.unread)
			part := b.part(b.open("path", rom), c.part)
			page, a := b.page(part), b.get(part+"/save")
			if a.Code != c.status || c.status == http.StatusOK && int64(a.Body.Len()) != c.bytes {
				t.Fatalf("%d, %d bytes: %s", a.Code, a.Body.Len(), plain(a.Body.String())[:100])
			}
			wants(t, a.Header().Get("Content-Disposition"), c.file)
			switch {
			case c.status != http.StatusOK:
				wants(t, page, "nothing to save")
			case strings.Contains(c.file, ".partial"):
				wants(t, page, `role="alert"`, "Save what there is: "+c.file)
			default:
				wants(t, page, "Save this partition: "+c.file)
			}
			if a := b.get(part + "/sum"); (a.Code == http.StatusSeeOther) != (c.status == http.StatusOK && c.name != "a part is unread") {
				t.Errorf("its hash: %d", a.Code)
			}
		})
	}
}

// A file that has changed since its hash was written is not saved as if nothing had happened.
func TestSaveRecorded(t *testing.T) {
	d, err := dump.Open(t.Context(), phone(t, imgtest.SmallMT6765()), dump.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "parts")
	if _, err := d.Split(t.Context(), p, folder, split.Options{}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "boot.img")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-1] ^= 1
	write(t, file, b)
	tab := newTab(t)
	at := tab.open("path", folder)
	wants(t, tab.page(at), "were not compared with the manifest")
	boot := tab.part(at, "boot")
	wants(t, tab.page(boot), "SHA-256 when it was written")
	site := httptest.NewServer(tab.pages)
	defer site.Close()
	a, err := http.Get(site.URL + boot + "/save")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if n, err := io.Copy(io.Discard, a.Body); err == nil || n >= int64(len(b)) {
		t.Errorf("a changed file is sent: %d bytes, %v", n, err)
	}
	if a := tab.get(tab.part(at, "lk") + "/save"); a.Code != http.StatusOK {
		t.Errorf("a file beside it: %d", a.Code)
	}
	tab.get(boot + "/sum")
	wants(t, tab.page(boot), "it has changed since it was written")
}

// The end of a file is only sent when nothing is wrong with it.
func TestSend(t *testing.T) {
	rw := httptest.NewRecorder()
	w := newTab(t).w
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	small := func(_ context.Context, out io.Writer) error {
		_, _ = out.Write(make([]byte, held))
		return errors.New("it has changed")
	}
	if w.send(rw, r, "boot.img", held, small); rw.Code != http.StatusConflict || rw.Header().Get("Content-Disposition") != "" || !strings.Contains(rw.Body.String(), "it has changed") {
		t.Errorf("a small file: %d, %s", rw.Code, rw.Header())
	}
	site := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.send(rw, r, "boot.img", 4*held, func(_ context.Context, out io.Writer) error {
			_, _ = out.Write(make([]byte, 4*held))
			return errors.New("it has changed")
		})
	}))
	defer site.Close()
	a, err := http.Get(site.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if n, err := io.Copy(io.Discard, a.Body); err == nil || n >= 4*held {
		t.Errorf("a large file: %d bytes, %v", n, err)
	}
}

// hostile are names that somebody may write into a table.
var hostile = []string{
	`<img src=x onerror=alert(1)>`, `"><script>alert(1)</script>`, "two\nlines\r\n", "\u202egnp.exe", "../../etc/passwd", `..\..\boot.ini`,
	"CON", "nul.txt", "{{.Path}}", "' onfocus=alert(1) '", "javascript:alert(1)", "%2e%2e%2f", "dup", "dup", "\x00\x01", " ", "é€😀", "</title><b>", "#r1?a=b&c",
}

func TestHostileNames(t *testing.T) {
	const mib = 1 << 20
	dir, user := t.TempDir(), imgtest.NewSparse(32*mib)
	var rows []imgtest.GPTRow
	for i, name := range hostile {
		rows = append(rows, imgtest.GPTRow{Name: name, Extent: flash.Extent{Offset: int64(i+1) * mib, Length: mib}})
		user.Put(int64(i+1)*mib, imgtest.Noise(fmt.Sprint(i), 4096))
	}
	user.PutGPT(imgtest.GPTSpec{SectorSize: 512, DeviceSize: 32 * mib, Rows: rows})
	rom := filepath.Join(dir, "<b>ROM_1")
	if err := user.WriteFile(rom); err != nil {
		t.Fatal(err)
	}
	b := newTab(t)
	at := b.open("path", rom)
	c := b.w.dumps.find(1).content
	pages := []string{at, at + "?scale=log"}
	for i := range c.items {
		own := fmt.Sprintf("%s/part/%d", at, i)
		pages = append(pages, own)
		if a := b.get(own + "/save"); a.Code == http.StatusOK {
			checkDisposition(t, a.Header().Get("Content-Disposition"))
		}
	}
	for _, name := range append(hostile, strings.Repeat("A<", 2048)) {
		q := url.QueryEscape(name)
		pages = append(pages, at+"/files?part="+q, at+"/file?part="+q+"&path="+q)
	}
	for _, p := range pages {
		checkPage(t, p, b.get(p).Body.String())
	}
}

// A scatter file can have names of any length.
func TestLongName(t *testing.T) {
	p := imgtest.SmallMT6592()
	dir := phone(t, p)
	long := strings.Repeat("<s>long", 600)
	text := strings.ReplaceAll(p.Scatter, "partition_name: EXPDB", "partition_name: "+long)
	name := write(t, filepath.Join(dir, "long.txt"), []byte(text))
	b := newTab(t)
	at := b.open("path", filepath.Join(dir, "ROM_1"), "scatter", name)
	checkPage(t, at, b.page(at))
	part := b.part(at, long)
	checkPage(t, part, b.page(part))
	checkDisposition(t, b.get(part+"/save").Header().Get("Content-Disposition"))
}

var disposition = regexp.MustCompile(`^attachment; filename="([ !#-\[\]-~]{1,140})"; filename\*=UTF-8''([A-Za-z0-9%._~-]+)$`)

// checkDisposition checks that a browser saves a file under a harmless name.
func checkDisposition(t *testing.T, s string) {
	t.Helper()
	m := disposition.FindStringSubmatch(s)
	if m == nil {
		t.Errorf("the name of a file: %q", s)
		return
	}
	name, err := url.PathUnescape(m[2])
	if err == nil {
		err = flash.CheckFileName(name)
	}
	if err == nil {
		err = flash.CheckFileName(m[1])
	}
	if err != nil || strings.ContainsAny(m[1]+name, `/\<>`) {
		t.Errorf("%q: %v", s, err)
	}
}

// The scripts and attributes of our own pages.
var (
	quoted     = regexp.MustCompile(`"[^"]*"`)
	ownScripts = regexp.MustCompile(`<script src="/static/(window|dump)\.js" defer></script>`)
	scripts    = regexp.MustCompile(`(?i)<script|<img src=x|<[^>]* on[a-z]+=|<[^>]*\bstyle=|<s>long|<b>`)
	links      = regexp.MustCompile(`(?:href|src|action|data-events)="([^"]*)"`)
)

// checkPage checks that nothing of a dump is in a page as HTML.
func checkPage(t *testing.T, path, page string) {
	t.Helper()
	for _, m := range links.FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "/") && !strings.HasPrefix(m[1], "#") {
			t.Errorf("%s leads to %q", path, m[1])
		}
	}
	rest := quoted.ReplaceAllString(ownScripts.ReplaceAllString(page, ""), "")
	if m := scripts.FindString(rest); m != "" {
		t.Errorf("%s has %q", path, m)
	}
	if i := strings.IndexAny(page, "\u202e\x00\x01\r"); i >= 0 {
		t.Errorf("%s has a control character: %q", path, page[max(i-40, 0):i+20])
	}
	if page == "" {
		t.Errorf("%s is empty", path)
	}
}
