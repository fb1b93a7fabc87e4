package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
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

// Images of a package are unpacked when they are read: the context lives as long as the content, and
// ends with the program even if somebody still reads.
func TestContextOfContent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var given context.Context
		d := &dumps{load: func(ctx context.Context, _ opening, _ dump.Options) (*content, error) {
			given = ctx
			return &content{}, nil
		}}
		x := d.open(opening{Path: "/fw.zip"})
		synctest.Wait()
		if given.Err() != nil {
			t.Error("it ended with the opening")
		}
		_, done := d.hold(x)
		go func() { <-given.Done(); done() }()
		d.close()
		if given.Err() == nil {
			t.Error("it did not end")
		}
	})
}
