package form

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/words"
)

// Options of several commands.
const (
	scatterOption = "--scatter"
	boot1Option   = "--boot1"
	keyOption     = "--key"
	outputOption  = "--output"
)

var actions = slices.Concat(dumpActions, archiveActions, checkActions)

// dumpOptions are taken by commands that read a dump.
var dumpOptions = []string{scatterOption, boot1Option, keyOption}

// dumpActions make something of a dump.
var dumpActions = []*Action{
	{
		Name: "backup", Command: []string{"backup", "create"}, Takes: dumpOptions, For: of(Dump, Parts, Archive, Store),
		Fields: backupFields, finish: nameBackup, writes: backupWrites,
	},
	{
		Name: "split", Command: []string{"split"}, Takes: dumpOptions, For: of(Dump, Package, Archive, Store), Pieces: true,
		Fields: slices.Concat(
			patterns, []Field{userdata},
			[]Field{output(Save, beside(".parts"))},
			more([]Field{slot,
				{Name: "trim", Type: Switch, Option: "--trim"},
				{Name: "sparse", Type: Choice, Choices: []Alternative{{"no", nil}, {"one", []string{"--sparse"}}, {"several", []string{"--sparse=4G"}}}},
				platform, guess, force})),
		writes: outputOnly,
	},
	{
		Name: "scatter", Command: []string{"scatter", "create"}, Takes: dumpOptions, For: of(Dump, Parts, Archive, Store),
		Fields: slices.Concat(
			[]Field{{Name: "profile", Type: Choice, Choices: []Alternative{{"firmware", []string{"--profile", "firmware"}}, {"restore", []string{"--profile", "restore"}}}}},
			[]Field{output(Folder, folder)},
			more([]Field{dialect, platform, force})),
		writes: func(_ Opened, v Values) ([]string, string) { return []string{scatterFile(v["output"])}, "" },
	},
	{
		Name: "preloader", Command: []string{"preloader", "fix"}, Own: true,
		For: of(Dump, Parts, Boot),
		Fields: slices.Concat(
			[]Field{{Name: "boot1", Type: Either, Argument: true, Required: true, Default: func(o Opened) string { return o.Boot }}},
			[]Field{output(Save, beside(".preloader"))},
			more([]Field{{Name: "boot2", Type: File, Option: "--boot2"}, {Name: "tail", Type: Switch, Option: "--keep-tail"}, force})),
		writes: outputOnly,
	},
	{
		Name: "recovery", Command: []string{"recovery", "build"}, Always: []string{"--yes", "--explain"}, Takes: dumpOptions,
		For: of(Dump, Parts, Archive, Store),
		Fields: slices.Concat(
			[]Field{{Name: "donor", Type: File, Option: "--donor", Required: true}, {Name: "adb", Type: Switch, Option: "--adb=root"}},
			[]Field{output(Save, beside(".recovery.img"))}),
		writes: recoveryWrites,
	},
	{
		Name: "recovery-of", Command: []string{"recovery", "build"}, Always: []string{"--yes", "--explain"}, For: of(Stock),
		Fields: slices.Concat(
			[]Field{{Name: "donor", Type: File, Option: "--donor", Required: true}, {Name: "phone", Type: Either, Option: "--for"}, {Name: "adb", Type: Switch, Option: "--adb=root"}},
			[]Field{output(Save, beside(".recovery.img"))}),
		writes: recoveryWrites,
	},
	{
		Name: "readback", Command: []string{"scatter", "convert"}, For: of(Table),
		Fields: slices.Concat(
			[]Field{
				{Name: "readback-items", Type: Choice, Choices: []Alternative{{"regions", []string{"--to", "readback"}}, {"rows", []string{"--to", "readback-rows"}}}},
				{Name: "device-size", Type: Text, Option: "--device-size"},
				output(Save, func(o Opened) string { return filepath.Join(folder(o), "readback_ui_bak.xml") }),
			},
			more([]Field{force})),
		writes: outputOnly,
	},
	{
		Name: "join", Command: []string{"join"}, For: of(Parts),
		Fields: slices.Concat(
			[]Field{output(Save, joined)},
			more([]Field{{Name: "region", Type: Text, Option: "--region"}, {Name: "whole-hash", Type: Switch, Option: "--whole-hash"}})),
		writes: withMap,
	},
}

// Fields of several actions.
var (
	patterns = []Field{{Name: "only", Type: Text, Option: "--only"}, {Name: "skip", Type: Text, Option: "--skip"}}
	userdata = Field{Name: "userdata", Type: Choice, Choices: []Alternative{{"full", nil}, {"head", []string{"--userdata", "head"}}, {"skip", []string{"--userdata", "skip"}}}}
	slot     = Field{Name: "slot", Type: Choice, Choices: []Alternative{{"all", nil}, {"a", []string{"--slot", "a"}}, {"b", []string{"--slot", "b"}}}}
	guess    = Field{Name: "guess", Type: Switch, Option: "--accept-guess"}
	force    = Field{Name: "force", Type: Switch, Option: "--force"}
	platform = Field{Name: "platform", Type: Text, Option: "--platform"}
	dialect  = Field{Name: "dialect", Type: Choice, Choices: dialects()}
)

// dialects are those of scatter files; the first is that of the phone.
func dialects() []Alternative {
	out := []Alternative{{"auto", nil}}
	for _, d := range []string{"v1", "list", "v1.1.1", "v1.1.2", "v1.1.8", "v2.1.0", "xml"} {
		out = append(out, Alternative{d, []string{"--dialect", d}})
	}
	return out
}

// more are fields that are folded away at first.
func more(lists ...[]Field) []Field {
	out := slices.Concat(lists...)
	for i := range out {
		out[i].More = true
	}
	return out
}

// output is the field for where to write. It is never empty: the person sees where.
func output(t Type, initial func(Opened) string) Field {
	return Field{Name: "output", Type: t, Option: outputOption, Required: true, Default: initial}
}

func of(kinds ...Kind) func(Opened) bool {
	return func(o Opened) bool { return slices.Contains(kinds, o.Kind) }
}

// Default outputs.

// base returns the path on which default outputs are based: without the endings of archives. For a
// backup in a store, it is beside the store.
func base(o Opened) string {
	path := words.OutputBeside(o.Path, "")
	if ref, err := oci.ParseRef(o.Path); err == nil && ref.Layout != "" {
		return filepath.Join(filepath.Dir(ref.Layout), cmp.Or(ref.Tag, filepath.Base(ref.Layout)))
	}
	for _, ending := range []string{".age", ".zst", ".tar", ".share"} {
		path = strings.TrimSuffix(path, ending)
	}
	return path
}

func beside(ending string) func(Opened) string {
	return func(o Opened) string { return base(o) + ending }
}

func folder(o Opened) string { return filepath.Dir(base(o)) }

func joined(o Opened) string { return strings.TrimSuffix(base(o), ".parts") + ".joined" }

// What is written.

func outputOnly(_ Opened, v Values) ([]string, string) { return []string{v["output"]}, v["output"] }

// withMap also has the file that lists what is not from the phone.
func withMap(_ Opened, v Values) ([]string, string) {
	return []string{v["output"], v["output"] + ".map"}, v["output"]
}

func recoveryWrites(_ Opened, v Values) ([]string, string) {
	out := v["output"]
	return []string{out, strings.TrimSuffix(out, ".img") + ".stock.img"}, out
}

// scatterFile is the scatter file that is written. In a folder, its name depends on the phone; two jobs
// may have the same.
func scatterFile(output string) string {
	if ext := strings.ToLower(filepath.Ext(output)); ext == ".txt" || ext == ".xml" {
		return output
	}
	return filepath.Join(output, "MT_Android_scatter.txt")
}
