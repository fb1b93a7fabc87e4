//go:build unix

package words

import (
	"os/exec"
	"testing"
)

// What a person copies into a shell must be what was shown, whatever a file is called.
func TestQuoted(t *testing.T) {
	for _, arg := range []string{"/x/ROM_1", "boot,nv*", "", "a b", "it's", "$HOME", "$(id)", "`id`", "a|id", "a>b", "a<b", "a&b", "a;b", "~", "#x", "{1,2}", "a\tb",
		"a\nb", "!x", "[a]", `a\b`, `"`, "Español", "\u00a0", "--split-size=4G", "oci:/x:y"} {
		out, err := exec.Command("sh", "-c", "printf '<%s>' "+Quoted(arg)).Output()
		if err != nil || string(out) != "<"+arg+">" {
			t.Errorf("%q: the shell gets %q, %v", arg, out, err)
		}
	}
	if got := Quoted("/x/ROM_1"); got != "/x/ROM_1" {
		t.Error(got)
	}
}
