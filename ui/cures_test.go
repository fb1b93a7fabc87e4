package ui

import (
	"context"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/words"
)

// ended waits for the end of a job and returns its page.
func (s *served) ended(page string) string {
	s.t.Helper()
	at := regexp.MustCompile(`/jobs/\d+`).FindString(page)
	s.get(at + "/events")
	return s.get(at)
}

// A job that was refused leads back to its form, as it was filled in, and to the field that its hint means.
func TestChangeAndStartAgain(t *testing.T) {
	dir := t.TempDir()
	path, out := filepath.Join(dir, "ROM_1"), filepath.Join(dir, "a & b")
	if err := os.WriteFile(path, []byte("a dump"), 0o666); err != nil {
		t.Fatal(err)
	}
	s := serve(t, Options{Run: func(_ context.Context, _ []string, l words.Listener) words.Code {
		l.Line(words.Hint, "give the scatter file with --scatter FILE, or use --accept-guess")
		return words.ExitRefused
	}})
	s.post("/open", url.Values{"path": {path}})
	job := s.ended(s.post("/dump/1/do/split", url.Values{"output": {out}, "userdata": {"head"}, "only": {"boot"}, "slot": {"all"}, "sparse": {"no"}}))
	link := regexp.MustCompile(`href="([^"]*)" id="change"`).FindStringSubmatch(job)
	if link == nil {
		t.Fatalf("no way back to the form:\n%s", job)
	}
	form := s.get(html.UnescapeString(link[1]))
	for _, want := range []string{`value="head" checked`, `value="boot"`, `value="` + html.EscapeString(out) + `"`} {
		if !strings.Contains(form, want) {
			t.Errorf("no %s in the form:\n%s", want, form)
		}
	}
	for _, want := range []string{`#guess">Accept partitions that are only guessed</a>`, `href="/dump/1#scatter">Scatter file of this phone</a>`, `href="/dump/1">`} {
		if !strings.Contains(job, want) {
			t.Errorf("no %s in the page of the job:\n%s", want, job)
		}
	}
}

// No address has a passphrase.
func TestAgainHasNoPassphrase(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ROM_1")
	if err := os.WriteFile(path, []byte("a dump"), 0o666); err != nil {
		t.Fatal(err)
	}
	s := serve(t, Options{Run: func(context.Context, []string, words.Listener) words.Code { return words.ExitFailed }})
	s.post("/open", url.Values{"path": {path}})
	job := s.ended(s.post("/dump/1/do/backup", url.Values{"purpose": {"private"}, "encrypt": {"passphrase"}, "passphrase": {"open sesame"}, "passphrase-again": {"open sesame"},
		"pieces": {"one"}, "output": {filepath.Join(dir, "x")}, "level": {"fast"}, "userdata": {"full"}, "slot": {"all"}}))
	if !strings.Contains(job, "encrypt=passphrase") || strings.Contains(job, "sesame") {
		t.Error(job)
	}
}

// A scatter file alone asks for the dump that it belongs to; a file that is no dump has no actions of a dump.
func TestScatterAlone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "MT6765_Android_scatter.txt")
	if err := os.WriteFile(path, []byte(imgtest.SmallMT6765().Scatter), 0o666); err != nil {
		t.Fatal(err)
	}
	s := serve(t, Options{})
	page := s.post("/open", url.Values{"path": {path}})
	for _, want := range []string{`name="path" value=""`, `name="scatter" value="` + path + `"`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	if strings.Contains(page, "/do/split") {
		t.Error("it can be split")
	}
}
