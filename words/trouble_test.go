package words

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/acquire/host"
	"github.com/mtkkit/mtkkit/session"
)

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
