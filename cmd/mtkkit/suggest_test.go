package main

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/flash"

	"github.com/urfave/cli/v2"
)

func TestDidYouMean(t *testing.T) {
	words := []string{"create", "verify", "restore", "push", "pull", "list", "-o", "--output", "--only"}
	for word, want := range map[string]string{
		"creat": "create", "craete": "create", "vrify": "verify", "res": "restore", "--ouput": "--output", "pul": "pull",
		"frobnicate": "", "x": "", "liszt": "list", "--nonsense": "",
	} {
		got := didYouMean(word, words)
		if want != "" {
			want = `; did you mean "` + want + `"?`
		}
		if got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
}

func TestSlips(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abcd", "abxd", 1}, {"kitten", "sitting", 3}} {
		if got := slips(c.a, c.b); got != c.want {
			t.Errorf("%s, %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestSeconds(t *testing.T) {
	for text, want := range map[string]time.Duration{"5": 5 * time.Second, "90s": 90 * time.Second, "2m": 2 * time.Minute, "0": 0} {
		var d time.Duration
		if err := timeOption(&d, "wait", "").Flag.(*cli.GenericFlag).Value.Set(text); err != nil || d != want {
			t.Errorf("%s: %v, %v", text, d, err)
		}
	}
	for _, text := range []string{"", "soon", "-5", "-5s", "5 minutes", "99999999999999999999"} {
		var d time.Duration
		if timeOption(&d, "wait", "").Flag.(*cli.GenericFlag).Value.Set(text) == nil {
			t.Errorf("%q is taken for %v", text, d)
		}
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"source: e: an empty folder":                                   "e: an empty folder",
		"p: split: p: no manifest.json":                                "p: p: no manifest.json",
		"acquire: da: xflash: the agent is gone":                       "xflash: the agent is gone",
		"mtkkit backup: unknown command \"x\"":                         "mtkkit backup: unknown command \"x\"",
		"layout: no partition table found":                             "no partition table found",
		"da: no answer":                                                "no answer",
		"image: 7 bytes cannot be told in blocks of 4":                 "7 bytes cannot be told in blocks of 4",
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
		if got := plain(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// What a library says of nothing in particular begins with its name, and the user is spared it.
func TestPlainProblems(t *testing.T) {
	var out bytes.Buffer
	u := &ui{streams: streams{err: &out}}
	u.problems([]flash.Problem{
		{Severity: flash.Warning, Offset: flash.NoOffset, Text: "layout: the table is cut"},
		{Severity: flash.Error, Offset: flash.NoOffset, Text: "acquire: da: the agent is gone"},
		{Severity: flash.Error, Place: "system.img", Offset: flash.NoOffset, Text: "backup: system.img: damaged: flate: corrupt input before offset 5"},
		{Severity: flash.Note, Place: "split", Offset: flash.NoOffset, Text: "is a partition of that name"},
	})
	const want = "warning: the table is cut\nerror: the agent is gone\nerror: system.img: damaged: its compressed data are damaged\nnote: split: is a partition of that name\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
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
		words []string
		want  string
	}{
		{[]string{"mtkkit", "acquire", "--da", "da"}, "da: too short for a header"},
		{[]string{"mtkkit", "acquire", "--da=da"}, "da: too short for a header"},
		{[]string{"mtkkit", "acquire"}, "too short for a header"},
	} {
		if got := (&ui{words: c.words}).plain(text); got != c.want {
			t.Errorf("%q: %q, want %q", c.words, got, c.want)
		}
		if got := (&ui{words: c.words}).plain("source: " + text); got != c.want {
			t.Errorf("%q, with another package before: %q, want %q", c.words, got, c.want)
		}
	}
}
