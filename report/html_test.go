package report

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/report/pagetest"
)

func hostileReport(t testing.TB) *Report {
	f := facts(t, imgtest.MT6765())
	for i, name := range pagetest.Hostile {
		f.Rows[i+3].Name, f.Rows[i+3].File = name, name
		f.Conflicts = append(f.Conflicts, Conflict{name, name})
		f.Problems = append(f.Problems, flash.Problem{Severity: flash.Warning, Place: name, Offset: 1, Text: name})
		f.Problems = append(f.Problems, flash.Problem{Severity: flash.Error, Place: "elsewhere", Offset: 1, Text: name})
	}
	f.Phone.Project.Value, f.Phone.Project.From = pagetest.Hostile[0], pagetest.Hostile[1]
	f.Regions[0].File, f.File = pagetest.Hostile[2], pagetest.Hostile[1]
	return build(t, f)
}

// Nothing of a dump becomes part of the page's own language.
func TestHTMLEscapes(t *testing.T) {
	pagetest.Escapes(t, pageOf(t, hostileReport(t)), pageText)
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

// A browser sees every row, in order, and draws the page at all sizes.
func TestChromium(t *testing.T) {
	p := imgtest.MT6765()
	p.User.Put(p.Row("nvdata").Offset, p.File("boot"))
	r := build(t, facts(t, p))
	address := pagetest.Save(t, pageOf(t, r))
	dom := pagetest.Chromium(t, "--dump-dom", address)
	rows := pagetest.RowTag.FindAllStringSubmatchIndex(dom, -1)
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
	pagetest.Screens(t, address, "1200,2100", "400,5200")
	t.Run("print", func(t *testing.T) {
		t.Parallel()
		pdf := filepath.Join(t.TempDir(), "map.pdf")
		pagetest.Chromium(t, "--no-pdf-header-footer", "--print-to-pdf="+pdf, address)
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
	r := hostileReport(t)
	dom := pagetest.Chromium(t, "--dump-dom", pagetest.Save(t, pageOf(t, r)))
	if n := len(pagetest.RowTag.FindAllString(dom, -1)); n != len(r.Rows) {
		t.Errorf("the browser sees %d rows, want %d", n, len(r.Rows))
	}
	pagetest.SeenEscapes(t, dom)
}
