package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/source"
)

// The exit codes, the same for every command. Scripts rely on them: 0 is only given
// when everything asked for is there and verified.
const (
	exitOK          = 0
	exitFailed      = 1   // failed, unreadable, or a verification that does not hold
	exitUsage       = 2   // the command line makes no sense
	exitProblems    = 3   // done, with warnings or errors to read
	exitPhone       = 4   // the phone or its port
	exitRefused     = 5   // refused for safety, nothing was written
	exitInterrupted = 130 // Ctrl-C
)

// run is the whole program with its streams passed in; it returns the exit code.
func run(ctx context.Context, args []string, s streams) int {
	u := newUI(s)
	u.words = args
	app := newApp(u)
	ordered, err := reorder(app, spelled(app, switchesLast(args, 1), isFile))
	if err == nil {
		err = app.RunContext(ctx, ordered)
	}
	if err != nil && ctx.Err() != nil {
		u.fail("interrupted: %s", afterInterrupt(err))
		var s stopped
		if errors.As(err, &s) {
			u.hints(s.hints...)
		}
		return exitInterrupted
	}
	if errors.As(err, new(usageError)) && wantsJSON(args) {
		u.json = true // the command did not come as far as that
	}
	return u.finish(err)
}

// isFile reports whether something of that name is on the disk.
func isFile(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// afterInterrupt says what Ctrl-C left.
func afterInterrupt(err error) string {
	if errors.As(err, new(stopped)) {
		return "what was read is on the disk"
	}
	if goesOn(err) {
		return "nothing that is left looks finished, and the same command goes on from there"
	}
	return "nothing unfinished is left behind"
}

func newApp(u *ui) *cli.App {
	app := &cli.App{
		Name:                   "mtkkit",
		Usage:                  "saves MediaTek phones: full dumps into flashable images, and back",
		UsageText:              "mtkkit COMMAND [options] FILE",
		Version:                version(),
		Writer:                 u.out,
		ErrWriter:              u.err,
		HideHelpCommand:        true,
		EnableBashCompletion:   true,
		UseShortOptionHandling: false,
		ExitErrHandler:         func(*cli.Context, error) {}, // run decides, once
		OnUsageError:           usageOf,
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return unknownCommand(c.App, c.Args().First())
			}
			return cli.ShowAppHelp(c)
		},
		Commands: []*cli.Command{
			acquireCommand(u), infoCommand(u), listCommand(u), catCommand(u), splitCommand(u),
			joinCommand(u), verifyCommand(u),
			imageCommand(u), gptCommand(u), preloaderCommand(u), recoveryCommand(u), blocksCommand(u), scatterCommand(u),
			explainCommand(u), portsCommand(u), doctorCommand(u), udevCommand(u), backupCommand(u),
			simulateCommand(u), versionCommand(u),
		},
	}
	cli.VersionPrinter = printVersion
	for _, c := range app.Commands {
		prepare(c, c.Name)
	}
	return app
}

// toStdout are the commands that take - for standard output.
var toStdout = map[string]bool{"cat": true, "scatter create": true, "scatter convert": true}

// prepare gives every command what all have in common.
func prepare(c *cli.Command, name string) {
	c.OnUsageError = usageOf
	c.HideHelpCommand = true
	for _, f := range c.Flags {
		if b, ok := f.(*cli.BoolFlag); ok {
			b.DisableDefaultText = true // a switch is off unless it is given
		}
	}
	if len(c.Subcommands) == 0 {
		c.CustomHelpTemplate = helpTemplate + optionsHelp(c.Flags)
	}
	if !toStdout[name] {
		refusePipe(c)
	}
	for _, sub := range c.Subcommands {
		prepare(sub, name+" "+sub.Name)
	}
	if len(c.Subcommands) > 0 {
		c.Action = func(ctx *cli.Context) error {
			if ctx.Args().Present() {
				word := ctx.Args().First()
				return usage("mtkkit %s: unknown command %q%s (see mtkkit %s --help)", c.Name, word, didYouMean(word, commandWords(c.Subcommands)), c.Name)
			}
			return cli.ShowSubcommandHelp(ctx)
		}
	}
}

// refusePipe refuses - as the output of a command.
func refusePipe(c *cli.Command) {
	f, ok := findFlag(c.Flags, "output").(*cli.GenericFlag)
	if !ok {
		refusePipeOld(c)
		return
	}
	v := f.Value.(*value)
	set := v.set
	v.set = func(s string) error {
		if s == source.Stdin {
			return errors.New("it writes to no pipe: -o is the name of a file or a folder")
		}
		return set(s)
	}
}

func usage(format string, a ...any) error { return usageError{text: fmt.Sprintf(format, a...)} }

// usageHelp is usage that names the help of the command.
func usageHelp(format string, a ...any) error {
	return usageError{text: fmt.Sprintf(format, a...), help: true}
}

func usageOf(c *cli.Context, err error, _ bool) error {
	name := commandName(c)
	text := err.Error()
	if word, unknown := strings.CutPrefix(text, "flag provided but not defined: -"); unknown {
		text = "unknown option " + dashed(word)
		if c.Command != nil {
			text += didYouMean("--"+word, optionWords(c.Command.Flags))
		}
	} else if m := badValue.FindStringSubmatch(text); m != nil {
		text = fmt.Sprintf("option %s: %s", dashed(m[2]), m[3])
		if strings.HasPrefix(m[3], "is ") { // the words of our own options
			text = typed(m[2]) + " " + m[3]
		}
		if strings.HasSuffix(text, "parse error") || strings.HasPrefix(m[3], "strconv.") {
			text = fmt.Sprintf("option %s does not take %s", dashed(m[2]), m[1])
		}
	}
	return usage("%s: %s (see %s --help)", name, text, name)
}

// badValue is how the command-line library says that an option does not take a value.
var badValue = regexp.MustCompile(`(?s)^invalid (?:boolean )?value (".*") for (?:flag )?-(\S+): (.*)$`)

// typed is an option as it is typed with its value, where that may be left out: --sparse=4G is
// read as --sparse-size.
func typed(name string) string {
	if base, size := strings.CutSuffix(name, "-size"); size && base == "sparse" {
		return "--" + base + "=SIZE"
	}
	return dashed(name)
}

// dashed is an option as it is typed.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

func unknownCommand(app *cli.App, name string) error {
	if name == "" {
		return usage("mtkkit: the command is empty (see mtkkit --help)")
	}
	if strings.ContainsAny(name, `/\.`) {
		return usage("mtkkit: there is no command and no file %q (see mtkkit --help)", name)
	}
	return usage("mtkkit: unknown command %q%s (see mtkkit --help)", name, didYouMean(name, commandWords(app.Commands)))
}

// commandName is what the user typed to get here: "mtkkit gpt repair".
func commandName(c *cli.Context) string {
	if c.Command == nil || c.Command.HelpName == "" {
		return "mtkkit"
	}
	return c.Command.HelpName
}

// oneFile checks that exactly one file is named.
func oneFile(c *cli.Context, what string) (string, error) {
	name := commandName(c)
	switch {
	case c.NArg() == 0:
		return "", usage("%s: which %s? (see %s --help)", name, what, name)
	case c.NArg() > 1:
		return "", usage("%s: one %s at a time, not %q", name, what, c.Args().Slice())
	case c.IsSet("output") && c.String("output") == "":
		return "", usage("%s: -o is given without a name", name)
	}
	return c.Args().First(), nil
}

// reorder puts the options of a command before its files, wherever they were typed:
// the command-line library stops looking for options at the first file.
func reorder(app *cli.App, args []string) ([]string, error) {
	if len(args) < 2 {
		return args, nil
	}
	head, rest, flags, commands := commandIn(app, args)
	if len(head) > 1 && len(commands) > 0 && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		return append(head, "--", rest[0]), nil // no command: its options are nobody's
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
		f := findFlag(flags, name)
		if f == nil && a[1] >= '0' && a[1] <= '9' { // a negative number: mtkkit explain -1073545198
			files = append(files, a)
			continue
		}
		if f != nil && hasValue && !takesValue(f) && findFlag(flags, name+"-size") != nil && !isBool(value) {
			// Nor does it know values that may be left out: --sparse, --sparse=4G.
			options = append(options, "--"+name, "--"+name+"-size="+value)
			continue
		}
		options = append(options, a)
		if f != nil && !hasValue && takesValue(f) {
			if len(rest) == 0 {
				return nil, usage("mtkkit %s: option %s needs a value", strings.Join(head[1:], " "), a)
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

// commandIn takes the words of the command from the front of args. What is left are its
// options and files; commands are those that a word of a group may still name.
func commandIn(app *cli.App, args []string) (head, rest []string, flags []cli.Flag, commands []*cli.Command) {
	head, rest, flags, commands = []string{args[0]}, args[1:], app.Flags, app.Commands
	for len(rest) > 0 {
		i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(rest[0]) })
		if i < 0 {
			break
		}
		head, rest, flags, commands = append(head, rest[0]), rest[1:], commands[i].Flags, commands[i].Subcommands
		if len(commands) > 0 {
			rest = switchesLast(rest, 0)
		}
	}
	return head, rest, flags, commands
}

// isBool knows the two words for a switch; 0 and 1 are numbers, of bytes for instance.
func isBool(s string) bool { return s == "true" || s == "false" }

func findFlag(flags []cli.Flag, name string) cli.Flag {
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

// errProblems carries nothing but the exit code for "done, but read this".
var errProblems = errors.New("done, with problems")
