package flags

import (
	"testing"
	"time"

	"github.com/urfave/cli/v2"
)

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
