package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/dump"
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

// An encrypted dump asks for its passphrase, which is in no page and no address.
func TestLocked(t *testing.T) {
	const passphrase = "a very secret sentence"
	b, dir := newTab(t), t.TempDir()
	to, err := seal.Recipients([]string{seal.Passphrase}, func(string, bool) (string, error) { return passphrase, nil })
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, "ROM_1.age"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := seal.Writer(f, to)
	if err == nil {
		_, err = out.Write(imgtest.SmallMT6765().User.Bytes())
	}
	if err := errors.Join(err, out.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	wants(t, b.page(b.open("path", f.Name())), `type="password"`, "encrypted", `name="key"`)
	wrong := b.open("path", f.Name(), "passphrase", "wrong sentence")
	wants(t, b.page(wrong), `type="password"`, "this passphrase does not open it")
	at := b.open("path", f.Name(), "passphrase", passphrase)
	page := b.page(at)
	wants(t, page, "userdata", "The flash")
	var kept opening
	b.w.dumps.load = func(_ context.Context, o opening, _ dump.Options) (*content, error) {
		kept = o
		return nil, errors.New("not now")
	}
	page += b.page(b.open("path", f.Name(), "as", strings.TrimPrefix(at, "/dump/"), "scatter", "s.txt"))
	if b.open("path", "other", "as", strings.TrimPrefix(at, "/dump/")); kept.Passphrase != "" {
		t.Error("the passphrase is used for another file")
	}
	if b.open("path", f.Name(), "as", strings.TrimPrefix(at, "/dump/"), "scatter", "t.txt"); kept.Passphrase != passphrase {
		t.Error("the passphrase is not kept for the same file")
	}
	if page += b.page(wrong); strings.Contains(page+at, passphrase) || strings.Contains(page, "wrong sentence") {
		t.Error("a page shows a passphrase")
	}
}

// A dump that changes is opened again; one that is gone is told.
func TestChanged(t *testing.T) {
	b, dir := newTab(t), phone(t, imgtest.SmallMT6765())
	rom := filepath.Join(dir, "ROM_1")
	at := b.open("path", rom)
	st, err := os.Stat(rom)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(rom, st.Size()-1<<20); err != nil {
		t.Fatal(err)
	}
	wants(t, b.page(at), "It has changed on the disk.", `http-equiv="refresh"`)
	b.wait(at)
	wants(t, b.page(at), "was opened again", "Still to be read")
	if err := os.Remove(rom); err != nil {
		t.Fatal(err)
	}
	b.page(at)
	b.wait(at)
	wants(t, b.page(at), `role="alert"`)
}

// A file that is removed from an opened folder is missing, although its bytes can still be read.
func TestFileRemoved(t *testing.T) {
	b, dir := newTab(t), phone(t, imgtest.SmallMT6765())
	at := b.open("path", dir)
	wants(t, b.page(at), "EMMC_BOOT_1")
	if err := os.Remove(filepath.Join(dir, "BOOT_1")); err != nil {
		t.Fatal(err)
	}
	b.page(at)
	b.wait(at)
	wants(t, b.page(at), "was opened again", "Not at hand")
}

// Who copies a missing file into the folder and opens it again sees it.
func TestFileAdded(t *testing.T) {
	b, dir := newTab(t), phone(t, imgtest.SmallMT6765())
	boot, away := filepath.Join(dir, "BOOT_1"), filepath.Join(t.TempDir(), "BOOT_1")
	if err := os.Rename(boot, away); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(dir, time.Time{}, time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	wants(t, b.page(b.open("path", dir)), "Not at hand")
	if err := os.Rename(away, boot); err != nil {
		t.Fatal(err)
	}
	if page := b.page(b.open("path", dir)); strings.Contains(page, "Not at hand") {
		t.Error("BOOT_1 is there")
	}
}

// Few dumps are open at the same time, by many tabs; the others are opened again when they are needed.
func TestFewOpen(t *testing.T) {
	b, rom := newTab(t), imgtest.SmallMT6572().User
	var all []string
	for i := range maxOpen + 2 {
		path := filepath.Join(t.TempDir(), fmt.Sprintf("ROM_1-%d", i))
		if err := rom.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		all = append(all, b.open("path", path))
	}
	open := func() (n int) {
		b.w.dumps.mu.Lock()
		defer b.w.dumps.mu.Unlock()
		for _, x := range b.w.dumps.list {
			if x.content != nil {
				n++
			}
		}
		return n
	}
	if n := open(); n != maxOpen {
		t.Errorf("%d are open, want %d", n, maxOpen)
	}
	wants(t, b.page(all[0]), `http-equiv="refresh"`)
	b.wait(all[0])
	wants(t, b.page(all[0]), "The flash")
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for k := range all {
				at := all[(i+k)%len(all)]
				b.get(at)
				b.get(at + "/part/0")
				b.get(at + "/part/0/save")
				b.get(at + "/map.html")
				b.get(at + "/part/1/sum")
			}
		})
	}
	group.Wait()
	for _, at := range all {
		b.wait(at)
	}
	if n := open(); n > maxOpen {
		t.Errorf("%d are open, want at most %d", n, maxOpen)
	}
}

// The opening shows its progress and can be stopped; the end of the program stops it, too.
func TestOpening(t *testing.T) {
	b := newTab(t)
	b.w.dumps.load = func(ctx context.Context, o opening, opt dump.Options) (*content, error) {
		opt.Progress(flash.Event{Op: "unpack", Name: "<b>ROM_1", Done: 1 << 20, Total: 4 << 20})
		<-ctx.Done()
		return nil, ctx.Err()
	}
	at := b.post("path", "/some/ROM_1.zst")
	page := b.page(at)
	wants(t, page, "Opening", "Unpacking: 1 MiB of 4 MiB", `value="25"`, "&lt;b&gt;ROM_1", at+"/events", `http-equiv="refresh"`)
	site := httptest.NewServer(b.pages)
	defer site.Close()
	a, err := http.Get(site.URL + at + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	first := make([]byte, 15)
	if _, err := a.Body.Read(first); err != nil || !strings.HasPrefix(string(first), "event: part") {
		t.Fatalf("%q, %v", first, err)
	}
	b.ask(httptest.NewRequest(http.MethodPost, at+"/cancel", nil))
	b.wait(at)
	wants(t, b.page(at), "interrupted", `name="path"`)
	other := b.post("path", "/some/other")
	b.w.dumps.close()
	if s, _ := b.w.dumps.state(b.entry(other)); s.Running || !errors.Is(s.Err, context.Canceled) {
		t.Errorf("after the end: %+v", s)
	}
}

// The end of the program removes what was unpacked.
func TestRemoved(t *testing.T) {
	b, dir := newTab(t), t.TempDir()
	path := write(t, filepath.Join(dir, "ROM_1.gz"), imgtest.Gzip(imgtest.SmallMT6572().User.Bytes()))
	at := b.open("path", path)
	wants(t, b.page(at), "The flash")
	c, done := b.w.dumps.use(b.entry(at))
	user := c.dump.Source.User().Image
	done()
	if _, err := user.ReadAt(make([]byte, 512), 0); err != nil {
		t.Fatal(err)
	}
	b.w.dumps.close()
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if _, closed := user.ReadAt(make([]byte, 512), 0); closed == nil || err != nil || len(left) > 0 {
		t.Errorf("after the end: %v, %v, %v", closed, left, err)
	}
}

// The program ends although an opening hangs, as on a drive of a network that is gone.
func TestHangingOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := make(chan struct{})
		d := &dumps{load: func(context.Context, opening, dump.Options) (*content, error) {
			<-gone
			return nil, io.ErrUnexpectedEOF
		}}
		d.open(opening{Path: "/gone"})
		began := time.Now()
		d.close()
		if took := time.Since(began); took != patience {
			t.Errorf("it took %s", took)
		}
		close(gone)
	})
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
