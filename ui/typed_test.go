package ui

import (
	"net/url"
	"path/filepath"
	"runtime"
	"testing"
)

func TestCleanTyped(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	onWindows := runtime.GOOS == "windows"
	for _, c := range []struct{ typed, unix, windows string }{
		{"", "", ""},
		{" \t\r\n", "", ""},
		{"/a/ROM_1", "/a/ROM_1", "/a/ROM_1"},
		{"  /a/ROM_1 \r\n", "/a/ROM_1", "/a/ROM_1"},
		{"\u00a0/a/b\u3000", "/a/b", "/a/b"},
		{"\u202aC:\\x\\ROM_1", `C:\x\ROM_1`, `C:\x\ROM_1`}, // from the properties of a file
		{`"C:\My Files\x"`, `C:\My Files\x`, `C:\My Files\x`},
		{`'/a/it''s'`, `/a/it''s`, `/a/it''s`},
		{`" /a "`, " /a ", " /a "},
		{`"/a`, `"/a`, `"/a`},
		{`/a"`, `/a"`, `/a"`},
		{`"`, `"`, `"`},
		{`""`, "", ""},
		{`'/a"`, `'/a"`, `'/a"`},
		{"C:", "C:", `C:\`},

		{"~", home, home},
		{"~/x/y", filepath.Join(home, "x/y"), filepath.Join(home, "x/y")},
		{`~\x`, `~\x`, filepath.Join(home, "x")},
		{`"~/x"`, filepath.Join(home, "x"), filepath.Join(home, "x")},
		{"~bob/x", "~bob/x", "~bob/x"},
		{"/a/~", "/a/~", "/a/~"},

		{"file:///a/b%20c", "/a/b c", `a\b c`},
		{"FILE://localhost/a/b", "/a/b", `a\b`},
		{"file:///C:/a%5Bb%5D", "/C:/a[b]", `C:\a[b]`},
		{"file://server/share/x", "file://server/share/x", `\\server\share\x`},
		{`"file:///a/b"`, "/a/b", `a\b`},
		{"file:///a/%C3%B1%23?#", "/a/ñ#?#", `a\ñ#?#`},
		{"file:///a/100%", "/a/100%", `a\100%`},
		{"file:///a/b%20", "/a/b ", `a\b `},
		{"file://", "/", ""},
		{"http://a/b", "http://a/b", "http://a/b"},
	} {
		want := c.unix
		if onWindows {
			want = c.windows
		}
		if got := cleanTyped(c.typed); got != want {
			t.Errorf("%q: %q, want %q", c.typed, got, want)
		}
	}
}

// A path in quotes and a path as an address give the path, whatever is in it.
func FuzzCleanTyped(f *testing.F) {
	for _, s := range []string{"a/b", "a b%20", "../~", "\"x'", "\u202a\xff\n", "file:///x", "/x?y#z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		cleanTyped(s) // does not panic
		path := "/" + s
		if got := cleanTyped(path + "x"); got != path+"x" {
			t.Errorf("%q became %q", path+"x", got)
		}
		for _, quote := range []string{`"`, `'`} {
			if got := cleanTyped(" " + quote + path + quote + "\n"); got != path {
				t.Errorf("%q in quotes %s became %q", path, quote, got)
			}
		}
		address := (&url.URL{Scheme: "file", Path: path}).EscapedPath()
		if got := cleanTyped("file://" + address); runtime.GOOS != "windows" && got != path {
			t.Errorf("%q as the address %q became %q", path, address, got)
		}
	})
}
