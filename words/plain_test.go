package words

import (
	"os"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
)

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"source: e: an empty folder":                                   "e: an empty folder",
		"p: split: p: no manifest.json":                                "p: p: no manifest.json",
		"acquire: da: xflash: the agent is gone":                       "xflash: the agent is gone",
		"mtkkit backup: unknown command \"x\"":                         "mtkkit backup: unknown command \"x\"",
		"layout: no partition table found":                             "no partition table found",
		"da: no answer":                                                "no answer",
		"image: 7 bytes are not a whole number of blocks of 4":         "7 bytes are not a whole number of blocks of 4",
		"files: the image ends at 0x10":                                "the image ends at 0x10",
		"boot: image: Android boot image":                              "boot: image: Android boot image",
		"source: files: an empty folder":                               "files: an empty folder",
		"gpt: entry count 4294967295 exceeds 1024":                     "gpt: entry count 4294967295 exceeds 1024",
		"flash tools take it: see backup: nothing it":                  "flash tools take it: see backup: nothing it",
		"x: scatter: no partition_index line: not this format":         "x: no partition_index line",
		"x: too short for a header at offset 0x1: not this format":     "x: too short for a header",
		"a: read: flate: corrupt input before offset 5":                "a: read: its compressed data are damaged",
		"a zip archive that is cut or damaged (zip: not a valid file)": "a zip archive that is cut or damaged (not a valid file)",
		"of this phone: not this format is what it says":               "of this phone: not this format is what it says",
	} {
		if got := Plain(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// A file that the user named stays named, though it is called as a package is.
func TestPlainKeepsFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("da", []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
	const text = "da: da: too short for a header"
	for _, c := range []struct {
		typed []string
		want  string
	}{
		{[]string{"mtkkit", "acquire", "--da", "da"}, "da: too short for a header"},
		{[]string{"mtkkit", "acquire", "--da=da"}, "da: too short for a header"},
		{[]string{"mtkkit", "acquire"}, "too short for a header"},
	} {
		if got := Plain(text, c.typed...); got != c.want {
			t.Errorf("%q: %q, want %q", c.typed, got, c.want)
		}
		if got := Plain("source: "+text, c.typed...); got != c.want {
			t.Errorf("%q, with another package before: %q, want %q", c.typed, got, c.want)
		}
	}
}

// What a library says of nothing in particular begins with its name, and the user is spared it.
func TestProblem(t *testing.T) {
	for want, p := range map[string]flash.Problem{
		"the table is cut":  {Severity: flash.Warning, Offset: flash.NoOffset, Text: "layout: the table is cut"},
		"the agent is gone": {Severity: flash.Error, Offset: flash.NoOffset, Text: "acquire: da: the agent is gone"},
		"system.img: damaged: its compressed data are damaged": {Severity: flash.Error, Place: "system.img", Offset: flash.NoOffset, Text: "backup: system.img: damaged: flate: corrupt input before offset 5"},
		"split: is a partition of that name":                   {Severity: flash.Note, Place: "split", Offset: flash.NoOffset, Text: "is a partition of that name"},
	} {
		if got := Problem(p).String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// What comes from a dump does nothing to a terminal, and a name stays in its line.
func TestPrintable(t *testing.T) {
	if got := Printable("a\x1b[2Jb\nc"); got != "a?[2Jb\nc" {
		t.Errorf("%q", got)
	}
	if got := OneLine("a\x1b\nb"); got != "a??b" {
		t.Errorf("%q", got)
	}
}
