package scripttest

import (
	"regexp"
	"strings"
	"testing"
)

// Expect asserts an exit code and words.
func Expect(t testing.TB, code, want int, said string, words ...string) {
	t.Helper()
	if code != want {
		t.Errorf("exit %d, want %d\n%s", code, want, said)
	}
	for _, w := range words {
		if !strings.Contains(said, w) {
			t.Errorf("says nothing of %q:\n%s", w, said)
		}
	}
}

var anOption = regexp.MustCompile(`(?:^|\s)--([a-z][a-z-]*)`)

// KnownOptions asserts that acquire has every option that its hints name. Hints may name
// other commands of the program, with theirs.
func KnownOptions(t testing.TB, run Program, said string) (hints int) {
	t.Helper()
	has := map[string]bool{}
	_, help, _ := run.Call("acquire", "--help")
	for _, m := range anOption.FindAllStringSubmatch(help, -1) {
		has[m[1]] = true
	}
	for line := range strings.Lines(said) {
		hint, ok := strings.CutPrefix(line, "hint: ")
		if !ok || strings.Contains(hint, "mtkkit backup") {
			continue
		}
		hints++
		for _, m := range anOption.FindAllStringSubmatch(hint, -1) {
			if !has[m[1]] {
				t.Errorf("acquire has no --%s, and hints at it: %s", m[1], line)
			}
		}
	}
	return hints
}
