package ui

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// tab asks a window for pages, without its guard.
type tab struct {
	t     *testing.T
	w     *window
	pages http.Handler
}

func newTab(t *testing.T) *tab {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	w := newWindow(Options{Tool: "mtkkit test", Config: t.TempDir()}, "127.0.0.1:1", func() {})
	t.Cleanup(w.dumps.close)
	return &tab{t, w, w.routes()}
}

func (b *tab) ask(r *http.Request) *httptest.ResponseRecorder {
	rw := httptest.NewRecorder()
	b.pages.ServeHTTP(rw, r)
	return rw
}

func (b *tab) get(path string) *httptest.ResponseRecorder {
	return b.ask(httptest.NewRequest(http.MethodGet, path, nil))
}

// page returns a page that must be there.
func (b *tab) page(path string) string {
	b.t.Helper()
	a := b.get(path)
	if a.Code != http.StatusOK {
		b.t.Fatalf("%s: %d: %s", path, a.Code, plain(a.Body.String()))
	}
	return a.Body.String()
}

// post sends the opening form, with pairs of a field and its value, and returns where it leads.
func (b *tab) post(fields ...string) string {
	b.t.Helper()
	v := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, "/open", strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a := b.ask(r)
	if a.Code != http.StatusSeeOther {
		b.t.Fatalf("%q: %d: %s", fields, a.Code, a.Body)
	}
	return a.Header().Get("Location")
}

// open opens a dump and waits for it.
func (b *tab) open(fields ...string) string {
	b.t.Helper()
	at := b.post(fields...)
	b.wait(at)
	return at
}

// entry returns the entry of an address.
func (b *tab) entry(address string) *opened {
	var id int
	fmt.Sscanf(address, "/dump/%d", &id)
	return b.w.dumps.find(id)
}

// wait waits until nothing is being opened at an address.
func (b *tab) wait(address string) {
	x := b.entry(address)
	for s, changed := b.w.dumps.state(x); s.Running; s, changed = b.w.dumps.state(x) {
		<-changed
	}
}

var tags = regexp.MustCompile(`<[^>]*>|\s+`)

// plain returns a page without its tags.
func plain(html string) string { return tags.ReplaceAllString(html, " ") }

func wants(t *testing.T, page string, want ...string) {
	t.Helper()
	for _, s := range want {
		if !strings.Contains(page, s) {
			t.Errorf("the page has no %q: %s", s, plain(page))
		}
	}
}

// phone writes the read-back of a phone into a folder.
func phone(t *testing.T, p *imgtest.Phone) string {
	t.Helper()
	dir := t.TempDir()
	if err := p.WriteDump(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// all reads an image.
func all(img flash.Image) []byte {
	b := make([]byte, img.Size())
	if _, err := img.ReadAt(b, 0); err != nil && err != io.EOF {
		panic(err)
	}
	return b
}

func write(t *testing.T, name string, b []byte) string {
	t.Helper()
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestDumpPage(t *testing.T) {
	b, dir := newTab(t), phone(t, imgtest.SmallMT6765())
	page := b.page(b.open("path", dir))
	wants(t, page, "MT6765", "Nothing is missing", `class="box good"`, "userdata", "preloader_", `href="#r`, "/part/", "<rect", "00***********")
	if strings.Contains(page, "style=") || regexp.MustCompile(`<[^>]* on[a-z]+=`).MatchString(page) {
		t.Error("the page has styles or scripts of its own")
	}
	for _, m := range regexp.MustCompile(`src="(/dump/[^"]*)"`).FindAllStringSubmatch(page, -1) {
		a := b.get(m[1])
		if a.Code != http.StatusOK || a.Header().Get("Content-Type") != "image/png" || !strings.HasPrefix(a.Body.String(), "\x89PNG") {
			t.Errorf("%s: %d, %s", m[1], a.Code, a.Header())
		}
	}
	lost := b.get("/dump/1/logo/99")
	if !strings.Contains(page, "/logo/0") || lost.Code != http.StatusNotFound {
		t.Errorf("the pictures of the logo: %d", lost.Code)
	}
	if list := b.w.recent.list(); len(list) != 1 || list[0].Path != dir || !strings.Contains(list[0].Title, "MT6765") {
		t.Errorf("remembered: %+v", list)
	}
	m := b.get("/dump/1/map.html")
	if !strings.HasPrefix(m.Header().Get("Content-Disposition"), "attachment;") || !strings.Contains(m.Body.String(), "blocks map") {
		t.Errorf("the saved map: %s", m.Header())
	}
	if a, z := b.page("/dump/1"), b.page("/dump/1?scale=log"); a == z {
		t.Error("the logarithmic strip is the same")
	}
}

// The program may be started with a dump: the first page is that of the dump, the next one is the start.
func TestOpenFirst(t *testing.T) {
	b := newTab(t)
	b.w.Open = phone(t, imgtest.SmallMT6572())
	a := b.get("/")
	if at := a.Header().Get("Location"); a.Code != http.StatusSeeOther || at != "/dump/1" {
		t.Fatalf("%d, %s", a.Code, at)
	}
	b.wait("/dump/1")
	wants(t, b.page("/dump/1"), "The flash")
	wants(t, b.page("/"), `action="/open"`)
}

// The three values for the phone's tool are there, and what belongs to a dump is told and can be given.
func TestMissing(t *testing.T) {
	b, p := newTab(t), imgtest.SmallMT6592()
	dir := phone(t, p)
	rom := filepath.Join(dir, "ROM_1")
	row := p.Row("CACHE")
	if err := os.Truncate(rom, row.Offset+4096); err != nil {
		t.Fatal(err)
	}
	page := b.page(b.open("path", rom))
	wants(t, page, `class="box bad" id="missing"`, fmt.Sprintf("0x%x", row.Offset+4096), "EMMC_USER", "is used, because")
	for _, name := range []string{p.ScatterName(), "BOOT_1", "BOOT_2"} {
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(dir, "away-"+name)); err != nil {
			t.Fatal(err)
		}
	}
	c := newTab(t)
	bare := c.page(c.open("path", rom))
	full := c.page(c.open("path", rom, "scatter", filepath.Join(dir, "away-"+p.ScatterName()), "boot1", filepath.Join(dir, "away-BOOT_1"), "as", "1"))
	if strings.Contains(bare, "BOOTIMG") || !strings.Contains(full, "BOOTIMG") || !strings.Contains(full, "preloader_") {
		t.Error("the scatter file and BOOT_1 are not used")
	}
}

// What is no dump is told as on the command line.
func TestNotDump(t *testing.T) {
	b, dir := newTab(t), t.TempDir()
	for _, c := range []struct {
		name    string
		content []byte
		want    []string
	}{
		{"system.img", all(imgtest.SmallMT6765().Image("nvdata")), []string{"This is no dump, but:", "ext4", "Files inside"}},
		{"boot.img", imgtest.SmallMT6765().File("boot"), []string{"This is no dump, but:", "Android boot image", "kernel version", "command line", "41 4e 44 52"}},
		{"phone_scatter.txt", []byte(imgtest.SmallMT6592().Scatter), []string{"This is no dump, but:", "scatter"}},
		{"picture.png", []byte("\x89PNG\r\n\x1a\n0000"), []string{`role="alert"`, "PNG", `name="scatter"`}},
		{"noise", imgtest.Noise("noise", 1<<20), []string{`role="alert"`, "no partition table"}},
	} {
		path := write(t, filepath.Join(dir, c.name), c.content)
		wants(t, b.page(b.open("path", path)), append(c.want, c.name)...)
	}
	wants(t, b.page(b.open("path", filepath.Join(dir, "absent"))), `role="alert"`, "absent")
	wants(t, b.page(b.open("path", t.TempDir())), `role="alert"`)
	wants(t, b.page("/dump/1/files"), "md/", "/files?part=&amp;path=%2fmd")
	if a := b.get("/dump/1/map.html"); a.Code != http.StatusNotFound {
		t.Errorf("an image has a map: %d", a.Code)
	}
	if a := b.get("/dump/1/part/0"); a.Code != http.StatusNotFound {
		t.Errorf("an image has partitions: %d", a.Code)
	}
}

// A path that failed is tried again, and nothing else of the computer is served.
func TestOnlyOpened(t *testing.T) {
	b, dir := newTab(t), t.TempDir()
	rom := filepath.Join(dir, "ROM_1")
	b.open("path", rom)
	if err := imgtest.SmallMT6765().User.WriteFile(rom); err != nil {
		t.Fatal(err)
	}
	wants(t, b.page(b.open("path", rom)), "userdata", "The flash")
	secret := write(t, filepath.Join(dir, "secret"), []byte("not for the browser"))
	for _, path := range []string{
		"/dump/0", "/dump/2", "/dump/-1", "/dump/x", "/dump/1/part/999", "/dump/1/part/-1", "/dump/1/part/x/save", "/dump/1/part",
		"/dump/1/files?part=" + url.QueryEscape(secret), "/dump/1/files?part=" + url.QueryEscape("../../secret"), "/dump/1/file?part=&path=" + url.QueryEscape(secret),
		"/dump/1/file?part=nvdata&path=" + url.QueryEscape(secret), "/dump/1/file?part=nvdata&path=" + url.QueryEscape("../../../../.."+secret), "/dump/1/logo/..%2f..%2fsecret",
	} {
		if a := b.get(path); a.Code < 400 || strings.Contains(a.Body.String(), "not for the browser") {
			t.Errorf("%s: %d: %s", path, a.Code, plain(a.Body.String()))
		}
	}
}

// Shares add up to all of the strip, and each one can be seen.
func TestShares(t *testing.T) {
	for _, weights := range [][]float64{{1}, {1, 1e9}, {1e-9, 1, 5, 1e6, 3}, make([]float64, 2000)} {
		if len(weights) == 2000 {
			for i := range weights {
				weights[i] = float64(i + 1)
			}
		}
		sum, lowest := 0.0, 100.0
		for _, v := range shares(weights, least) {
			sum, lowest = sum+v, min(lowest, v)
		}
		if sum < 99.999 || sum > 100.001 || lowest < min(least, 50/float64(len(weights)))-1e-9 {
			t.Errorf("%d weights: %g percent, the smallest %g", len(weights), sum, lowest)
		}
	}
}

// unreadMap writes a map beside a file, in which a range is unread.
func unreadMap(t *testing.T, file string, size int64, unread flash.Extent) {
	t.Helper()
	write(t, file+".map", fmt.Appendf(nil, "# Mapfile. Created by a test\n0x0 + 1\n0x0 0x%x +\n0x%x 0x%x ?\n0x%x 0x%x +\n",
		unread.Offset, unread.Offset, unread.Length, unread.End(), size-unread.End()))
}

// A firmware package has no place on a phone: its page has no map and no addresses, and offers only what
// can be done with it.
func TestPackagePage(t *testing.T) {
	f := newFormWindow(t)
	dir := t.TempDir()
	list, err := os.ReadFile("../testdata/MT6765_Android_scatter.txt")
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"MT6765_Android_scatter.txt": list, "logo.bin": imgtest.Logo(false), "boot.img": imgtest.BootImage(make([]byte, 4096), nil, false, "")} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	x := f.dumps.open(opening{Path: dir})
	for s, changed := f.dumps.state(x); s.Running; s, changed = f.dumps.state(x) {
		<-changed
	}
	var names []string
	for _, a := range f.actionsFor(x) {
		names = append(names, a.Name)
	}
	if got := strings.Join(names, " "); got != "split verify compare" {
		t.Errorf("offered: %s", got)
	}
	rec := httptest.NewRecorder()
	c, done := f.dumps.use(x)
	defer done()
	f.showContent(rec, httptest.NewRequest(http.MethodGet, "/", nil), x, c)
	page := rec.Body.String()
	for _, want := range []string{"A firmware package, not a dump: 2 images", "boot.img", "MT6765"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, odd := range []string{"PACKAGE", "map.html", "Nothing is missing", "0x0000000000", "2 images, 0 B", "class=\"strip\""} {
		if strings.Contains(page, odd) {
			t.Errorf("the page has %q", odd)
		}
	}
	rec = httptest.NewRecorder()
	f.routes().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, x.address()+"/part/0", nil))
	if page := rec.Body.String(); rec.Code != http.StatusOK || strings.Contains(page, "PACKAGE") || strings.Contains(page, "firmware package") {
		t.Errorf("the page of an image: %d %s", rec.Code, page)
	}
	rec = httptest.NewRecorder()
	if f.saveMap(rec, httptest.NewRequest(http.MethodGet, "/", nil), x, c); rec.Code != http.StatusNotFound {
		t.Errorf("a map of a package: %d", rec.Code)
	}
}
