package archive

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/internal/imgtest"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/scatter"
)

func TestPublicNames(t *testing.T) {
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

// Every kind of row is decided, each rule decides one of them, and what is not known to be
// everybody's is private.
func TestDecide(t *testing.T) {
	boot := imgtest.SmallMT6765().Boot1
	marked := bytes.Clone(boot)
	copy(marked[len(boot)/2:], "SN0123456789")
	decided := map[string]bool{}
	for _, c := range []struct {
		entry   flash.ManifestEntry
		img     []byte // nil: not at hand
		private bool
	}{
		{flash.ManifestEntry{Kind: "partition", Name: "nvram"}, nil, true},
		{flash.ManifestEntry{Kind: "partition", Name: "boot_a"}, nil, false},
		{flash.ManifestEntry{Kind: "partition", Name: "p2", Guess: "protect_f"}, nil, true},
		{flash.ManifestEntry{Kind: "partition", Name: "p6", Guess: "system"}, nil, true}, // a guess proves nothing
		{flash.ManifestEntry{Kind: "partition", Name: "cache"}, nil, true},
		{flash.ManifestEntry{Kind: "partition", Name: "nv_data"}, nil, true},
		{flash.ManifestEntry{Kind: "partition", Name: "PROTECT-1"}, nil, true},
		{flash.ManifestEntry{Kind: "partition", Name: "p5", Unnamed: true}, nil, true},
		{flash.ManifestEntry{Kind: "partition", Name: "boot", Guess: "nvram"}, nil, false}, // a table's name is what it is shared by
		{flash.ManifestEntry{Kind: "partition", Name: "boot", Witness: flash.Guessed}, nil, true},
		{flash.ManifestEntry{Kind: "gap", Name: "gap_0x80200", Unnamed: true}, nil, true},
		{flash.ManifestEntry{Kind: "gap", Name: "gap_0x80200", Unnamed: true, Guess: "boot nvram"}, nil, true},
		{flash.ManifestEntry{Kind: "gap", Name: "gap_0x1000"}, nil, true},
		{flash.ManifestEntry{Kind: "region", Name: "boot1", Region: flash.EMMCBoot1}, boot, false},
		{flash.ManifestEntry{Kind: "region", Name: "boot2", Region: flash.EMMCBoot2}, make([]byte, 1<<20), false},
		{flash.ManifestEntry{Kind: "region", Name: "boot1", Region: flash.EMMCBoot1}, marked, true},
		{flash.ManifestEntry{Kind: "region", Name: "boot1", Region: flash.EMMCBoot1}, nil, true},
		{flash.ManifestEntry{Kind: "region", Name: "rpmb", Region: flash.EMMCRPMB}, make([]byte, 1<<10), true},
		{flash.ManifestEntry{Kind: "region", Name: "user", Region: flash.EMMCUser}, boot, true},
		{flash.ManifestEntry{Kind: "preloader", Name: "preloader", Region: flash.EMMCBoot1}, nil, false},
		{flash.ManifestEntry{Kind: flash.KindSealed, Was: "partition", Name: "nvram"}, nil, false},
		{flash.ManifestEntry{Kind: "excerpt", Name: "userdata"}, nil, true},
		{flash.ManifestEntry{Kind: "trimmed", Name: "boot"}, nil, true},
		{flash.ManifestEntry{Kind: "of a later version", Name: "boot"}, nil, true},
	} {
		var img flash.Image
		if c.img != nil {
			img = bytes.NewReader(c.img)
		}
		got := Decide(&c.entry, img)
		if decided[got.What] = true; got.Private != c.private || got.Why == "" {
			t.Errorf("%+v: %+v", c.entry, got)
		}
	}
	for _, r := range rules {
		if !decided[r.What] {
			t.Errorf("no row is %s", r.What)
		}
	}
}

// The documentation has every row of the table.
func TestRulesAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("../docs/archive.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		verdict := "everybody's"
		if r.Private {
			verdict = "private"
		}
		if row := "| " + r.What + " | " + verdict + " | " + r.Why + " |"; !strings.Contains(string(doc), row) {
			t.Errorf("docs/archive.md has no row\n%s", row)
		}
	}
}

// dumpOf writes a made phone's dump, with more in its boot region and an RPMB.
func dumpOf(t *testing.T, p *imgtest.Phone, marked bool) string {
	t.Helper()
	dir := t.TempDir()
	if marked {
		copy(p.Boot1[len(p.Boot1)/2:], "SN0123456789")
	}
	if err := p.WriteDump(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "RPMB"), imgtest.Noise("rpmb", 64<<10), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What a shared archive keeps is what one with private files encrypted leaves in the clear,
// for every kind of row: partitions that are known, private and of names nobody knows, gaps,
// rows of an MBR without names, boot regions with and without more than their preloader, RPMB.
func TestShareAndEncryptPrivateAgree(t *testing.T) {
	_, to, err := seal.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		phone  *imgtest.Phone
		marked bool
		names  bool // with the phone's scatter file
	}{
		"gpt":                               {imgtest.SmallMT6765(), false, false},
		"gpt, more in the boot region":      {imgtest.SmallMT6765(), true, false},
		"mbr, its rows have no names":       {imgtest.SmallMT6592(), false, false},
		"mbr, more in the boot region":      {imgtest.SmallMT6592(), true, false},
		"mbr, with names of a scatter file": {imgtest.SmallMT6592(), true, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := dumpOf(t, c.phone, c.marked)
			open := dump.Options{Alone: true, Boot1: filepath.Join(dir, "BOOT_1"), Boot2: filepath.Join(dir, "BOOT_2"), RPMB: filepath.Join(dir, "RPMB")}
			if c.names {
				open.Table = filepath.Join(dir, c.phone.ScatterName())
			}
			list := func(out string, opt CreateOptions) map[string]bool {
				opt.Path, opt.Output, opt.Open = filepath.Join(dir, "ROM_1"), filepath.Join(dir, out), open
				if _, err := Create(t.Context(), opt); err != nil {
					t.Fatal(err)
				}
				a, err := Open(t.Context(), opt.Output, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer a.Close()
				names := map[string]bool{}
				for _, m := range a.Members() {
					names[m.Name] = true
				}
				return names
			}
			shared, mixed := list("shared", CreateOptions{Share: true}), list("mixed", CreateOptions{EncryptPrivate: []seal.Recipient{to}})
			maps.DeleteFunc(mixed, func(file string, _ bool) bool { return strings.HasSuffix(file, LockedEnding) })
			if !maps.Equal(shared, mixed) {
				t.Errorf("shared are  %q\nin clear are %q", slices.Sorted(maps.Keys(shared)), slices.Sorted(maps.Keys(mixed)))
			}
			if shared["boot1.bin"] == c.marked || shared["rpmb.bin"] || shared["nvram.bin"] || !hasPreloader(shared) {
				t.Errorf("shared are %q", slices.Sorted(maps.Keys(shared)))
			}
		})
	}
}

func hasPreloader(files map[string]bool) bool {
	for f := range files {
		if strings.HasPrefix(f, "preloader") {
			return true
		}
	}
	return false
}

// What is shared and what is of this phone are all there is.
func TestSharedAndPrivateAreAll(t *testing.T) {
	dir := dumpOf(t, imgtest.SmallMT6592(), true)
	d, err := dump.Open(t.Context(), filepath.Join(dir, "ROM_1"), dump.Options{Alone: true, Boot1: filepath.Join(dir, "BOOT_1"), Table: filepath.Join(dir, imgtest.SmallMT6592().ScatterName())})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	p, err := d.Plan(plan.Wishes{Keep: everybodys})
	if err != nil {
		t.Fatal(err)
	}
	var kept, private []string
	for _, it := range p.Items {
		if it.Write {
			kept = append(kept, it.Name)
		} else if it.Present > 0 && !it.Skipped && it.File == "" {
			t.Errorf("%s is neither written nor skipped", it.Name)
		}
	}
	for _, it := range ofThisPhone(p) {
		private = append(private, it.Name)
		if slices.Contains(kept, it.Name) {
			t.Errorf("%s is shared and private", it.Name)
		}
	}
	if !slices.Contains(kept, "BOOTIMG") || !slices.Contains(private, "NVRAM") || !slices.Contains(private, "USRDATA") || !slices.Contains(private, "boot1") {
		t.Errorf("kept %q, private %q", kept, private)
	}
	parts, err := privateParts(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		if b, _ := flash.ReadFull(part.Image, 0, int(part.Image.Size())); part.Name == "boot1" && (bytes.Contains(b, []byte("MTK_BLOADER_INFO")) || !bytes.Contains(b, []byte("SN0123456789"))) {
			t.Error("of the boot region the preloader is searched for, or not the rest")
		}
	}
}
