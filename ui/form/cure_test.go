package form

import (
	"fmt"
	"testing"
)

// The options in the texts of the commands are fields of the window.
func TestCures(t *testing.T) {
	for _, c := range []struct{ action, text, want string }{
		{"split", "give this phone's scatter file with --scatter FILE, or use --accept-guess to go by these guesses (mtkkit list shows them)", "[{scatter  true} {guess  false}]"},
		{"split", "choose another folder with -o, or another one for unpacking with --tmp", "[{output  false}]"},
		{"split", "give it with --boot1 FILE, or for example --platform MT6592", "[{boot1  true} {platform  false}]"},
		{"scatter", "--platform MT6592 names the chip", "[{platform  false}]"},
		{"restore", "--parts restores what it contains", "[{restore parts false}]"},
		{"recovery", "give a stock recovery.img or boot.img with --stock, and the dump with --for", "[]"},
		{"verify", "give your private key with --key FILE; --key FILE", "[{key  true}]"},
		{"plan", "a-dump--foreign --none", "[]"},
		{"", "give the scatter file of this phone with --scatter FILE, --accept-guess", "[{scatter  true}]"},
	} {
		if got := fmt.Sprint(Find(c.action).Cures(c.text)); got != c.want {
			t.Errorf("%s %q: %s, want %s", c.action, c.text, got, c.want)
		}
	}
}
