package flags

import (
	"testing"
	"time"

	"github.com/urfave/cli/v2"
)

func TestDidYouMean(t *testing.T) {
	words := []string{"create", "verify", "restore", "push", "pull", "list", "-o", "--output", "--only"}
	for word, want := range map[string]string{
		"creat": "create", "craete": "create", "vrify": "verify", "res": "restore", "--ouput": "--output", "pul": "pull",
		"frobnicate": "", "x": "", "liszt": "list", "--nonsense": "",
	} {
		got := DidYouMean(word, words)
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
		if err := Time(&d, "wait", "").Flag.(*cli.GenericFlag).Value.Set(text); err != nil || d != want {
			t.Errorf("%s: %v, %v", text, d, err)
		}
	}
	for _, text := range []string{"", "soon", "-5", "-5s", "5 minutes", "99999999999999999999"} {
		var d time.Duration
		if Time(&d, "wait", "").Flag.(*cli.GenericFlag).Value.Set(text) == nil {
			t.Errorf("%q is taken for %v", text, d)
		}
	}
}
