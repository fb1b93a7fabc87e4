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
		all   bool // known to be everybody's
	}{
		{flash.ManifestEntry{Kind: "partition", Name: "nvram"}, scatter.SecretIdentity, false},
		{flash.ManifestEntry{Kind: "partition", Name: "boot_a"}, "", true},
		{flash.ManifestEntry{Kind: "partition", Name: "p2", Guess: "protect_f"}, scatter.SecretIdentity, false},
		{flash.ManifestEntry{Kind: "partition", Name: "p6", Guess: "system"}, "", false}, // a guess proves nothing
		{flash.ManifestEntry{Kind: "partition", Name: "cache"}, "", false},
		{flash.ManifestEntry{Kind: "partition", Name: "nv_data"}, scatter.SecretUnknown, false},
		{flash.ManifestEntry{Kind: "partition", Name: "PROTECT-1"}, scatter.SecretUnknown, false},
		{flash.ManifestEntry{Kind: "partition", Name: "p5", Unnamed: true}, scatter.SecretUnnamed, false},
		{flash.ManifestEntry{Kind: "partition", Name: "boot", Guess: "nvram"}, scatter.SecretIdentity, true}, // a table's name is what it is shared by
		{flash.ManifestEntry{Kind: "partition", Name: "boot", Witness: flash.Guessed}, "", false},
		{flash.ManifestEntry{Kind: "gap", Name: "gap_0x80200", Unnamed: true}, scatter.SecretUnnamed, false},
		{flash.ManifestEntry{Kind: "gap", Name: "gap_0x80200", Unnamed: true, Guess: "boot nvram"}, scatter.SecretIdentity, false},
		{flash.ManifestEntry{Kind: "gap", Name: "gap_0x1000"}, "", false},
		{flash.ManifestEntry{Kind: "region", Name: "boot1", Region: flash.EMMCBoot1}, "", true},
		{flash.ManifestEntry{Kind: "region", Name: "rpmb", Region: flash.EMMCRPMB}, "", false},
		{flash.ManifestEntry{Kind: "preloader", Name: "preloader", Region: flash.EMMCBoot1}, "", true},
		{flash.ManifestEntry{Kind: flash.KindSealed, Was: "partition", Name: "nvram"}, scatter.SecretIdentity, false},
		{flash.ManifestEntry{Kind: "excerpt", Name: "userdata"}, scatter.SecretOwner, false},
	} {
		if got := scatter.Carries(&c.entry); got != c.want {
			t.Errorf("%+v carries %q, want %q", c.entry, got, c.want)
		}
		if got := scatter.Everybodys(&c.entry); got != c.all {
			t.Errorf("%+v: everybody's %v", c.entry, got)
		}
	}
}
