package scatter_test

import (
	"testing"

	"github.com/mtkkit/mtkkit/scatter"
)

func TestIdentity(t *testing.T) {
	for name, want := range map[string]bool{
		"NVRAM": true, "nvdata": true, "PRO_INFO": true, "PROTECT_F": true, "protect2": true, "persist": true, "persist_a": true, "SECCFG": true, "seccfg": true,
		"boot": false, "USRDATA": false, "userdata": false, "expdb": false, "otp": false, "nonsense": false,
	} {
		why, got := scatter.Identity(name)
		if got != want || got && why == "" {
			t.Errorf("%s: %v, %q", name, got, why)
		}
	}
}
