package report

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
)

// hostile are names that a partition table can hold and a page or terminal must not
// take for its own.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</style><b>`, `'onmouseover='alert(1)`,
	"\x1b[31mred\x1b]0;title\a", "up\u202edown", "two\nlines", "{{.}}", "--></main>", "javascript:alert(1)",
}

func hostileReport(t testing.TB) *Report {
	f := facts(t, imgtest.MT6765())
	for i, name := range hostile {
		f.Rows[i+3].Name, f.Rows[i+3].File = name, name
		f.Conflicts = append(f.Conflicts, Conflict{name, name})
		f.Problems = append(f.Problems, flash.Problem{Severity: flash.Warning, Place: name, Offset: 1, Text: name})
		f.Problems = append(f.Problems, flash.Problem{Severity: flash.Error, Place: "elsewhere", Offset: 1, Text: name})
	}
	f.Phone.Project.Value, f.Phone.Project.From = hostile[0], hostile[1]
	f.Regions[0].File, f.File = hostile[2], hostile[1]
	return build(t, f)
}

var tags = regexp.MustCompile(`<\s*([a-zA-Z]+)`)

// Nothing of a dump becomes part of the page's own language.
func TestHTMLEscapes(t *testing.T) {
	page := pageOf(t, hostileReport(t))
	known := map[string]bool{}
	for _, m := range tags.FindAllStringSubmatch(pageText, -1) {
		known[m[1]] = true
	}
	for _, m := range tags.FindAllStringSubmatch(page, -1) {
		if !known[m[1]] {
			t.Errorf("a <%s> that is not the page's own", m[1])
		}
	}
	if strings.Count(page, "</style>") != 1 || strings.Count(page, "</main>") != 1 {
		t.Error("a name closes the page's elements")
	}
	for _, bad := range []string{"<script", "ZgotmplZ", "\x1b", "\u202e", "{{.}}</script"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	if !strings.Contains(page, "&lt;script&gt;alert(1)&lt;/script&gt;") {
		t.Error("the name itself is not shown")
	}
}

func TestTextEscapes(t *testing.T) {
	out := draw(t, hostileReport(t), TextOptions{Unicode: true})
	for _, bad := range []string{"\x1b", "\u202e", "\a"} {
		if strings.Contains(out, bad) {
			t.Errorf("the map contains %q", bad)
		}
	}
}

// The page loads nothing and runs nothing.
func TestHTMLStandsAlone(t *testing.T) {
	for name, phone := range phones {
		page := pageOf(t, build(t, facts(t, phone())))
		for _, bad := range []string{"http:", "https:", "//", "<link", "<script", "@import", "url(", "src=\"/", " on"} {
			for rest := page; ; {
				i := strings.Index(rest, bad)
				if i < 0 {
					break
				}
				around := rest[max(i-20, 0):min(i+30, len(rest))]
				rest = rest[i+len(bad):]
				base64 := bad == "//" && !strings.ContainsAny(around, " <>")
				words := bad == " on" && !regexp.MustCompile(` on[a-z]+=`).MatchString(around)
				if !base64 && !words {
					t.Errorf("%s: the page has %q in %q", name, bad, around)
				}
			}
		}
		if !strings.HasPrefix(page, "<!doctype html>") || !strings.Contains(page[:512], Generator) {
			t.Errorf("%s: the page does not say what it is at its start", name)
		}
	}
}

// A region that is not at hand, an unplaced row, a whole-region row: all are drawn.
func TestHTMLOdd(t *testing.T) {
	f := facts(t, imgtest.MT6592())
	f.Rows = append(f.Rows,
		Source{ManifestEntry: flash.ManifestEntry{Kind: "partition", Name: "OTP", Region: flash.EMMCUser, Extent: flash.Extent{Offset: flash.Unplaced, Length: 4096}}},
		Source{ManifestEntry: flash.ManifestEntry{Kind: "partition", Name: "", Region: flash.EMMCUser, Extent: flash.Extent{Offset: 5, Length: 0}}},
		Source{ManifestEntry: flash.ManifestEntry{Kind: "partition", Name: "ELSEWHERE", Region: flash.EMMCBoot2, Extent: flash.Extent{Length: 9}}})
	page := pageOf(t, build(t, f))
	for _, want := range []string{"from the end", "ELSEWHERE", "not in the dump", "EMMC_BOOT_2"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// chromium runs the browser headless, or skips.
func chromium(t *testing.T, args ...string) string {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium is installed: the page is not looked at (Debian: apt-get install chromium)")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	args = append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
		"--user-data-dir=" + t.TempDir()}, args...)
	cmd := exec.CommandContext(ctx, path, args...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", cmd, err)
	}
	return string(out)
}

// savePage writes a page to a file and gives its address.
func savePage(t *testing.T, page string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "map.html")
	if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

var rowTag = regexp.MustCompile(`<tr class="r [^>]*id="r(\d+)"`)

// A browser sees every row, in order, and draws the page at all sizes.
func TestChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("short: a browser takes its time")
	}
	p := imgtest.MT6765()
	p.User.Put(p.Row("nvdata").Offset, p.File("boot"))
	r := build(t, facts(t, p))
	address := savePage(t, pageOf(t, r))
	dom := chromium(t, "--dump-dom", address)
	rows := rowTag.FindAllStringSubmatchIndex(dom, -1)
	if len(rows) != len(r.Rows) {
		t.Fatalf("the browser sees %d rows, want %d", len(rows), len(r.Rows))
	}
	for i, row := range r.Rows {
		end := len(dom)
		if i+1 < len(rows) {
			end = rows[i+1][0]
		}
		text := dom[rows[i][0]:end]
		for _, want := range []string{row.Name, fmt.Sprintf("<code>0x%010x</code>", row.Start), fmt.Sprintf("<code>0x%010x</code>", row.Length), row.Content.Kind} {
			if !strings.Contains(text, want) {
				t.Errorf("row %d (%s) does not show %q:\n%s", i, row.Name, want, text)
			}
		}
	}
	for _, want := range []string{"Witnesses that disagree", "proven", `src="data:image/png;base64,`, "64×48, size guessed"} {
		if !strings.Contains(dom, want) {
			t.Errorf("the browser does not see %q", want)
		}
	}
	for _, view := range []struct{ name, size, scheme string }{
		{"wide-light", "1200,2100", "1"}, {"wide-dark", "1200,2100", "0"}, {"narrow-light", "400,5200", "1"}, {"narrow-dark", "400,5200", "0"},
	} {
		t.Run(view.name, func(t *testing.T) {
			t.Parallel()
			shot := filepath.Join(t.TempDir(), view.name+".png")
			chromium(t, "--window-size="+view.size, "--blink-settings=preferredColorScheme="+view.scheme, "--screenshot="+shot, address)
			if st, err := os.Stat(shot); err != nil || st.Size() < 20<<10 {
				t.Errorf("%v, %v", st, err)
			}
		})
	}
	t.Run("print", func(t *testing.T) {
		t.Parallel()
		pdf := filepath.Join(t.TempDir(), "map.pdf")
		chromium(t, "--no-pdf-header-footer", "--print-to-pdf="+pdf, address)
		b, err := os.ReadFile(pdf)
		if err != nil {
			t.Fatal(err)
		}
		if n := regexp.MustCompile(`/Type\s*/Page\b`).FindAllIndex(b, -1); len(n) != 1 {
			t.Errorf("it prints to %d pages, want one", len(n))
		}
	})
}

// Names that look like the page's language stay names in a browser too.
func TestChromiumEscapes(t *testing.T) {
	if testing.Short() {
		t.Skip("short: a browser takes its time")
	}
	r := hostileReport(t)
	dom := chromium(t, "--dump-dom", savePage(t, pageOf(t, r)))
	if n := len(rowTag.FindAllString(dom, -1)); n != len(r.Rows) {
		t.Errorf("the browser sees %d rows, want %d", n, len(r.Rows))
	}
	for _, bad := range []string{"<script", "<img src=\"x\"", "onmouseover=\"alert"} {
		if strings.Contains(dom, bad) {
			t.Errorf("the browser sees %q", bad)
		}
	}
}
