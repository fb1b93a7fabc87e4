package flash

import "testing"

func TestShown(t *testing.T) {
	for name, want := range map[string]string{
		"boot":              "boot",
		"a \"b\" \\ 引导":     "a \"b\" \\ 引导",
		"a\nerror: b":       `a\nerror: b`,
		"\x1b[2J":           `\x1b[2J`,
		"\"\u202eexe\u2066": `"\u202eexe\u2066`,
		"\u0085\ufeff":      `\u0085\ufeff`,
		"\x9b":              `\x9b`,
		"":                  "",
	} {
		if got := Shown(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if got := ShownAll([]string{"a", "b\t"}, ", "); got != `a, b\t` {
		t.Errorf("%q", got)
	}
	if got := NewProblem(Note, "a\u202e", NoOffset, "is here").String(); got != `a\u202e: is here` {
		t.Errorf("%q", got)
	}
}
