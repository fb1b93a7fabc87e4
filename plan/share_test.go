package plan

import (
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/scatter"
)

func TestPublic(t *testing.T) {
	for _, name := range []string{"boot", "BOOTIMG", "boot_b", "lk_a", "LOGO", "super", "ANDROID", "vbmeta_a", "md1img", "pgpt", "tee1", "preloader"} {
		if !scatter.Public(name) {
			t.Errorf("%s is the same on every phone of the model", name)
		}
	}
	for _, name := range []string{"nvram", "NVRAM", "PRO_INFO", "protect_f", "persist", "userdata", "USRDATA", "seccfg", "frp", "expdb", "cache", "CACHE", "metadata", "para", "", "my_secret", "nvram_b"} {
		if scatter.Public(name) {
			t.Errorf("%q may be of one phone", name)
		}
	}
}

// What is shared and what is of this phone are all there is, but for boot regions.
func TestShare(t *testing.T) {
	p := makePlan(t, imgtest.MT6592(), Wishes{Share: true})
	var kept, private []string
	for _, it := range p.Items {
		if it.Write {
			kept = append(kept, it.Name)
		}
		if !it.Write && it.Kind != "region" && it.Present > 0 && !it.Skipped {
			t.Errorf("%s is neither written nor skipped", it.Name)
		}
	}
	for _, it := range p.OfThisPhone() {
		private = append(private, it.Name)
		if slices.Contains(kept, it.Name) {
			t.Errorf("%s is shared and private", it.Name)
		}
	}
	if !slices.Contains(kept, "BOOTIMG") || !slices.Contains(private, "NVRAM") || !slices.Contains(private, "USRDATA") {
		t.Errorf("kept %q, private %q", kept, private)
	}
	if m := p.Record(""); m.Complete {
		t.Error("a shared part of a dump is not complete")
	}
}
