package proofs

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/mtkkit/mtkkit/words"
)

var update = flag.Bool("update", false, "write the tables of testdata")

// verdict is a command on a form, and what its exit code 0 claims.
type verdict struct {
	name string
	args func(in, dir string) []string
	only func(in string) bool // forms that it takes; nil for all
	near bool                 // it is run for forms that are read like others, too
	all  bool                 // it copies or proves every byte, so that 0 on a damaged input is a lie
}

func isStore(in string) bool    { return strings.HasPrefix(in, "oci:") || isRegistry(in) }
func isRegistry(in string) bool { return strings.HasPrefix(in, "127.0.0.1:") }
func isFolder(in string) bool   { st, err := os.Stat(in); return err == nil && st.IsDir() }
func isArchive(in string) bool {
	return strings.HasSuffix(in, ".tar.zst") || strings.HasSuffix(in, ".age") || strings.HasSuffix(in, ".archive.zip")
}

var verdicts = []verdict{
	{name: "info", near: true, args: func(in, _ string) []string { return []string{"info", in} }},
	{name: "list", args: func(in, _ string) []string { return []string{"list", in} }},
	{name: "cat", args: func(in, dir string) []string { return []string{"cat", in, "boot", "-o", filepath.Join(dir, "boot")} }},
	{name: "split", near: true, all: true, args: func(in, dir string) []string {
		return []string{"split", in, "-o", filepath.Join(dir, "split")}
	}},
	{name: "join", all: true, only: isFolder, args: func(in, dir string) []string { return []string{"join", in, "-o", filepath.Join(dir, "joined")} }},
	{name: "verify", near: true, all: true, args: func(in, _ string) []string { return []string{"verify", in} }},
	{name: "backup-verify", near: true, all: true, only: func(in string) bool { return isStore(in) || isArchive(in) }, args: func(in, _ string) []string { return []string{"backup", "verify", in} }},
	{name: "create", all: true, args: func(in, dir string) []string {
		return []string{"backup", "create", in, "-o", filepath.Join(dir, "again.tar.zst")}
	}},
	{name: "restore", near: true, all: true, only: isArchive, args: func(in, dir string) []string {
		return []string{"backup", "restore", in, "--no-sync", "-o", filepath.Join(dir, "restored")}
	}},
	{name: "parts", near: true, all: true, only: isArchive, args: func(in, dir string) []string {
		return []string{"backup", "restore", in, "--no-sync", "--parts", "-o", filepath.Join(dir, "parts")}
	}},
	{name: "push", all: true, args: func(in, dir string) []string {
		return []string{"backup", "push", in, "oci:" + filepath.Join(dir, "other") + ":t"}
	}},
	{name: "pull", all: true, only: isStore, args: func(in, dir string) []string {
		return []string{"backup", "pull", in, "-o", filepath.Join(dir, "pulled")}
	}},
	{name: "pull-dump", all: true, only: isStore, args: func(in, dir string) []string {
		return []string{"backup", "pull", in, "--dump", "-o", filepath.Join(dir, "pulled.dump")}
	}},
	{name: "diff", args: func(in, dir string) []string { return []string{"backup", "diff", in, in} }},
}

// notCompared is in the output of a command that says which bytes it did not compare.
const notCompared = "not compared"

// The sound input: a parts folder, a dump folder, and a folder with a backup of the parts.
var (
	goodParts, goodDump content
	goodPlace           string
)

func TestVerdictsAgree(t *testing.T) {
	top := t.TempDir()
	rom, parts := filepath.Join(top, "ROM_1"), filepath.Join(top, "parts")
	makeDump(t, rom)
	must(t, "split", rom, "-o", parts)
	goodPlace = filepath.Join(top, "place")
	must(t, "backup", "push", parts, "oci:"+goodPlace+":t")
	goodParts = readContent(t, parts)
	goodDump = readContent(t, makeDumpFolder(t, top, rom))
	for _, f := range forms() {
		t.Run(f.name, func(t *testing.T) {
			table := f.table(t)
			golden := filepath.Join("testdata", f.name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(table), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if table != string(want) {
				t.Errorf("got\n%s\nwant\n%s", table, want)
			}
		})
	}
}

// table runs all commands on all damages of a form.
func (f form) table(t *testing.T) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	fmt.Fprint(w, "damage")
	for _, v := range verdicts {
		fmt.Fprint(w, "\t", v.name)
	}
	fmt.Fprintln(w)
	good := goodParts
	if on = ofParts; f.dump {
		on, good = ofDump, goodDump
	}
	for _, d := range damages {
		if d.parts && f.dump {
			continue
		}
		fmt.Fprint(w, d.name)
		dir := t.TempDir()
		c := good.clone()
		d.do(c)
		in, ok := f.make(t, dir, c)
		for _, v := range verdicts {
			cell := "-"
			if ok && (v.near || !f.near) && (v.only == nil && !isRegistry(in) || v.only != nil && v.only(in)) {
				cell = f.judge(t, &d, &v, in, dir)
			}
			fmt.Fprint(w, "\t", cell)
		}
		fmt.Fprintln(w)
		os.RemoveAll(dir)
	}
	w.Flush()
	return b.String()
}

// judge runs one command and holds its exit code against the rule. The cell has a dash behind a 0 if
// the command says that it did not compare.
func (f form) judge(t *testing.T, d *damage, v *verdict, in, dir string) string {
	args := v.args(in, dir)
	if isRegistry(in) {
		args = append(args, "--plain-http")
	}
	if f.locked {
		args = append(args, "--key", filepath.Join(dir, "key"))
	}
	code, said := call(args...)
	cell := fmt.Sprint(int(code))
	told := strings.Contains(said, notCompared)
	if code == words.ExitOK && told {
		cell += "*"
	}
	switch {
	case d.sound && code != words.ExitOK:
		t.Errorf("%s, sound: %s ends with %d\n%s", f.name, v.name, code, said)
	case !d.sound && !(d.sums && f.dump) && code == words.ExitOK && v.all:
		t.Errorf("%s, %s: %s ends with 0\n%s", f.name, d.name, v.name, said)
	case code == words.ExitUsage:
		t.Errorf("%s, %s: %s is wrong usage\n%s", f.name, d.name, v.name, said)
	case code < words.ExitOK || strings.Contains(said, "panic"):
		t.Errorf("%s, %s: %s: %s", f.name, d.name, v.name, said)
	}
	return cell
}
