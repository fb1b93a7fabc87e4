// Package pagetest has what every HTML page of the project is tested with: hostile names, and a browser.
// Limits: it knows no page; which rows and words a page must have, its own tests say.
package pagetest

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Hostile are names that a partition table can hold and a page must not take for its own.
var Hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</style><b>`, `'onmouseover='alert(1)`,
	"\x1b[31mred\x1b]0;title\a", "up\u202edown", "two\nlines", "{{.}}", "--></main>", "javascript:alert(1)",
}

var tags = regexp.MustCompile(`<\s*([a-zA-Z]+)`)

// Escapes checks that nothing of the hostile names became part of the page's own language. Template is the
// text that the page was made from.
func Escapes(t *testing.T, page, template string) {
	t.Helper()
	known := map[string]bool{}
	for _, m := range tags.FindAllStringSubmatch(template, -1) {
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
	for _, bad := range []string{"<script", "ZgotmplZ", "\x1b", "\u202e", "\a", "{{.}}</script"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	if !strings.Contains(page, "&lt;script&gt;alert(1)&lt;/script&gt;") {
		t.Error("the name itself is not shown")
	}
}

// SeenEscapes checks the same in what a browser has made of the page.
func SeenEscapes(t *testing.T, dom string) {
	t.Helper()
	for _, bad := range []string{"<script", `<img src="x"`, `onmouseover="alert`} {
		if strings.Contains(dom, bad) {
			t.Errorf("the browser sees %q", bad)
		}
	}
}

// RowTag matches the start of a row of a page's table.
var RowTag = regexp.MustCompile(`<tr class="r [^>]*id="r(\d+)"`)

// Chromium runs the browser headless and returns what it prints, or skips the test.
func Chromium(t *testing.T, args ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("short: a browser takes its time")
	}
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
	cmd := exec.CommandContext(ctx, path, append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--user-data-dir=" + t.TempDir()}, args...)...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", cmd, err)
	}
	return string(out)
}

// Save writes a page to a file and returns its address.
func Save(t *testing.T, page string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

// Screens has the page at an address drawn in two widths, light and dark. The sizes are those of the window
// in pixels, "1200,1800".
func Screens(t *testing.T, address, wide, narrow string) {
	t.Helper()
	for _, view := range []struct{ name, size, scheme string }{
		{"wide-light", wide, "1"}, {"wide-dark", wide, "0"}, {"narrow-light", narrow, "1"}, {"narrow-dark", narrow, "0"},
	} {
		t.Run(view.name, func(t *testing.T) {
			t.Parallel()
			shot := filepath.Join(t.TempDir(), view.name+".png")
			Chromium(t, "--window-size="+view.size, "--blink-settings=preferredColorScheme="+view.scheme, "--screenshot="+shot, address)
			if st, err := os.Stat(shot); err != nil || st.Size() < 20<<10 {
				t.Errorf("%v, %v", st, err)
			}
		})
	}
}
