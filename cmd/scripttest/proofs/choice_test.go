package proofs

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/words"
)

// What somebody left out or encrypted by choice is not damaged: all commands say that it is not all
// of the dump, and none that it is broken.
func TestLeftOutByChoice(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	makeDump(t, at("ROM_1"))
	must(t, "split", at("ROM_1"), "--only", "boot,recovery", "-o", at("some"))
	must(t, "backup", "create", at("ROM_1"), "--share", "-o", at("shared"))
	must(t, "backup", "create", at("ROM_1"), "--encrypt-private", fmt.Sprint(keyRecipient), "-o", at("private"))
	for _, c := range []struct {
		want words.Code
		args []string
	}{
		{words.ExitProblems, []string{"verify", at("some")}},
		{words.ExitOK, []string{"backup", "create", at("some"), "-o", at("some.archive")}},
		{words.ExitProblems, []string{"backup", "verify", at("some.archive")}},
		{words.ExitProblems, []string{"verify", at("some.archive")}},
		{words.ExitRefused, []string{"join", at("some"), "-o", at("joined")}},
		{words.ExitOK, []string{"backup", "push", at("some"), "oci:" + at("place") + ":t"}},
		{words.ExitProblems, []string{"verify", "oci:" + at("place") + ":t"}},
		{words.ExitProblems, []string{"backup", "verify", at("shared")}},
		{words.ExitProblems, []string{"verify", at("shared")}},
		{words.ExitProblems, []string{"backup", "restore", at("shared"), "--parts", "-o", at("public")}},
		{words.ExitProblems, []string{"verify", at("public")}},
		{words.ExitOK, []string{"backup", "verify", at("private")}},
		{words.ExitOK, []string{"verify", at("private")}},
	} {
		if code, said := call(c.args...); code != c.want {
			t.Errorf("mtkkit %q: %d, not %d\n%s", c.args, code, c.want, said)
		}
	}
}

// Whoever refuses a folder that contradicts itself says what to do.
func TestContradictionSaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	makeDump(t, at("ROM_1"))
	must(t, "split", at("ROM_1"), "-o", at("good"))
	c := readContent(t, at("good"))
	edit(func(m map[string]any) { row(m, "entries", "boot")["sha256"] = otherSum })(c)
	c.write(t, at("parts"))
	for _, args := range [][]string{
		{"join", at("parts"), "-o", at("joined")},
		{"backup", "create", at("parts"), "-o", at("a.tar.zst")},
		{"backup", "push", at("parts"), "oci:" + at("place") + ":t"},
	} {
		code, said := call(args...)
		if code != words.ExitFailed || !strings.Contains(said, "two different sums for boot.img") || !strings.Contains(said, "hint: mtkkit verify "+at("parts")) {
			t.Errorf("mtkkit %q: %d\n%s", args, code, said)
		}
	}
}
