package scatter

import "testing"

// Every private partition has one reason, and nothing else has any.
func TestEveryPrivateRowHasItsReason(t *testing.T) {
	for _, theme := range themes {
		for name, p := range theme.rows {
			if (secretOf[name] != "") != p.private {
				t.Errorf("%s: private %t, reason %q", name, p.private, secretOf[name])
			}
		}
	}
	for name := range secretOf {
		if _, ok := known[name]; !ok {
			t.Errorf("%s has a reason and is not known", name)
		}
	}
}

func TestWhy(t *testing.T) {
	for name, want := range map[string]Secret{
		"NVRAM": SecretIdentity, "PRO_INFO": SecretIdentity, "persist_b": SecretIdentity, "seccfg": SecretLock, "frp": SecretLock, "metadata": SecretKey,
		"keystore": SecretKey, "EXPDB": SecretLog, "expdb": SecretLog, "logdump": SecretLog, "oops": SecretLog, "mrdump": SecretLog, "USRDATA": SecretOwner,
		"oplusreserve2": SecretMaker, "boot": "", "LK": "", "nonsense": "", "": "",
	} {
		if got := Why(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
