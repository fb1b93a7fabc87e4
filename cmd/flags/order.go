package flags

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Spelled turns other ways to ask for help, for the version and about a file into commands that exist:
// "help COMMAND", "--version --json", and a file alone (a file that was dropped on the program).
func Spelled(app *cli.App, args []string, isFile func(string) bool) []string {
	if len(args) < 2 {
		return args
	}
	known := slices.ContainsFunc(app.Commands, func(c *cli.Command) bool { return c.HasName(args[1]) })
	switch word := args[1]; {
	case (word == "--version" || word == "-v") && WantsJSON(args):
		return append(slices.Concat(args[:1], []string{"version"}), args[2:]...)
	case known || strings.HasPrefix(word, "-"):
	case word == "help":
		return append(slices.Concat(args[:1], args[2:]), "--help")
	case isFile(word):
		return slices.Concat(args[:1], []string{"info"}, args[1:])
	}
	return args
}

// SwitchesLast moves the common switches that are at args[at], where the name of a command is expected,
// behind that name.
func SwitchesLast(args []string, at int) []string {
	n := at
	for n < len(args) && (args[n] == "--json" || args[n] == "--quiet" || args[n] == "-q") {
		n++
	}
	if n == at || n == len(args) {
		return args
	}
	return slices.Concat(args[:at], args[n:n+1], args[at:n], args[n+1:])
}

// WantsJSON reports whether the arguments ask for a JSON document, even if they have usage errors.
func WantsJSON(args []string) bool {
	for _, a := range args[min(1, len(args)):] {
		if a == "--" {
			return false
		}
		name, value, _ := strings.Cut(strings.TrimLeft(a, "-"), "=")
		if strings.HasPrefix(a, "-") && name == "json" {
			return value != "false"
		}
	}
	return false
}

// Reorder puts the options of a command before its files, because urfave/cli looks for options only
// before the first file. It returns a usage error if the value of the last option is missing.
func Reorder(app *cli.App, args []string) ([]string, error) {
	if len(args) < 2 {
		return args, nil
	}
	head, rest, flags, commands := commandIn(app, args)
	if len(head) > 1 && len(commands) > 0 && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		return append(head, "--", rest[0]), nil // not a command: its options cannot be checked
	}
	if len(head) == 1 {
		return args, nil
	}
	var options, files []string
	for len(rest) > 0 {
		a := rest[0]
		rest = rest[1:]
		if a == "--" {
			files = append(files, rest...)
			break
		}
		if len(a) < 2 || a[0] != '-' {
			files = append(files, a)
			continue
		}
		name, value, hasValue := strings.Cut(strings.TrimLeft(a, "-"), "=")
		f := Find(flags, name)
		if f == nil && a[1] >= '0' && a[1] <= '9' { // a negative number: mtkkit explain -1073545198
			files = append(files, a)
			continue
		}
		if f != nil && hasValue && !takesValue(f) && Find(flags, name+"-size") != nil && !isBool(value) {
			// urfave/cli has no values that may be left out: --sparse, --sparse=4G.
			options = append(options, "--"+name, "--"+name+"-size="+value)
			continue
		}
		options = append(options, a)
		if f != nil && !hasValue && takesValue(f) {
			if len(rest) == 0 {
				return nil, Usage("mtkkit %s: option %s needs a value", strings.Join(head[1:], " "), a)
			}
			options, rest = append(options, rest[0]), rest[1:]
		}
	}
	head = append(head, options...)
	if len(files) > 0 {
		head = append(append(head, "--"), files...)
	}
	return head, nil
}

// commandIn splits args: head has the program and the names of the command, rest its options and files.
// flags are the options of that command, commands its subcommands.
func commandIn(app *cli.App, args []string) (head, rest []string, flags []cli.Flag, commands []*cli.Command) {
	head, rest, flags, commands = []string{args[0]}, args[1:], app.Flags, app.Commands
	for len(rest) > 0 {
		i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(rest[0]) })
		if i < 0 {
			break
		}
		head, rest, flags, commands = append(head, rest[0]), rest[1:], commands[i].Flags, commands[i].Subcommands
		if len(commands) > 0 {
			rest = SwitchesLast(rest, 0)
		}
	}
	return head, rest, flags, commands
}

// isBool reports whether s is the value of a switch. 0 and 1 are not: they may be numbers of bytes.
func isBool(s string) bool { return s == "true" || s == "false" }

// Find returns the option with a name, nil if there is none.
func Find(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

func takesValue(f cli.Flag) bool {
	d, ok := f.(cli.DocGenerationFlag)
	return ok && d.TakesValue()
}
