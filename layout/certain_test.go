package layout

import (
	"fmt"
	"testing"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/preloader"
)

// certain resolves a dump without and with a claim, and says whether it is the dump's.
func certain(t *testing.T, p *imgtest.Phone, c *Claim) bool {
	t.Helper()
	before := resolve(t, userOnly(p), Options{})
	l, err := Resolve(t.Context(), userOnly(p), Options{Claim: c})
	return err == nil && l.Certain(before, p.Device().User().Image, "", "")
}

func TestCertain(t *testing.T) {
	mbr, gpt := imgtest.SmallMT6592(), imgtest.SmallMT6765()
	for name, c := range map[string]struct {
		phone *imgtest.Phone
		claim *Claim
		want  bool
	}{
		"an MBR's own":           {mbr, claimOf(t, mbr), true},
		"a GPT's own":            {gpt, claimOf(t, gpt), true},
		"of another MBR phone":   {mbr, claimOf(t, imgtest.SmallMT6572()), false},
		"of another GPT phone":   {gpt, claimOf(t, imgtest.SmallMT6893()), false},
		"of a GPT phone":         {mbr, claimOf(t, gpt), false},
		"one row elsewhere":      {mbr, claimOf(t, mbr, "start_addr: "+hexOf(mbr, "CACHE"), "start_addr: "+hexOf(mbr, "LOGO")), false},
		"one row, at a blank":    {mbr, claimOf(t, mbr, "start_addr: "+hexOf(mbr, "CACHE"), "start_addr: 0x1000000"), false},
		"one row, shorter":       {mbr, claimOf(t, mbr, "partition_size: 0x100000", "partition_size: 0x80000"), false},
		"one GPT row elsewhere":  {gpt, claimOf(t, gpt, "physical_start_addr: "+hexOf(gpt, "logo"), "physical_start_addr: 0x7000000"), false},
		"a row of the MBR more":  {mbr, claimOf(t, mbr, "partition_name: LOGO", "partition_name: BOOTIMG2"), true}, // raw rows have no witness by name
		"a GPT row by more":      {gpt, claimOf(t, gpt, "partition_name: logo", "partition_name: logo9"), false},
		"boot and recovery swap": {mbr, claimOf(t, mbr, "partition_name: BOOTIMG", "partition_name: RECOVERY", "partition_name: RECOVERY", "partition_name: BOOTIMG"), false},
	} {
		if got := certain(t, c.phone, c.claim); got != c.want {
			t.Errorf("%s: certain %v", name, got)
		}
	}
}

func hexOf(p *imgtest.Phone, row string) string { return fmt.Sprintf("0x%x", p.Row(row).Offset) }

// An MBR's rows alone are those of every phone of its time: without what stands in the others
// nothing is certain.
func TestCertainContent(t *testing.T) {
	p := imgtest.SmallMT6592()
	d := func() *flash.Device {
		d := userOnly(p)
		for _, name := range []string{"UBOOT", "BOOTIMG", "RECOVERY", "SEC_RO", "LOGO"} {
			d.Parts[0].Image = patched{d.Parts[0].Image, p.Row(name).Offset, make([]byte, 0x800)}
		}
		return d
	}
	before := resolve(t, d(), Options{})
	if l := resolve(t, d(), Options{Claim: claimOf(t, p)}); l.Certain(before, d().User().Image, "", "") {
		t.Error("certain, though no content bears it out")
	}
	if l := resolve(t, userOnly(p), Options{Claim: claimOf(t, p)}); !l.Certain(resolve(t, userOnly(p), Options{}), p.Device().User().Image, "", "") {
		t.Error("not certain with it")
	}
}

func TestOwns(t *testing.T) {
	p := imgtest.SmallMT6592()
	boot := func(p *imgtest.Phone) *preloader.Region {
		r, err := preloader.Read(p.Device().Parts[1].Image)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for name, c := range map[string]struct {
		chip, board string
		region      *preloader.Region
		want        bool
	}{
		"the same":           {"MT6592", "demo_s1", boot(p), true},
		"no board known":     {"MT6592", "", boot(p), true},
		"no chip known":      {"", "demo_s1", boot(p), false},
		"another chip":       {"MT6582", "demo_s1", boot(p), false},
		"another board":      {"MT6592", "another", boot(p), false},
		"of another phone":   {"MT6592", "", boot(imgtest.SmallMT6572()), false},
		"nothing that loads": {"MT6592", "", &preloader.Region{Medium: "EMMC_BOOT"}, false},
	} {
		l := &Layout{Project: Fact{Value: c.board}}
		if got := l.Owns(c.region, flash.EMMC, c.chip); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	l := &Layout{}
	if l.Owns(boot(p), flash.UFS, "MT6592") {
		t.Error("taken for a dump of other flash")
	}
	d := p.Device()
	d.Parts[1].Image = patched{d.Parts[1].Image, 0x9000, []byte("changed!")}
	if r, err := preloader.Read(d.Parts[1].Image); err != nil || l.Owns(r, flash.EMMC, "MT6592") {
		t.Errorf("a preloader that does not prove: %v", err)
	}
}

// Phones of several chips may have one table: a claim for another chip than the dump's own is
// not certain.
func TestCertainChip(t *testing.T) {
	p := imgtest.SmallMT6765()
	before, l := resolve(t, userOnly(p), Options{}), resolve(t, userOnly(p), Options{Claim: claimOf(t, p)})
	for _, c := range []struct {
		own, claimed string
		want         bool
	}{{"MT6765", "MT6765", true}, {"", "MT6762", true}, {"MT6765", "", true}, {"MT6765", "MT6762", false}} {
		if got := l.Certain(before, p.Device().User().Image, c.own, c.claimed); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
