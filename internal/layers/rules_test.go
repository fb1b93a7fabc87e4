package layers

import (
	"strings"
	"testing"
	"testing/fstest"
)

// Each small module breaks one rule, or looks as if it did. Without these the test of
// the real module could pass because it sees nothing.
func TestRules(t *testing.T) {
	for _, c := range []struct {
		name, file, text string
		says             string // "" when nothing is wrong
	}{
		{"down", "split/a.go", `import "m/x/flash"`, ""},
		{"two floors down", "cmd/commands/a.go", `import "m/x/gpt"`, ""},
		{"same floor", "scatter/a.go", `import "m/x/gpt"`, "scatter imports gpt: both are on floor 1"},
		{"same floor, in a test", "split/a_test.go", `import "m/x/scatter"`, "both are on floor 1"},
		{"up", "ebr/a.go", `import "m/x/layout"`, "ebr imports layout: floor 1 does not look up to floor 2"},
		{"own package from its external test", "gpt/a_test.go", `import "m/x/gpt"`, ""},
		{"unknown room", "wizard/a.go", ``, "folder wizard is in no list: give it a floor in internal/layers/house_test.go"},
		{"unknown room inside internal", "internal/wizard/a.go", ``, "in no list"},
		{"code in the root", "a.go", ``, "in no list"},
		{"importing an unknown room", "cmd/a.go", `import "m/x/wizard"`, ""}, // its own files complain

		{"subfolder", "acquire/a.go", `import "m/x/acquire/brom"`, ""},
		{"within the subfolder, down", "acquire/da/a.go", `import "m/x/acquire/port"`, ""},
		{"within the subfolder, up", "acquire/port/a.go", `import "m/x/acquire/da"`, "within a room"},
		{"from the subfolder to the room", "acquire/brom/a.go", `import "m/x/acquire"`, "within a room"},
		{"another room's subfolder", "split/a.go", `import "m/x/acquire/port"`, "both are on floor 1"},
		{"two unlisted folders", "layout/one/a.go", `import "m/x/layout/two"`, "within a room"},
		{"an unlisted folder from its room", "layout/a.go", `import "m/x/layout/one"`, ""},

		{"helper in a test", "gpt/a_test.go", `import "m/x/internal/imgtest"`, ""},
		{"helper in a library", "gpt/a.go", `import "m/x/internal/imgtest"`, "it is for tests only"},
		{"helper in the program", "cmd/commands/a.go", `import "m/x/acquire/acquiretest"`, "it is for tests only"},
		{"helper that the program may use", "cmd/commands/sim.go", `import "m/x/acquire/acquiretest"`, ""},
		{"another helper, not an exception", "cmd/commands/sim.go", `import "m/x/flash/flashtest"`, "it is for tests only"},
		{"suite in a test of the lowest floor", "flash/a_test.go", `import "m/x/flash/flashtest"`, ""},
		{"generator", "internal/imgtest/gen/a.go", `import "m/x/internal/imgtest"`, ""},
		{"helper uses a format", "internal/imgtest/a.go", `import "m/x/gpt"`, "a test helper imports only"},
		{"helper's test uses a format", "acquire/acquiretest/a_test.go", `import "m/x/acquire/da"`, ""},

		{"lowest floor, other module", "flash/a.go", `import "golang.org/x/sys/unix"`, "standard library only"},
		{"lowest floor, the system", "disk/a.go", `import "golang.org/x/sys/unix"`, ""},
		{"lowest floor, anything else", "disk/a.go", `import "github.com/x/y"`, "standard library only"},
		{"lowest floor, standard library", "flash/a.go", `import "encoding/json"`, ""},
		{"command line", "report/a.go", `import "github.com/urfave/cli/v2"`, "only cmd knows the command line"},
		{"command line in cmd", "cmd/commands/a.go", `import "github.com/urfave/cli/v2"`, ""},
		{"progress", "acquire/a.go", `import "github.com/schollz/progressbar/v3"`, "only cmd knows the screen"},
		{"serial", "acquire/brom/a.go", `import "go.bug.st/serial"`, "which is for acquire/port"},
		{"serial, below", "acquire/a.go", `import "go.bug.st/serial/enumerator"`, "which is for acquire/port"},
		{"serial in its place", "acquire/port/a.go", `import "go.bug.st/serial"`, ""},

		{"log", "gpt/a.go", `import "log"`, "gpt imports log"},
		{"slog is not log", "acquire/a.go", `import "log/slog"`, ""},
		{"log in the program", "cmd/a.go", `import "log"`, ""},
		{"print", "gpt/a.go", "import \"fmt\"\nfunc f() { fmt.Printf(\"\") }", "gpt uses fmt.Printf"},
		{"print by another name", "gpt/a.go", "import f \"fmt\"\nfunc g() { f.Println() }", "gpt uses fmt.Println"},
		{"format", "gpt/a.go", "import \"fmt\"\nfunc f() { _ = fmt.Sprintf(\"\") }", ""},
		{"print in a test", "gpt/a_test.go", "import \"fmt\"\nfunc f() { fmt.Println() }", ""},
		{"print in an example", "gpt/example_test.go", "import \"fmt\"\nfunc Example() { fmt.Println() }", ""},
		{"screen as a value", "report/a.go", "import \"os\"\nvar w = os.Stdout", "report uses os.Stdout"},
		{"exit", "split/a.go", "import \"os\"\nfunc f() { os.Exit(1) }", "split uses os.Exit"},
		{"exit in the program", "cmd/commands/a.go", "import \"os\"\nfunc f() { os.Exit(1) }", ""},
		{"builtin", "split/a.go", "func f() { println() }", "split calls println"},
		{"a method called print", "split/a.go", "type t struct{}\nfunc (t) print() {}\nfunc f() { t{}.print() }", ""},

		{"option", "split/a.go", "const a = `choose --force`", "split names \"--force\""},
		{"option first", "acquire/host/a.go", "const a = \"--platform\"", "acquire/host names \"--platform\""},
		{"option behind a bracket", "layout/a.go", "const a = \"again (--Full)\"", "layout names \"--Full\""},
		{"option in a format", "split/a.go", "func f(s string) string { return s + \"%s --key FILE\" }", "split names \"--key\""},
		{"short option", "acquire/a.go", "const a = \"choose another with -o\"", "acquire names \"-o\""},
		{"short option in front", "acquire/a.go", "const a = \"-o FOLDER names it\"", "acquire names \"-o\""},
		{"command", "source/a.go", "const a = \"as mtkkit backup tags lists them\"", "source names \"mtkkit backup\""},
		{"command behind a line", "source/a.go", "const a = \"see\\nmtkkit udev\"", "source names \"mtkkit udev\""},
		{"command of a helper", "acquire/acquiretest/a.go", "const a = \"mtkkit simulate\"", "acquire/acquiretest names"},
		{"command and option, both once", "split/a.go", "const a = \"mtkkit split --force\"", "split names \"--force\""},
		{"the program's name", "split/a.go", "const a = \"not a file that mtkkit wrote\"", ""},
		{"another program's name", "split/a.go", "const a = \"not-mtkkit splitting, mtkkitsplit\"", ""},
		{"dashes", "split/a.go", "const a = \"a -- b, ---a, x--y, 1--2, --1, pre-o, -5\"", ""},
		{"import path and tag", "split/a.go", "import \"m/x/flash\"\ntype t struct{ A int `json:\"a-b,omitempty\"` }", ""},
		{"option in a comment", "split/a.go", "// --force is the program's word\nconst a = 1", ""},
		{"option in a test", "split/a_test.go", "const a = \"--force\"", ""},
		{"option in words", "words/a.go", "const a = \"mtkkit split --force -o\"", ""},
		{"words print nothing", "words/a.go", "import \"fmt\"\nfunc f() { fmt.Println() }", "words uses fmt.Println"},
		{"words see no command line", "words/a.go", `import "m/x/cmd/flags"`, "does not look up"},
		{"screen sees the command line", "cmd/screen/a.go", `import "m/x/cmd/flags"`, ""},
		{"screen sees no command", "cmd/screen/a.go", `import "m/x/cmd/mtkkit"`, "within a room"},
		{"option in cmd", "cmd/commands/a.go", "const a = \"mtkkit split --force -o\"", ""},
		{"another program's option", "acquire/host/check.go", "const a = \"usbipd --auto-attach\"", ""},
		{"beside another program's option", "acquire/host/check.go", "const a = \"usbipd --auto-attach, or --da\"", "acquire/host names \"--da\""},
		{"another program's option elsewhere", "acquire/host/other.go", "const a = \"usbipd --auto-attach\"", "names \"--auto-attach\""},

		{"long file", "gpt/a.go", strings.Repeat("\n", maxLines), "split the file by concept"},
		{"long test", "gpt/a_test.go", strings.Repeat("\n", maxLines), ""},
		{"samples", "gpt/testdata/a.go", `import "m/x/cmd"`, ""},
		{"hidden", ".ci/a.go", `import "m/x/cmd"`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := violations(t, fstest.MapFS{
				"go.mod": {Data: []byte("module m/x\n\ngo 1.26\n")},
				c.file:   {Data: []byte("package p\n" + c.text)},
			})

			switch {
			case c.says == "" && len(got) > 0:
				t.Errorf("found %q where nothing is wrong", got)
			case c.says != "" && (len(got) != 1 || !strings.Contains(got[0], c.says) || !strings.HasPrefix(got[0], c.file+":")):
				t.Errorf("found %q, want one about %q", got, c.says)
			}
		})
	}
}

// A module of its own inside the tree is not ours to judge.
func TestOtherModule(t *testing.T) {
	got := violations(t, fstest.MapFS{
		"go.mod":       {Data: []byte("module m/x\n")},
		"tool/go.mod":  {Data: []byte("module m/tool\n")},
		"tool/main.go": {Data: []byte("package main\nimport \"m/x/cmd\"")},
	})
	if len(got) > 0 {
		t.Errorf("found %q in another module", got)
	}
}
