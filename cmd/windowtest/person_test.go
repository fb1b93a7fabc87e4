package windowtest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/ui/text"
)

// home makes a home folder with the files of a read-back in dumps, and the scatter file of the same phone
// in scatters.
func home(t *testing.T, phone *imgtest.Phone) string {
	t.Helper()
	dir := t.TempDir()
	for _, sub := range []string{"dumps", "scatters"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := phone.WriteDump(filepath.Join(dir, "dumps")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "dumps", phone.ScatterName()), filepath.Join(dir, "scatters", phone.ScatterName())); err != nil {
		t.Fatal(err)
	}
	return dir
}

// choose chooses a file in the dialog with clicks, from the home folder on.
func (b *tab) choose(field string, names ...string) {
	b.t.Helper()
	b.click(fmt.Sprintf(`[data-choose=%q]`, field))
	for _, name := range names {
		b.Clicks++
		b.do(chromedp.Click(chromedp.Search(fmt.Sprintf(`//dialog//ul[@class="files"]//*[self::a or self::button][normalize-space()=%q]`, name)), chromedp.NodeVisible))
	}
	b.do(chromedp.WaitNotPresent(chromedp.CSS("dialog")))
}

// A dump of 2014 is opened with its scatter file, which is chosen with clicks, and split.
func TestOldPhone(t *testing.T) {
	phone := imgtest.SmallMT6592()
	p := startProgram(t, home(t, phone))
	b := openTab(t, p)
	b.click(`[data-choose="path"]`)
	b.see("dialog[open]")
	b.look("chooser")
	b.click("dialog [data-close]")
	b.choose("path", "dumps", "ROM_1")
	b.click("summary")
	b.choose("scatter", "scatters", phone.ScatterName())
	b.leave(`form[action="/open"] button.main`)
	b.dumpPage()
	b.says("demo_s1")
	b.says("NVRAM")
	b.look("dump-mbr")
	b.begin("split")
	b.ended("ok")
	b.says("described by " + phone.ScatterName())
	b.leave("#verify-result")
	b.ended("ok")
	single(t, filepath.Join(p.Home, "dumps", "ROM_1.parts", "NVRAM.bin"))
}

// enter does what a person does with the fields of a form: types, chooses and ticks.
func (b *tab) enter(fields [][2]string) {
	b.t.Helper()
	ask[any](b, `document.querySelectorAll("details").forEach(d => d.open = true)`)
	for _, f := range fields {
		switch f[1] {
		case tick:
			b.click(f[0])
		case "":
			ask[any](b, fmt.Sprintf(`document.querySelector(%q).value = ""`, f[0]))
		default:
			b.fill(f[0], f[1])
		}
	}
}

// tick is the value of what is clicked on.
const tick = "\x00tick"

// Each form refuses as the command line does, says why, and where in the window that can be changed.
func TestRefusals(t *testing.T) {
	phone := imgtest.SmallMT6592()
	dir := home(t, phone)
	at := func(parts ...string) string { return filepath.Join(slices.Concat([]string{dir}, parts)...) }
	for name, data := range map[string][]byte{"empty": nil, "photo.jpg": []byte("\xFF\xD8\xFF\xE0 a photo"), "no-table": append(make([]byte, 1<<20), imgtest.Ext4(4<<20, "system")...)} {
		if err := os.WriteFile(at(name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	share := at("shared.tar.zst")
	if code, said := command(t, "backup", "create", "--share", "-o", share, at("dumps", "ROM_1"), "--scatter", at("scatters", phone.ScatterName())); code == 1 || code == 5 {
		t.Fatal(said)
	}
	p := startProgram(t, dir)
	b := openTab(t, p)
	rom := at("dumps", "ROM_1")
	for _, c := range []struct {
		open, action string
		fields       [][2]string
		says         []string
	}{
		{at("missing"), "", nil, []string{"there is no such file or folder"}},
		{at("empty"), "", nil, []string{"the file is empty"}},
		{at("photo.jpg"), "", nil, []string{"JPEG"}},
		{rom, "split", [][2]string{{"#output", at("scatters")}}, []string{"Refused for safety", at("scatters"), "Change and start again"}},
		{rom, "split", [][2]string{{"#output", ""}}, []string{"Nothing was started", "This field is needed."}},
		{rom, "backup", [][2]string{{`[value="passphrase"]`, tick}, {"#passphrase", "a"}, {"#passphrase-again", "b"}}, []string{"The two passphrases are not the same."}},
		{rom, "backup", [][2]string{{`[value="parity"]`, tick}, {"#parity", "77"}}, []string{"The number is not in the permitted range."}},
		{rom, "backup", [][2]string{{`[value="identity"]`, tick}}, []string{"Refused for safety", "In this window: Encryption: With a passphrase, Public key, Permit it without encryption"}},
		{rom, "recovery", [][2]string{{"#donor", at("photo.jpg")}}, []string{"Failed", "photo.jpg", "Change and start again"}},
		{rom, "compare", [][2]string{{"#other", at("missing")}}, []string{"there is no such file or folder", "Change and start again"}},
		{at("no-table"), "split", nil, []string{"guessed from the content", "In this window: Scatter file of this phone, Accept partitions that are only guessed"}},
		{share, "restore", nil, []string{"contains only a part", "In this window: What to write: The folder to flash"}},
		{share, "plan", [][2]string{{"#target", at("empty")}}, []string{"Failed", "Change and start again"}},
		{share, "leaks", nil, []string{"This field is needed."}},
	} {
		b.visit(p.site())
		b.fill("#path", c.open)
		b.leave(`form[action="/open"] button.main`)
		if c.action != "" {
			b.leave(fmt.Sprintf(`a[href$="/do/%s"]`, c.action))
			b.enter(c.fields)
			b.click("#start")
			b.see(`.state.ok, .state.warn, .state.bad, main > [role=alert]`)
			b.loaded()
		}
		for _, want := range c.says {
			b.says(want)
		}
		if t.Failed() {
			t.Fatalf("%s of %s %q", c.action, c.open, c.fields)
		}
	}
	b.look("refused-form")
	b.guess(p, at("no-table"))
	b.noAgent(p)
}

// noAgent begins to read a phone without its Download Agent, and then asks for a card reader.
func (b *tab) noAgent(p *program) {
	b.t.Helper()
	b.visit(p.site() + "/phone")
	b.see("#da")
	b.click("#read")
	b.see("main > [role=alert]")
	b.says("Choose the Download Agent")
	b.look("refused-phone")
	b.click(`[value="files"]`)
	b.see("#files")
	b.click("#read")
	b.see("main > [role=alert]")
	b.see("#files")
	b.says("Choose the device or the files to read.")
}

// guess goes from the refusal of a guess to the field that accepts it, and starts again.
func (b *tab) guess(p *program, dump string) {
	b.t.Helper()
	b.visit(p.site())
	b.fill("#path", dump)
	b.leave(`form[action="/open"] button.main`)
	b.leave(`a[href$="/do/split"]`)
	b.leave("#start")
	b.ended("bad")
	b.look("refused-job")
	b.leave(`.cures a[href$="#guess"]`)
	b.click("#guess")
	b.leave("#start")
	b.ended("warn")
}

// press presses keys.
func (b *tab) press(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// tabTo presses the Tab key until an element has the focus. Every element on the way shows that it has it.
func (b *tab) tabTo(selector string) {
	b.t.Helper()
	for range 200 {
		b.press(kb.Tab)
		if hidden := ask[string](b, `(() => {
			const e = document.activeElement;
			if (e === document.body) return "";
			const [s, r] = [getComputedStyle(e), e.getBoundingClientRect()];
			const shown = s.outlineStyle !== "none" || e.matches(".seg");
			return shown && r.bottom > 0 && r.top < innerHeight ? "" : e.outerHTML.slice(0, 200);
		})()`); hidden != "" {
			b.t.Errorf("the focus cannot be seen: %s", hidden)
		}
		if ask[bool](b, fmt.Sprintf(`document.activeElement.matches(%q)`, selector)) {
			return
		}
	}
	b.t.Fatalf("the Tab key does not lead to %s", selector)
}

// follow presses the Enter key and waits for the next page.
func (b *tab) follow(selector string) {
	b.t.Helper()
	here := b.address()
	b.press(kb.Enter)
	for began := time.Now(); b.address() == here; time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > patience {
			b.t.Fatal("the Enter key leads nowhere")
		}
	}
	b.see(selector)
}

// A person without a mouse opens a dump in the list of folders, and verifies a split of it.
func TestKeyboard(t *testing.T) {
	p := startProgram(t, home(t, imgtest.SmallMT6765()))
	b := openTab(t, p)
	b.visit(p.site())
	focused := func(selector string) {
		t.Helper()
		b.do(chromedp.WaitVisible(chromedp.CSS(selector + ":focus")))
	}
	b.tabTo(`[data-choose="path"]`)
	b.press(kb.Enter)
	focused(`.files a`)
	b.press(kb.Escape)
	b.do(chromedp.WaitNotPresent(chromedp.CSS("dialog")))
	focused("#path")
	b.press(kb.Tab)
	b.press(kb.Enter)
	focused(`.files a`)
	b.press(kb.ArrowDown) // dumps
	focused(`a[data-folder$="dumps"]`)
	b.press(kb.Enter)
	focused(`dialog:has([data-file]) .files a`)
	b.press(strings.Repeat(kb.ArrowDown, 3)) // BOOT_1, BOOT_2, ROM_1
	focused(`[data-file$="ROM_1"]`)
	b.press(kb.Enter)
	focused("#path")
	b.follow(`a[href$="/do/split"]`)
	b.tabTo(`a[href$="/do/split"]`)
	b.follow("#start")
	b.tabTo("#start")
	b.follow("#state")
	b.ended("ok")
	b.tabTo("#verify-result")
	b.follow("#state")
	b.ended("ok")
}

// No page has a text of the window in English when Spanish is chosen.
func TestSpanish(t *testing.T) {
	dir := home(t, imgtest.SmallMT6765())
	p := startProgram(t, dir, "--port", "sim")
	b := openTab(t, p)
	b.leaveLanguage("es")
	b.fill("#path", filepath.Join(dir, "dumps", "ROM_1"))
	b.spanish("start")
	b.leave(`form[action="/open"] button.main`)
	b.dumpPage()
	b.spanish("dump")
	dump := b.address()
	for _, page := range []string{"/part/0", "/part/12", "/do/split", "/do/backup", "/do/recovery", "/do/compare", "/do/scatter", "/do/preloader"} {
		b.visit(dump + page)
		b.spanish(page)
	}
	b.visit(dump)
	b.begin("split")
	b.ended("ok")
	b.spanish("job")
	for _, page := range []string{"/jobs", "/phone", "/quit", "/choose?kind=save", "/nowhere"} {
		b.visit(p.site() + page)
		b.spanish(page)
	}
}

// leaveLanguage chooses a language.
func (b *tab) leaveLanguage(code string) {
	b.t.Helper()
	b.click(fmt.Sprintf(`button[value=%q]`, code))
	b.see(fmt.Sprintf(`html[lang=%q] main`, code))
}

// spanish fails if a text of the page is one of the window's texts in English.
func (b *tab) spanish(page string) {
	b.t.Helper()
	b.show("es-"+strings.NewReplacer("/", "-", "?", "-", "=", "-").Replace(strings.Trim(page, "/")), shapes[2])
	b.take(shapes[0])
	en, es := text.Find("en"), text.Find("es")
	same := map[string]bool{}
	for _, k := range es.Keys() {
		same[es.T(k)] = true
	}
	english := map[string]bool{}
	for _, k := range en.Keys() {
		if !same[en.T(k)] && !strings.HasPrefix(k, "language") {
			english[en.T(k)] = true
		}
	}
	shown := ask[[]string](b, `(() => {
		const out = [document.title.split(" · ")[0]], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		while (walk.nextNode()) {
			const data = walk.currentNode.parentElement.closest(".name, .content, .strip, .pairs dd, h1"); // names, and what the libraries say
			if (!data) out.push(walk.currentNode.textContent.trim());
		}
		document.querySelectorAll("[aria-label], [title], [alt]").forEach(e => out.push(e.getAttribute("aria-label") || e.title || e.alt));
		return out;
	})()`)
	for _, s := range shown {
		if english[strings.TrimSuffix(s, ":")] {
			b.t.Errorf("%s: %q is English", page, s)
		}
	}
}
