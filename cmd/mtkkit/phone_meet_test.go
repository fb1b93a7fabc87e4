package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/acquire/host"
	"github.com/mtkkit/mtkkit/session"
)

// A silent port is told of once, with what to do, and the waiting ends as it should.
func TestSilentWords(t *testing.T) {
	p := &acquiretest.Phone{Charging: true}
	code, out, errs := onPhone(t, p, "info", "--port", "auto", "--da", families[0].agentFor(t), "--wait", "1m")
	expect(t, code, exitPhone, out+errs, "no phone came within 1m0s", "a second program on the port is the other possibility")
	if strings.Count(errs, " does not answer: it may be charging (0e8d:20ff)") != 1 || strings.Contains(errs, "brom") {
		t.Error(errs)
	}
}

// Programs that have the port open too are named in place of a cable.
func TestContestedWords(t *testing.T) {
	picocom, manager := host.Process{Name: "picocom", PID: 7}, host.Process{Name: "ModemManager", PID: 8}
	for want, who := range map[string][]host.Process{
		"picocom (pid 7) has the port open too: end it, ":                             {picocom},
		"picocom (pid 7) and ModemManager (pid 8) have the port open too: end them, ": {picocom, manager},
	} {
		err := fmt.Errorf("reading: %w", &session.ContestedError{Err: da.ErrProtocol, Others: who})
		if a := phoneAdvice(err); !strings.HasPrefix(a, want) || strings.Contains(a, "cable") || !errors.Is(err, da.ErrProtocol) {
			t.Errorf("advice %q, want %q", a, want)
		}
	}
}

// A port that is not there is told before an agent that is wrong: it may be mistyped.
func TestMissingPortBeforeAgent(t *testing.T) {
	port := filepath.Join(t.TempDir(), "none")
	for name, args := range map[string][]string{
		"no agent":      {"list", "--port", port},
		"missing agent": {"acquire", "--port", port, "--da", filepath.Join(t.TempDir(), "none.bin")},
	} {
		_, _, errs := program(t, args...)
		first, rest, _ := strings.Cut(errs, "\n")
		if !strings.Contains(first, port+", which is not there yet") || rest == "" {
			t.Errorf("%s: the port is not told first: %s", name, errs)
		}
	}
}
