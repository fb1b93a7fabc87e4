package form

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// at returns an absolute path of this system: forms are about paths.
func at(name string) string {
	abs, err := filepath.Abs(filepath.FromSlash("/d/" + name))
	if err != nil {
		panic(err)
	}
	return abs
}

// dir is the folder of at.
var dir = filepath.Dir(at("x"))

// short returns a text with the folder of at as /d.
func short(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, dir, "/d"), `\`, "/") }

var samples = map[Kind]Opened{
	Dump:    {Kind: Dump, Path: at("ROM_1"), Scatter: at("s.txt"), Boot1: at("BOOT_1"), Boot: at("BOOT_1")},
	Parts:   {Kind: Parts, Path: at("ROM_1.parts"), Boot: at("ROM_1.parts")},
	Archive: {Kind: Archive, Path: at("phone.tar.zst.age"), Key: at("k.txt"), Passphrase: "open sesame", Sidecar: true},
	Store:   {Kind: Store, Path: "oci:" + at("store") + ":v1"},
	Boot:    {Kind: Boot, Path: at("BOOT_1"), Boot: at("BOOT_1")},
	Stock:   {Kind: Stock, Path: at("boot.img")},
	Package: {Kind: Package, Path: at("fw.zip")},
	Table:   {Kind: Table, Path: at("MT6765_Android_scatter.txt")},
	Other:   {Kind: Other, Path: at("logo.bin")},
}

// said returns an order in one text: the arguments, then what is written and what can be opened.
func said(t *testing.T, a *Action, o Opened, typed Values) string {
	t.Helper()
	v := a.Defaults(o)
	maps.Copy(v, typed)
	a.Complete(o, v)
	order, wrong := a.Order(o, v)
	if wrong != nil {
		return fmt.Sprint("wrong ", wrong)
	}
	if order.Name != a.Name {
		t.Errorf("%s: the job is named %s", a.Name, order.Name)
	}
	return short(fmt.Sprintf("%s → %s = %s", strings.Join(order.Args, "|"), strings.Join(order.Outputs, " "), order.Result))
}

// The command line of each form that nobody has changed.
func TestDefaults(t *testing.T) {
	want := map[Kind][]string{
		Dump: {
			"backup|create|--scatter|/d/s.txt|--boot1|/d/BOOT_1|--output|/d/ROM_1.tar.zst|/d/ROM_1 → /d/ROM_1.tar.zst = /d/ROM_1.tar.zst",
			"split|--scatter|/d/s.txt|--boot1|/d/BOOT_1|--output|/d/ROM_1.parts|/d/ROM_1 → /d/ROM_1.parts = /d/ROM_1.parts",
			"scatter|create|--scatter|/d/s.txt|--boot1|/d/BOOT_1|--profile|firmware|--output|/d|/d/ROM_1 → /d/MT_Android_scatter.txt = ",
			"preloader|fix|--output|/d/ROM_1.preloader|/d/BOOT_1 → /d/ROM_1.preloader = /d/ROM_1.preloader",
			"wrong [{donor form.missing}]",
			"verify|--scatter|/d/s.txt|--boot1|/d/BOOT_1|/d/ROM_1 →  = ",
			"wrong [{other form.missing}]",
		},
		Package: {
			"split|--output|/d/fw.parts|/d/fw.zip → /d/fw.parts = /d/fw.parts",
			"verify|/d/fw.zip →  = ",
			"wrong [{other form.missing}]",
		},
		Parts: {
			"backup|create|--output|/d/ROM_1.parts.tar.zst|/d/ROM_1.parts → /d/ROM_1.parts.tar.zst = /d/ROM_1.parts.tar.zst",
			"scatter|create|--profile|firmware|--output|/d|/d/ROM_1.parts → /d/MT_Android_scatter.txt = ",
			"preloader|fix|--output|/d/ROM_1.parts.preloader|/d/ROM_1.parts → /d/ROM_1.parts.preloader = /d/ROM_1.parts.preloader",
			"wrong [{donor form.missing}]",
			"join|--output|/d/ROM_1.joined|/d/ROM_1.parts → /d/ROM_1.joined /d/ROM_1.joined.map = /d/ROM_1.joined",
			"verify|/d/ROM_1.parts →  = ",
			"wrong [{other form.missing}]",
		},
		Archive: {
			"backup|create|--key|/d/k.txt|--output|/d/phone.copy.tar.zst|/d/phone.tar.zst.age → /d/phone.copy.tar.zst = /d/phone.copy.tar.zst",
			"split|--key|/d/k.txt|--output|/d/phone.parts|/d/phone.tar.zst.age → /d/phone.parts = /d/phone.parts",
			"scatter|create|--key|/d/k.txt|--profile|firmware|--output|/d|/d/phone.tar.zst.age → /d/MT_Android_scatter.txt = ",
			"wrong [{donor form.missing}]",
			"backup|restore|--key|/d/k.txt|--output|/d/phone.restored|/d/phone.tar.zst.age → /d/phone.restored /d/phone.restored.map = /d/phone.restored",
			"backup|restore|--plan|--key|/d/k.txt|/d/phone.tar.zst.age →  = ",
			"backup|verify|--repair|--output|/d/phone.tar.zst.age.repaired|/d/phone.tar.zst.age → /d/phone.tar.zst.age.repaired = /d/phone.tar.zst.age.repaired",
			"wrong [{against form.missing}]",
			"backup|verify|--key|/d/k.txt|/d/phone.tar.zst.age →  = ",
			"wrong [{other form.missing}]",
		},
		Store: {
			"backup|create|--output|/d/v1.tar.zst|oci:/d/store:v1 → /d/v1.tar.zst = /d/v1.tar.zst",
			"split|--output|/d/v1.parts|oci:/d/store:v1 → /d/v1.parts = /d/v1.parts",
			"scatter|create|--profile|firmware|--output|/d|oci:/d/store:v1 → /d/MT_Android_scatter.txt = ",
			"wrong [{donor form.missing}]",
			"verify|oci:/d/store:v1 →  = ",
			"wrong [{other form.missing}]",
		},
		Boot:  {"preloader|fix|--output|/d/BOOT_1.preloader|/d/BOOT_1 → /d/BOOT_1.preloader = /d/BOOT_1.preloader"},
		Stock: {"wrong [{donor form.missing}]"},
		Table: {"scatter|convert|--to|readback|--output|/d/readback_ui_bak.xml|/d/MT6765_Android_scatter.txt → /d/readback_ui_bak.xml = /d/readback_ui_bak.xml"},
		Other: nil,
	}
	for kind, o := range samples {
		var got []string
		for _, a := range For(o) {
			got = append(got, said(t, a, o, nil))
		}
		if !slices.Equal(got, want[kind]) {
			t.Errorf("%s:\n%s\nwant\n%s", kind, strings.Join(got, "\n"), strings.Join(want[kind], "\n"))
		}
	}
}

// Of several pieces, all are given, to the commands that take them.
func TestPieces(t *testing.T) {
	o := Opened{Kind: Dump, Path: at("s.1"), Pieces: []string{at("s.2"), at("s.3")}}
	var got []string
	for _, a := range For(o) {
		got = append(got, said(t, a, o, nil))
	}
	if want := "split|--output|/d/s.1.parts|/d/s.1|/d/s.2|/d/s.3 → /d/s.1.parts = /d/s.1.parts"; len(got) != 1 || got[0] != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// What is typed and chosen becomes options.
func TestOrder(t *testing.T) {
	for _, c := range []struct {
		action string
		kind   Kind
		typed  Values
		want   string
	}{
		{"split", Other, Values{"only": " boot,nv* ", "userdata": "head", "sparse": "several", "slot": "b", "guess": On, "trim": On, "output": "out"},
			"split|--only|boot,nv*|--userdata|head|--output|/d/out|--slot|b|--trim|--sparse=4G|--accept-guess|/d/logo.bin → /d/out = /d/out"},
		{"split", Other, Values{"only": "--force", "skip": `a b"; rm -rf '$HOME'`, "output": at("-x --force")},
			`split|--only|--force|--skip|a b"; rm -rf '$HOME'|--output|/d/-x --force|/d/logo.bin → /d/-x --force = /d/-x --force`},
		{"scatter", Other, Values{"output": "x.XML", "dialect": "v1.1.2", "profile": "restore", "force": On},
			"scatter|create|--profile|restore|--output|/d/x.XML|--dialect|v1.1.2|--force|/d/logo.bin → /d/x.XML = "},
		{"preloader", Boot, Values{"boot1": "B", "boot2": "B2", "tail": On},
			"preloader|fix|--output|/d/BOOT_1.preloader|--boot2|/d/B2|--keep-tail|/d/B → /d/BOOT_1.preloader = /d/BOOT_1.preloader"},
		{"readback", Table, Values{"readback-items": "rows", "device-size": "0x747c00000", "output": "rb.xml", "force": On},
			"scatter|convert|--to|readback-rows|--device-size|0x747c00000|--output|/d/rb.xml|--force|/d/MT6765_Android_scatter.txt → /d/rb.xml = /d/rb.xml"},
		{"recovery", Other, Values{"donor": "twrp.img", "adb": On},
			"recovery|build|--yes|--explain|--donor|/d/twrp.img|--adb=root|--output|/d/logo.bin.recovery.img|/d/logo.bin → /d/logo.bin.recovery.img /d/logo.bin.recovery.stock.img = /d/logo.bin.recovery.img"},
		{"recovery-of", Stock, Values{"donor": "twrp.img", "phone": "ROM_1"},
			"recovery|build|--yes|--explain|--donor|/d/twrp.img|--for|/d/ROM_1|--output|/d/boot.img.recovery.img|/d/boot.img → /d/boot.img.recovery.img /d/boot.img.recovery.stock.img = /d/boot.img.recovery.img"},
		{"backup", Other, Values{"purpose": "share", "owner-key": "me.key", "plain": On, "pieces": "fat32", "parity": "99", "recipient": "not used"},
			"backup|create|--share|--owner-key|/d/me.key|--output|/d/logo.bin.share.tar.zst|--split-size|4000M|/d/logo.bin → /d/logo.bin.share.tar.zst /d/logo.bin.share.tar.zst.001 = /d/logo.bin.share.tar.zst.001"},
		{"backup", Other, Values{"purpose": "identity", "plain": On, "zip": On, "pieces": "parity", "level": "small"},
			"backup|create|--identity|--plain|--output|/d/logo.bin.zip|--parity|10|--level|3|--zip|/d/logo.bin → /d/logo.bin.zip /d/logo.bin.zip.par = /d/logo.bin.zip"},
		{"backup", Other, Values{"encrypt": "key", "recipient": "age1abc", "output": at("logo.bin.share.zip")}, // a proposed name, after an error
			"backup|create|--encrypt|age1abc|--output|/d/logo.bin.tar.zst.age|/d/logo.bin → /d/logo.bin.tar.zst.age = /d/logo.bin.tar.zst.age"},
		{"backup", Other, Values{"encrypt": "key", "recipient": "keys.txt", "output": "mine"},
			"backup|create|--encrypt|/d/keys.txt|--output|/d/mine|/d/logo.bin → /d/mine = /d/mine"},
		{"restore", Archive, Values{"restore": "parts", "only": "boot", "region": "not used"},
			"backup|restore|--key|/d/k.txt|--parts|--only|boot|--output|/d/phone.restored|/d/phone.tar.zst.age → /d/phone.restored /d/phone.restored.map = /d/phone.restored"},
		{"restore", Archive, Values{"restore": "region", "region": "EMMC_BOOT_1", "only": "not used"},
			"backup|restore|--key|/d/k.txt|--region|EMMC_BOOT_1|--output|/d/phone.restored|/d/phone.tar.zst.age → /d/phone.restored /d/phone.restored.map = /d/phone.restored"},
		{"plan", Archive, Values{"target": "other", "stock": "fw.zip", "foreign": On}, "backup|restore|--plan|--key|/d/k.txt|--target|/d/other|--stock|/d/fw.zip|--foreign|/d/phone.tar.zst.age →  = "},
		{"leaks", Archive, Values{"against": "ROM_1"}, "backup|verify|--share|--key|/d/k.txt|--against|/d/ROM_1|/d/phone.tar.zst.age →  = "},
		{"compare", Dump, Values{"other": "oci:x:y", "key": "k"}, "compare|--scatter|/d/s.txt|--key|/d/k|/d/ROM_1|oci:x:y →  = "},
		{"compare", Archive, Values{"other": "firmware.zip", "page": "c.html", "other-scatter": "t.txt", "force": On},
			"compare|--key|/d/k.txt|--html|/d/c.html|--scatter-b|/d/t.txt|--force|/d/phone.tar.zst.age|/d/firmware.zip → /d/c.html = /d/c.html"},
		{"join", Parts, Values{"region": "X", "whole-hash": On}, "join|--output|/d/ROM_1.joined|--region|X|--whole-hash|/d/ROM_1.parts → /d/ROM_1.joined /d/ROM_1.joined.map = /d/ROM_1.joined"},
		// Refused.
		{"backup", Dump, Values{"encrypt": "key", "pieces": "parity", "parity": "51", "output": " "}, "wrong [{recipient form.missing} {output form.missing} {parity form.number}]"},
		{"backup", Dump, Values{"purpose": "all", "zip": "1", "pieces": "parity", "parity": "1e1"}, "wrong [{purpose form.choice} {parity form.number} {zip form.choice}]"},
		{"backup", Dump, Values{"encrypt": "passphrase"}, "wrong [{passphrase form.missing}]"},
		{"backup", Dump, Values{"encrypt": "passphrase", "passphrase": "a", "passphrase-again": "a "}, "wrong [{passphrase form.different}]"},
		{"backup", Dump, Values{"encrypt": "no", "passphrase": "a", "passphrase-again": "a"}, "wrong [{passphrase form.unused}]"},
		{"backup", Archive, Values{"encrypt": "passphrase", "passphrase": "a", "passphrase-again": "a"}, "wrong [{passphrase form.same}]"},
		{"split", Dump, Values{"only": "a\nb"}, "wrong [{only form.line}]"},
		{"restore", Archive, Values{"restore": "region"}, "wrong [{region form.missing}]"},
	} {
		if got := said(t, Find(c.action), samples[c.kind], c.typed); got != c.want {
			t.Errorf("%s %v:\n%s\nwant\n%s", c.action, c.typed, got, c.want)
		}
	}
}

// A passphrase is in the order, and never in the command line.
func TestPassphrase(t *testing.T) {
	for _, c := range []struct {
		action string
		kind   Kind
		typed  Values
		want   string
	}{
		{"backup", Dump, Values{"encrypt": "passphrase", "passphrase": " two words ", "passphrase-again": " two words "}, " two words "},
		{"verify-backup", Archive, nil, "open sesame"},
		{"compare", Archive, Values{"other": "x", "secret": "hush"}, "hush"},
		{"compare", Archive, Values{"other": "x"}, "open sesame"},
	} {
		a, o := Find(c.action), samples[c.kind]
		v := a.Defaults(o)
		maps.Copy(v, c.typed)
		a.Complete(o, v)
		order, wrong := a.Order(o, v)
		if order.Passphrase != c.want || wrong != nil {
			t.Errorf("%s: passphrase %q, want %q; wrong %v", c.action, order.Passphrase, c.want, wrong)
		}
		if slices.ContainsFunc(order.Args, func(s string) bool { return strings.Contains(s, c.want) }) {
			t.Errorf("%s: the passphrase is in %q", c.action, order.Args)
		}
	}
}
