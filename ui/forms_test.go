package ui

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/ui/form"
	"github.com/mtkkit/mtkkit/ui/job"
	"github.com/mtkkit/mtkkit/ui/text"
	"github.com/mtkkit/mtkkit/words"
)

// formWindow is a window whose jobs run until the test ends.
type formWindow struct {
	*window
	pages http.Handler
	dump  *opened
	dir   string
	asks  chan string // the passphrases that the jobs get
}

func newFormWindow(t *testing.T) *formWindow {
	t.Helper()
	f := &formWindow{dir: t.TempDir(), asks: make(chan string, 9)}
	f.window = newWindow(Options{Config: t.TempDir(), Run: func(ctx context.Context, _ []string, l words.Listener) words.Code {
		if p, err := l.Passphrase(ctx, "it"); err == nil {
			f.asks <- p
		}
		<-ctx.Done()
		return words.ExitInterrupted
	}}, "127.0.0.1:1", func() {})
	f.pages = f.routes()
	t.Cleanup(f.jobs.End)
	t.Cleanup(f.dumps.close)
	path := filepath.Join(f.dir, "ROM_1")
	if err := os.WriteFile(path, []byte("a dump"), 0o666); err != nil {
		t.Fatal(err)
	}
	f.dump = f.dumps.open(opening{Path: path})
	return f
}

// send sends a form as a browser does; without values it gets its page.
func (f *formWindow) send(t *testing.T, name string, v url.Values) (status int, page, to string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, actionAddress(f.dump, name), nil)
	if v != nil {
		r = httptest.NewRequest(http.MethodPost, actionAddress(f.dump, name), strings.NewReader(v.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	rec := httptest.NewRecorder()
	f.pages.ServeHTTP(rec, r)
	return rec.Code, rec.Body.String(), rec.Header().Get("Location")
}

func TestForm(t *testing.T) {
	f := newFormWindow(t)
	out := filepath.Join(f.dir, "a & b")
	status, _, to := f.send(t, "split", url.Values{"output": {"a & b"}, "only": {`"><script>`}, "userdata": {"full"}, "slot": {"all"}, "sparse": {"no"}})
	if status != http.StatusSeeOther || to != "/jobs/1" {
		t.Fatalf("status %d, to %q", status, to)
	}
	order := f.jobs.Find(1).Now().Order
	want := []string{"split", "--only", `"><script>`, "--output", out, f.dump.Path}
	if !slices.Equal(order.Args, want) || order.Result != out || order.Input != f.dump.Path {
		t.Errorf("%+v, want %q", order, want)
	}

	// The same output again, while the job runs.
	status, page, _ := f.send(t, "split", url.Values{"output": {out}, "userdata": {"skip"}})
	if status != http.StatusConflict || !strings.Contains(page, "job 1 writes to") || !strings.Contains(page, `role="alert"`) {
		t.Errorf("status %d for an output that is in use:\n%s", status, page)
	}
	for _, kept := range []string{`name="userdata" value="skip" checked`, `value="` + strings.ReplaceAll(out, "&", "&amp;") + `"`} {
		if !strings.Contains(page, kept) {
			t.Errorf("what was typed is lost: no %s in\n%s", kept, page)
		}
	}
}

// A form with mistakes says where they are, keeps what was typed, and never sends a passphrase back.
func TestFormMistakes(t *testing.T) {
	f := newFormWindow(t)
	status, page, _ := f.send(t, "backup", url.Values{"purpose": {"share"}, "encrypt": {"passphrase"}, "passphrase": {"first one"}, "passphrase-again": {"second one"},
		"pieces": {"parity"}, "parity": {"77"}, "output": {""}, "level": {"fast"}, "userdata": {"full"}, "slot": {"b"}})
	if status != http.StatusUnprocessableEntity || f.jobs.Active() != 0 {
		t.Errorf("status %d, %d jobs", status, f.jobs.Active())
	}
	for _, want := range []string{
		`role="alert"`, `href="#passphrase"`, `href="#output"`, `href="#parity"`, `id="parity-wrong"`, `aria-describedby="parity-wrong parity-help" aria-invalid="true"`,
		`value="77"`, `value="share" checked`, `<details open>`, `value="b" checked`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, secret := range []string{"first one", "second one"} {
		if strings.Contains(page, secret) {
			t.Errorf("%q is sent back", secret)
		}
	}
	if t.Failed() {
		t.Log(page)
	}
}

func TestFormPassphrase(t *testing.T) {
	f := newFormWindow(t)
	status, _, to := f.send(t, "backup", url.Values{"purpose": {"private"}, "encrypt": {"passphrase"}, "passphrase": {"open sesame"}, "passphrase-again": {"open sesame"},
		"pieces": {"one"}, "output": {"x"}, "level": {"fast"}, "userdata": {"full"}, "slot": {"all"}})
	if status != http.StatusSeeOther {
		t.Fatalf("status %d", status)
	}
	if got := <-f.asks; got != "open sesame" {
		t.Errorf("the job gets the passphrase %q", got)
	}
	rec := httptest.NewRecorder()
	f.pages.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, to, nil))
	if strings.Contains(rec.Body.String(), "sesame") || !strings.Contains(rec.Body.String(), "--encrypt passphrase") {
		t.Errorf("the page of the job is wrong:\n%s", rec.Body)
	}
}

// Every form that is offered can be shown; others cannot.
func TestFormPages(t *testing.T) {
	f := newFormWindow(t)
	offered := f.actionsFor(f.dump)
	if len(offered) < 4 {
		t.Fatalf("only %v is offered", offered)
	}
	for _, a := range offered {
		status, page, _ := f.send(t, a.Name, nil)
		if status != http.StatusOK || strings.Contains(page, "ZgotmplZ") {
			t.Errorf("%s: status %d\n%s", a.Name, status, page)
		}
		if nothing := strings.Contains(page, text.Find("en").T("form.nothing")); nothing == form.Find(a.Name).Writes() {
			t.Errorf("%s: wrong about whether it writes", a.Name)
		}
	}
	for _, name := range []string{"restore", "acquire", "nothing"} {
		if status, _, _ := f.send(t, name, nil); status != http.StatusNotFound {
			t.Errorf("%s: status %d", name, status)
		}
	}
}

// Each field, each choice and each action has its texts.
func TestFormTexts(t *testing.T) {
	l := text.Find("en")
	for _, a := range form.All() {
		for _, key := range []string{"action." + a.Name, "action." + a.Name + ".what"} {
			if !l.Has(key) {
				t.Errorf("there is no text %s", key)
			}
		}
		for _, f := range a.Fields {
			s := shownField(l, a.Name, f, form.Values{})
			if s.Label == "" {
				t.Errorf("%s: %s has no label", a.Name, f.Name)
			}
			for _, c := range s.Options {
				if c.Label == "" && !s.List() {
					t.Errorf("%s: %s has no text for %s", a.Name, f.Name, c.Value)
				}
			}
		}
	}
}

func TestKindOf(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	parts := filepath.Dir(write("p/"+flash.ManifestName, `{"schema":"`+flash.ManifestSchema+`","kind":"parts"}`))
	loader := string(imgtest.Preloader(imgtest.PreloaderSpec{}))
	for path, want := range map[string]form.Kind{
		dir: form.Dump, parts: form.Parts, "oci:" + dir + ":v1": form.Store,
		write("x.tar.zst.age", "?"): form.Archive, write("x.zip.age.001", "?"): form.Archive, write("x.age", "?"): form.Dump,
		write("ROM_1", string(make([]byte, 4096))): form.Dump, write("preloader.bin", loader): form.Boot,
		write("boot.img", string(imgtest.BootImage(make([]byte, 4096), nil, false, ""))):                                        form.Stock,
		write("MT6765_Android_scatter.txt", "- partition_index: SYS0\n  partition_name: preloader\n  linear_start_addr: 0x0\n"): form.Table,
		write("logo.bin", string(imgtest.Logo(false))):                                                                          form.Other, filepath.Join(dir, "none"): form.Dump,
	} {
		if got := kindOf(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// The boot region that is found beside a dump is proposed for its preloader.
func TestBootOf(t *testing.T) {
	f := newFormWindow(t)
	dir := t.TempDir()
	if err := imgtest.SmallMT6765().WriteDump(dir); err != nil {
		t.Fatal(err)
	}
	x := f.dumps.open(opening{Path: filepath.Join(dir, "ROM_1")})
	for s, changed := f.dumps.state(x); s.Running; s, changed = f.dumps.state(x) {
		<-changed
	}
	if got, want := f.forForms(x).Boot, filepath.Join(dir, "BOOT_1"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := f.forForms(f.dumps.open(opening{Path: filepath.Join(dir, "ROM_1"), Boot1: filepath.Join(dir, "BOOT_2")})).Boot; got != filepath.Join(dir, "BOOT_2") {
		t.Errorf("%q is proposed, and not what the user gave", got)
	}
}

// A job is called complete and verified only if its exit code 0 proves that. A backup without a partition
// has the same code, and a comparison too.
func TestVerdicts(t *testing.T) {
	en := text.Find("en")
	for _, a := range form.All() {
		said := verdictOf(en, job.Snapshot{Order: job.Order{Name: a.Name}, State: job.Ended}).Text
		complete, written := strings.Contains(said, "complete"), strings.Contains(said, "written")
		writes := a.Writes() && a.Name != "compare" // its page is optional
		if complete != (a.Name == "verify-backup") || written != writes {
			t.Errorf("%s: %q", a.Name, said)
		}
	}
	if said := verdictOf(en, job.Snapshot{Order: job.Order{Name: "acquire"}, State: job.Ended}).Text; said != "Done: complete and verified" {
		t.Error(said)
	}
}
