package commands

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/words"
)

// leaves are the commands that do something, with their words.
func leaves(list []*cli.Command, words ...string) map[string]*cli.Command {
	out := map[string]*cli.Command{}
	for _, c := range list {
		path := append(slices.Clone(words), c.Name)
		if len(c.Subcommands) == 0 {
			out[strings.Join(path, " ")] = c
		}
		maps.Copy(out, leaves(c.Subcommands, path...))
	}
	return out
}

func helpOf(t *testing.T, command string) string {
	t.Helper()
	var out, errs bytes.Buffer
	args := append(append([]string{"mtkkit"}, strings.Fields(command)...), "--help")
	if code := Run(t.Context(), args, screen.Streams{In: strings.NewReader(""), Out: &out, Err: &errs}, nil); code != words.ExitOK {
		t.Fatalf("%s: exit %d: %s", command, code, &errs)
	}
	return out.String()
}

// The help of a command shows at most six options first, then the flags.Groups in their order, and
// every option once.
func TestHelp(t *testing.T) {
	app := newApp(newUI(screen.Streams{Out: new(bytes.Buffer), Err: new(bytes.Buffer)}))
	for name, c := range leaves(app.Commands) {
		text := helpOf(t, name)
		if strings.Contains(text, "(default: false)") {
			t.Errorf("%s: a switch has a default", name)
		}
		_, options, _ := strings.Cut(text, "\nOPTIONS:\n")
		var headings []flags.Group
		count := map[flags.Group]int{}
		for line := range strings.SplitSeq(options, "\n") {
			line = strings.TrimSpace(line)
			switch heading, is := strings.CutSuffix(line, ":"); {
			case is && slices.Contains(flags.Groups, flags.Group(heading)):
				headings = append(headings, flags.Group(heading))
			case strings.HasPrefix(line, "-") && len(headings) == 0:
				count[""]++
			case strings.HasPrefix(line, "-"):
				count[headings[len(headings)-1]]++
			case line != "":
				t.Errorf("%s: a line that is neither an option nor a heading: %q", name, line)
			}
		}
		want := slices.DeleteFunc(slices.Clone(flags.Groups), func(g flags.Group) bool { return g == "" || count[g] == 0 })
		if !slices.Equal(headings, want) {
			t.Errorf("%s: headings %q, want %q", name, headings, want)
		}
		for _, f := range c.Flags {
			if flags.Hidden(f) {
				continue
			}
			if n := strings.Count(options, "   --"+f.Names()[0]+" ") + strings.Count(options, "   --"+f.Names()[0]+","); n != 1 {
				t.Errorf("%s: --%s is shown %d times", name, f.Names()[0], n)
			}
		}
		if slices.ContainsFunc(c.Flags, func(f cli.Flag) bool { return flags.GroupOf(f) != "" }) && count[""] > 6 {
			t.Errorf("%s: %d options come first, at most 6 are wanted", name, count[""])
		}
	}
}

func TestHelpText(t *testing.T) {
	const want = `NAME:
   mtkkit gpt repair - write the repaired primary and backup table as files; the dump is never changed

USAGE:
   mtkkit gpt repair [command options] ROM_1

OPTIONS:
   --output FOLDER, -o FOLDER  FOLDER to write to (default: the dump's name with .tables)
   --force, -f                 replace what an earlier run wrote to the folder, if nobody changed it; it stays until the new files are whole

   Input:
   --tmp FOLDER  FOLDER where a compressed dump is unpacked

   Display:
   --json          print one JSON document on standard output
   --quiet, -q     do not print notes and progress; warnings and errors are still printed
   --progress HOW  HOW to show progress: auto, plain, json or none (default: auto)
   --help, -h      show help
`
	if got := helpOf(t, "gpt repair"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
