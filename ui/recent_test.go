package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// recentText lists paths below dir with their titles, "!" for those that are missing.
func recentText(r *recent, dir string) (out []string) {
	for _, p := range r.list() {
		name, err := filepath.Rel(dir, p.Path)
		if err != nil {
			name = p.Path
		}
		text := name + " " + p.Title
		if !p.Exists {
			text = "!" + text
		}
		out = append(out, text)
	}
	return out
}

func checkRecent(t *testing.T, r *recent, dir string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, recentText(r, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestRecent(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "config", "mtkkit")
	fill(t, dir, "a", "b/")
	r := newRecent(config)
	checkRecent(t, r, dir)
	r.forget() // nothing to forget

	r.add(filepath.Join(dir, "a"), "Phone A")
	r.add(filepath.Join(dir, "b"), "Ñ <b>")
	r.add(filepath.Join(dir, "gone"), "")
	checkRecent(t, newRecent(config), dir, "!gone ", "b Ñ <b>", "a Phone A")
	t.Chdir(dir)
	r.add("a", "Phone A2")
	checkRecent(t, r, dir, "a Phone A2", "!gone ", "b Ñ <b>")
	if age := time.Since(r.list()[0].Opened); age < -time.Second || age > time.Hour {
		t.Errorf("opened %v ago", age)
	}

	for i := range 20 {
		r.add(filepath.Join(dir, fmt.Sprint(i)), "")
	}
	if got := recentText(r, dir); len(got) != maxRecent || got[0] != "!19 " || got[maxRecent-1] != "!8 " {
		t.Errorf("%q", got)
	}
	if left, err := os.ReadDir(config); err != nil || len(left) != 1 {
		t.Errorf("%v, %v: want the list only", left, err)
	}
	r.forget()
	checkRecent(t, r, dir)
	if left, err := os.ReadDir(config); err != nil || len(left) != 0 {
		t.Errorf("%v, %v: want nothing left", left, err)
	}
}

func TestRecentPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "config"))
	r := newRecent("")
	if config, err := os.UserConfigDir(); err != nil || r.dir != filepath.Join(config, "mtkkit") {
		t.Fatal(r.dir, err)
	}
	r.add("/a", "")
	for path, want := range map[string]os.FileMode{r.dir: os.ModeDir | 0o700, r.file(): 0o600} {
		if st, err := os.Stat(path); err != nil || st.Mode() != want {
			t.Errorf("%s: %v, %v, want %v", path, st.Mode(), err, want)
		}
	}
}

// A list that cannot be read is empty, and the next path begins a new one.
func TestRecentDamaged(t *testing.T) {
	dir := t.TempDir()
	entry := func(path string) string { return fmt.Sprintf(`{"path": %q, "title": "x"}`, path) }
	abs := filepath.Join(dir, "a")
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"empty", "", nil},
		{"cut off", "[" + entry(abs), nil},
		{"not JSON", "\x00\xff", nil},
		{"another form", `{"path": "/a"}`, nil},
		{"wrong type", `[{"path": 1}]`, nil},
		{"null", "null", nil},
		{"too large", strings.Repeat(" ", maxRecentSize) + "[]", nil},
		{"paths that are none", "[" + entry("") + "," + entry("relative") + "," + entry(abs) + "]", []string{"!a x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRecent(t.TempDir())
			if err := os.WriteFile(r.file(), []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			checkRecent(t, r, dir, c.want...)
			r.add(filepath.Join(dir, "b"), "new")
			checkRecent(t, r, dir, append([]string{"!b new"}, c.want...)...)
		})
	}
	long := newRecent(t.TempDir())
	if err := os.WriteFile(long.file(), []byte("["+strings.Repeat(entry(abs)+",", 99)+entry(abs)+"]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := len(long.list()); got != maxRecent {
		t.Errorf("%d paths of a file with 100", got)
	}
}

// Where nothing can be written, nothing is remembered and nothing fails.
func TestRecentNoPlace(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, "file")
	for _, r := range []*recent{newRecent(filepath.Join(dir, "file")), {}} {
		r.add("/a", "")
		checkRecent(t, r, dir)
		r.forget()
	}
	blocked := newRecent(t.TempDir()) // a folder has the name of the list
	fill(t, blocked.dir, "recent.json/x/")
	blocked.add("/a", "")
	checkRecent(t, blocked, dir)
	if left, err := os.ReadDir(blocked.dir); err != nil || len(left) != 1 {
		t.Errorf("%v, %v: want no part of a list", left, err)
	}
}
