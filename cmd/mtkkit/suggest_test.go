package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/flash"
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
		var s seconds
		if err := s.Set(text); err != nil || time.Duration(s) != want {
			t.Errorf("%s: %v, %v", text, time.Duration(s), err)
		}
	}
	for _, text := range []string{"", "soon", "-5", "-5s", "5 minutes", "99999999999999999999"} {
		var s seconds
		if s.Set(text) == nil {
			t.Errorf("%q is taken for %v", text, time.Duration(s))
		}
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"source: e: an empty folder":                   "e: an empty folder",
		"p: split: p: no manifest.json":                "p: p: no manifest.json",
		"acquire: da: xflash: the agent is gone":       "xflash: the agent is gone",
		"mtkkit backup: unknown command \"x\"":         "mtkkit backup: unknown command \"x\"",
		"layout: no partition table found":             "no partition table found",
		"da: no answer":                                "no answer",
		"image: 7 bytes cannot be told in blocks of 4": "7 bytes cannot be told in blocks of 4",
		"files: the image ends at 0x10":                "the image ends at 0x10",
		"boot: image: Android boot image":              "boot: image: Android boot image",
		"source: files: an empty folder":               "files: an empty folder",
		"gpt: entry count 4294967295 exceeds 1024":     "gpt: entry count 4294967295 exceeds 1024",
		"flash tools take it: see backup: nothing it":  "flash tools take it: see backup: nothing it",
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
		{Severity: flash.Note, Place: "split", Offset: flash.NoOffset, Text: "is a partition of that name"},
	})
	const want = "warning: the table is cut\nerror: the agent is gone\nnote: split: is a partition of that name\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}
