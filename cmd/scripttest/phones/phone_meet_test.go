package phones

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/words"
)

// A silent port is told of once, with what to do, and the waiting ends as it should.
func TestSilentWords(t *testing.T) {
	p := &acquiretest.Phone{Charging: true}
	code, out, errs := onPhone(t, p, "info", "--port", "auto", "--da", families[0].agentFor(t), "--wait", "1m")
	expect(t, code, words.ExitPhone, out+errs, "no phone was found within 1m0s", "or another program has the port open")
	if strings.Count(errs, " does not answer: it may be charging (0e8d:20ff)") != 1 || strings.Contains(errs, "brom") {
		t.Error(errs)
	}
}

// A port that is not there is told before an agent that is wrong: it may be mistyped.
func TestMissingPortBeforeAgent(t *testing.T) {
	port := filepath.Join(t.TempDir(), "none")
	for name, args := range map[string][]string{
		"no agent":      {"list", "--port", port},
		"missing agent": {"acquire", "--port", port, "--da", filepath.Join(t.TempDir(), "none.bin")},
	} {
		_, _, errs := program(args...)
		first, rest, _ := strings.Cut(errs, "\n")
		if !strings.Contains(first, port+", which is not there yet") || rest == "" {
			t.Errorf("%s: the port is not told first: %s", name, errs)
		}
	}
}
