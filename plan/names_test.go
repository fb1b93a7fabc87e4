package plan

import (
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

func TestSafeName(t *testing.T) {
	for in, want := range map[string]string{
		"boot.img":             "boot.img",
		"md1img.img":           "md1img.img",
		"../../etc/passwd":     "passwd",
		"/abs":                 "abs",
		`..\..\windows\x.dll`:  "x.dll",
		"con":                  "_con",
		"Con.bin":              "_Con.bin",
		"lpt1":                 "_lpt1",
		"nullable":             "nullable",
		"a:b":                  "a_b",
		"x\ty\n":               "x_y_",
		"dots...":              "dots",
		"  spaced ":            "spaced",
		"-rf":                  "_-rf",
		".hidden":              "_.hidden",
		"..":                   "",
		"":                     "",
		"   ":                  "",
		"bo\x00ot":             "bo_ot",
		"\xff\xfe":             "__",
		"прошивка.img":         "прошивка.img",
		strings.Repeat("a", 9): "aaaaaaaaa",
	} {
		got, changed := SafeName(in)
		if got != want || changed != (in != want || want == "") {
			t.Errorf("SafeName(%q) = %q, %v; want %q", in, got, changed, want)
		}
	}
}

// Whatever a table says, the result is nothing or a name that every system takes.
func FuzzSafeName(f *testing.F) {
	for _, s := range []string{"boot.img", "../x", "CON", "a\x00b", strings.Repeat("é", 200), "com¹", " . ", "~", "." + strings.Repeat("_", 130)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, _ := SafeName(in)
		if got == "" {
			return
		}
		if len(got) > maxName {
			t.Errorf("SafeName(%q) has %d bytes", in, len(got))
		}
		if err := flash.CheckFileName(got); err != nil {
			t.Errorf("SafeName(%q): %v", in, err)
		}
		if again, changed := SafeName(got); changed {
			t.Errorf("SafeName(SafeName(%q)) = %q, not %q", in, again, got)
		}
	})
}

func TestNamesAreTakenOnce(t *testing.T) {
	n := names{}
	for i, want := range []string{"boot.img", "BOOT_2.img", "boot_3.img"} {
		if got := n.take([]string{"boot.img", "BOOT.img", "boot.img"}[i]); got != want {
			t.Errorf("take = %q, want %q", got, want)
		}
	}
}
