package form

import (
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/backup/parity"
	"github.com/mtkkit/mtkkit/backup/seal"
)

// archiveActions make something of a backup.
var archiveActions = []*Action{
	{
		Name: "restore", Command: []string{"backup", "restore"}, Takes: []string{keyOption}, For: of(Archive),
		Fields: slices.Concat(
			[]Field{
				{Name: "restore", Type: Choice, Choices: []Alternative{{"dump", nil}, {"parts", []string{"--parts"}}, {"region", nil}}},
				{Name: "region", Type: Text, Option: "--region", With: "restore=region", Required: true},
			}, with("restore=parts", patterns),
			[]Field{output(Save, beside(".restored"))},
			more([]Field{guess, force})),
		writes: withMap,
	},
	{
		Name: "plan", Command: []string{"backup", "restore"}, Always: []string{"--plan"}, Takes: []string{keyOption}, For: of(Archive),
		Fields: slices.Concat(
			[]Field{{Name: "target", Type: Either, Option: "--target"}, {Name: "stock", Type: Either, Option: "--stock"}}, patterns,
			more([]Field{{Name: "foreign", Type: Switch, Option: "--foreign"}, guess})),
	},
	{
		Name: "repair", Command: []string{"backup", "verify"}, Always: []string{"--repair"}, For: func(o Opened) bool { return o.Kind == Archive && o.Sidecar },
		Fields: []Field{output(Save, func(o Opened) string { return o.Path + ".repaired" })},
		writes: outputOnly,
	},
	{
		Name: "leaks", Command: []string{"backup", "verify"}, Always: []string{"--share"}, Takes: []string{scatterOption, keyOption}, For: of(Archive),
		Fields: []Field{{Name: "against", Type: Either, Option: "--against", Required: true}, {Name: "owner-key", Type: File, Option: "--owner-key"}},
	},
}

// checkActions only read.
var checkActions = []*Action{
	{Name: "verify", Command: []string{"verify"}, Takes: dumpOptions, For: of(Dump, Package, Parts, Store)},
	{Name: "verify-backup", Command: []string{"backup", "verify"}, Takes: []string{keyOption}, For: of(Archive)},
	{
		Name: "compare", Command: []string{"compare"}, Takes: []string{scatterOption, keyOption}, For: of(Dump, Package, Parts, Archive, Store),
		Fields: slices.Concat(
			[]Field{{Name: "other", Type: Either, Argument: true, Required: true}},
			more([]Field{
				{Name: "page", Type: Save, Option: "--html"},
				{Name: "other-scatter", Type: File, Option: "--scatter-b"},
				{Name: "key", Type: File, Option: keyOption}, {Name: "secret", Type: Secret}, force})),
		writes: func(_ Opened, v Values) ([]string, string) { return nonEmpty(v["page"]), v["page"] },
	},
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// backupFields are grouped so that choices that exclude each other are one choice.
var backupFields = slices.Concat(
	[]Field{
		{Name: "purpose", Type: Choice, Choices: []Alternative{{"private", nil}, {"share", []string{"--share"}}, {"identity", []string{"--identity"}}}},
		{Name: "owner-key", Type: Save, Option: "--owner-key", With: "purpose=share"},
		{Name: "plain", Type: Switch, Option: "--plain", With: "purpose=identity"},
		{Name: "encrypt", Type: Choice, Choices: []Alternative{{"no", nil}, {"passphrase", []string{"--encrypt", seal.Passphrase}}, {"key", nil}}},
		{Name: "passphrase", Type: Passphrase, With: "encrypt=passphrase", Required: true},
		{Name: "recipient", Type: Recipient, Option: "--encrypt", With: "encrypt=key", Required: true},
		output(Save, func(o Opened) string { return backupBase(o) + ".tar.zst" }),
		{Name: "pieces", Type: Choice, Choices: []Alternative{{"one", nil}, {"parity", nil}, {"fat32", []string{"--split-size", "4000M"}}}},
		{Name: "parity", Type: Number, Option: "--parity", With: "pieces=parity", Required: true, Least: 1, Most: 50, Default: func(Opened) string { return "10" }},
	},
	more([]Field{
		{Name: "level", Type: Choice, Choices: []Alternative{{"fast", nil}, {"small", []string{"--level", "3"}}, {"smallest", []string{"--level", "12"}}}},
		{Name: "zip", Type: Switch, Option: "--zip"},
	}, patterns, []Field{userdata, slot, guess, force}))

// with makes fields count only with a choice.
func with(choice string, fields []Field) []Field {
	out := slices.Clone(fields)
	for i := range out {
		out[i].With = choice
	}
	return out
}

// backupBase is base, with another name for the copy of an archive.
func backupBase(o Opened) string {
	if o.Kind == Archive {
		return base(o) + ".copy"
	}
	return base(o)
}

// nameBackup gives the archive the ending of what it is, if its name is still a proposed one.
func nameBackup(o Opened, v Values) {
	if slices.Contains(endings, strings.TrimPrefix(v["output"], backupBase(o))) {
		v["output"] = backupBase(o) + ending(v["zip"] == On, v["purpose"] == "share", v["encrypt"] != "no")
	}
}

func ending(zip, share, locked bool) string {
	is := archive.CreateOptions{Zip: zip, Share: share}
	if locked {
		is.Encrypt = make([]seal.Recipient, 1)
	}
	return is.Ending()
}

// endings are all that an archive can have.
var endings = func() (out []string) {
	for i := range 8 {
		out = append(out, ending(i&1 != 0, i&2 != 0, i&4 != 0))
	}
	return out
}()

// backupWrites returns the archive or its first volume, and its sidecar.
func backupWrites(_ Opened, v Values) (outputs []string, result string) {
	out := v["output"]
	switch v["pieces"] {
	case "parity":
		return []string{out, out + parity.Suffix}, out
	case "fat32":
		return []string{out, out + ".001"}, out + ".001"
	}
	return []string{out}, out
}
