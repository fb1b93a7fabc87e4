package windowtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// begin opens the form of an action from the page of a dump, fills fields, and starts the job.
func (b *tab) begin(action string, fields ...string) {
	b.t.Helper()
	b.click(fmt.Sprintf(`a[href$="/do/%s"]`, action))
	b.see("#start")
	b.look("form-" + action)
	for i := 0; i < len(fields); i += 2 {
		b.fill(fields[i], fields[i+1])
	}
	b.leave("#start")
}

// ended waits for the end of the job of this page; class is "ok", "warn" or "bad".
func (b *tab) ended(class string) {
	b.t.Helper()
	b.see(".state.ok, .state.warn, .state.bad")
	if got := ask[string](b, `document.querySelector(".state").className`); got != "state "+class {
		b.t.Fatalf("%s, want %s, on the page\n%s", got, class, b.text())
	}
}

// dumpPage waits until the page of a dump shows its map.
func (b *tab) dumpPage() {
	b.t.Helper()
	b.see(`a[href$="/do/split"]`)
}

// A person reads the virtual phone, loses the cable, goes on, and does everything with the dump.
func TestStory(t *testing.T) {
	p := startProgram(t, t.TempDir(), "--port", "sim")
	b := openTab(t, p)
	b.look("start")
	b.click(`a.button[href="/phone"]`)
	b.see("#read")
	b.look("phone")
	b.leave("#read")
	b.see("progress[value]:not([value='0'])")
	b.look("reading")
	b.click("#pull")
	b.see("#go-on")
	b.look("pulled")
	b.leave("#go-on")
	b.ended("ok")
	b.look("read")
	b.leave("#open-result")
	b.dumpPage()
	b.look("dump")
	dump := b.address()

	b.begin("split")
	b.ended("ok")
	b.look("split")
	parts := single(t, filepath.Join(p.Home, "*.parts"))

	b.visit(dump)
	b.saveFile(t)

	b.visit(dump)
	b.begin("backup")
	b.ended("ok")
	archive := single(t, filepath.Join(p.Home, "*.tar.zst"))
	b.leave("#open-result")
	b.see(`form[action$="/do/verify-backup"]`)
	b.look("archive")
	b.leave(`form[action$="/do/verify-backup"] button`)
	b.ended("ok")

	b.visit(dump)
	b.begin("compare", "#other", archive)
	b.ended("ok")
	b.says("same phone: ")
	b.visit(dump)
	b.begin("compare", "#other", parts)
	b.ended("ok")
	b.visit(p.site() + "/jobs")
	b.look("jobs")
	b.visit(p.site() + "/quit")
	b.look("quit")
	b.click("main button.main")
	if err := p.Wait(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
}

// single returns the only file that a pattern finds.
func single(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %q %v", pattern, found, err)
	}
	return found[0]
}

// saveFile downloads a file from inside the partition system, and the partition boot.
func (b *tab) saveFile(t *testing.T) {
	t.Helper()
	b.clickLink("system")
	b.see(`a[href*="/files?"]`)
	b.look("part")
	b.click(`a[href*="/files?"]`)
	b.see(`a[href*="/file?"]`)
	b.look("files")
	b.clickLink("build.prop")
	text := string(b.downloaded("build.prop"))
	if !strings.Contains(text, "ro.build") {
		t.Errorf("build.prop has %q", text)
	}
}

// downloaded waits for a download and returns its bytes.
func (b *tab) downloaded(name string) []byte {
	b.t.Helper()
	path := filepath.Join(b.Downloads, name)
	for began := time.Now(); time.Since(began) < patience; time.Sleep(50 * time.Millisecond) {
		if data, err := os.ReadFile(path); err == nil && len(data) > 0 {
			return data
		}
	}
	b.t.Fatalf("%s was not downloaded", name)
	return nil
}

// From the start page to a verified backup of a plugged-in phone with clicks alone.
func TestThreeClicks(t *testing.T) {
	p := startProgram(t, t.TempDir(), "--port", "sim")
	b := openTab(t, p)
	b.click(`a.button[href="/phone"]`)
	b.see("#read")
	b.click("#compress")
	b.leave("#read")
	b.ended("ok")
	b.says("complete and unchanged")
	single(t, filepath.Join(p.Home, "*.tar.zst"))
	if b.Clicks != 3 {
		t.Errorf("%d clicks", b.Clicks)
	}
}
