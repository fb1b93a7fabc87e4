package scatter_test

import (
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

func TestCarries(t *testing.T) {
	for _, c := range []struct {
		entry flash.ManifestEntry
		want  scatter.Secret
	}{
		{flash.ManifestEntry{Kind: "partition", Name: "nvram"}, scatter.SecretIdentity},
		{flash.ManifestEntry{Kind: "partition", Name: "boot_a"}, ""},
		{flash.ManifestEntry{Kind: "partition", Name: "p2", Guess: "protect_f"}, scatter.SecretIdentity},
		{flash.ManifestEntry{Kind: "partition", Name: "p6", Guess: "system"}, ""},
		{flash.ManifestEntry{Kind: "partition", Name: "cache"}, ""},
		{flash.ManifestEntry{Kind: "partition", Name: "nv_data"}, scatter.SecretUnknown},
		{flash.ManifestEntry{Kind: "partition", Name: "PROTECT-1"}, scatter.SecretUnknown},
		{flash.ManifestEntry{Kind: "partition", Name: "p5", Unnamed: true}, scatter.SecretUnnamed},
		{flash.ManifestEntry{Kind: "partition", Name: "boot", Guess: "nvram"}, scatter.SecretIdentity},
		{flash.ManifestEntry{Kind: "partition", Name: "boot", Witness: flash.Guessed}, ""},
		{flash.ManifestEntry{Kind: "gap", Name: "gap_0x80200", Unnamed: true}, scatter.SecretUnnamed},
		{flash.ManifestEntry{Kind: "gap", Name: "gap_0x80200", Unnamed: true, Guess: "boot nvram"}, scatter.SecretIdentity},
		{flash.ManifestEntry{Kind: "gap", Name: "gap_0x1000"}, ""},
		{flash.ManifestEntry{Kind: "region", Name: "boot1", Region: flash.EMMCBoot1}, ""},
		{flash.ManifestEntry{Kind: "region", Name: "rpmb", Region: flash.EMMCRPMB}, ""},
		{flash.ManifestEntry{Kind: "preloader", Name: "preloader", Region: flash.EMMCBoot1}, ""},
		{flash.ManifestEntry{Kind: flash.KindSealed, Was: "partition", Name: "nvram"}, scatter.SecretIdentity},
		{flash.ManifestEntry{Kind: "excerpt", Name: "userdata"}, scatter.SecretOwner},
	} {
		if got := scatter.Carries(&c.entry); got != c.want {
			t.Errorf("%+v carries %q, want %q", c.entry, got, c.want)
		}
	}
}
