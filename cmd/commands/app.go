package commands

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/cmd/screen"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/words"
)

// Run runs the program with the given arguments and streams and returns the exit code. bus is where
// phones appear; nil means the computer's serial ports.
func Run(ctx context.Context, args []string, s screen.Streams, bus port.Bus) words.Code {
	u := newUI(s)
	u.bus = bus
	return u.run(ctx, args)
}

// run runs a command line.
func (u *ui) run(ctx context.Context, args []string) words.Code {
	u.Typed = args
	err := u.parse(ctx, args)
	if err == nil && u.work != nil {
		err = u.work()
	}
	if err != nil && ctx.Err() != nil {
		text, hints := words.Interrupted(err)
		u.Fail("interrupted: %s", text)
		u.Hints(hints...)
		return words.ExitInterrupted
	}
	if errors.As(err, new(flags.UsageError)) && flags.WantsJSON(args) {
		u.JSON = true // the command ended before it read --json
	}
	return u.finish(err)
}

// parsing protects the variables of the module cli: commands run at the same time, but their options
// are read one after the other.
var parsing sync.Mutex

// parse reads the command line and sets u.work. It prints the texts of the help itself.
func (u *ui) parse(ctx context.Context, args []string) error {
	parsing.Lock()
	defer parsing.Unlock()
	app := newApp(u)
	ordered, err := flags.Reorder(app, flags.Spelled(app, flags.SwitchesLast(args, 1), words.IsFile))
	if err != nil {
		return err
	}
	return app.RunContext(ctx, ordered)
}

func newApp(u *ui) *cli.App {
	app := &cli.App{
		Name:                   "mtkkit",
		Usage:                  "reads MediaTek phones into dumps, splits dumps into flashable images, and joins them again",
		UsageText:              "mtkkit COMMAND [options] FILE",
		Version:                version(),
		Writer:                 u.Out,
		ErrWriter:              u.Err,
		HideHelpCommand:        true,
		EnableBashCompletion:   true,
		UseShortOptionHandling: false,
		ExitErrHandler:         func(*cli.Context, error) {}, // only Run sets the exit code
		OnUsageError:           flags.Explain,
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return unknownCommand(c.App, c.Args().First())
			}
			return cli.ShowAppHelp(c)
		},
		Commands: []*cli.Command{
			acquireCommand(u), infoCommand(u), listCommand(u), catCommand(u), splitCommand(u),
			joinCommand(u), verifyCommand(u),
			imageCommand(u), gptCommand(u), preloaderCommand(u), daCommand(u), recoveryCommand(u), blocksCommand(u), scatterCommand(u),
			compareCommand(u), explainCommand(u), portsCommand(u), doctorCommand(u), udevCommand(u), backupCommand(u),
			simulateCommand(u), uiCommand(u), versionCommand(u),
		},
	}
	for _, c := range app.Commands {
		prepare(c, c.Name)
	}
	return app
}

// toStdout has the commands for which -o - is standard output.
var toStdout = map[string]bool{"cat": true, "scatter create": true, "scatter convert": true}

// prepare sets what all commands have in common.
func prepare(c *cli.Command, name string) {
	c.OnUsageError = flags.Explain
	c.HideHelpCommand = true
	for _, f := range c.Flags {
		if b, ok := f.(*cli.BoolFlag); ok {
			b.DisableDefaultText = true // a switch is off unless it is given
		}
	}
	if len(c.Subcommands) == 0 {
		c.CustomHelpTemplate = flags.Help(c.Flags)
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
				return usage("mtkkit %s: unknown command %q%s (see mtkkit %s --help)", c.Name, word, words.DidYouMean(word, flags.CommandWords(c.Subcommands)), c.Name)
			}
			return cli.ShowSubcommandHelp(ctx)
		}
	}
}

// refusePipe makes a command refuse -o -.
func refusePipe(c *cli.Command) {
	flags.Check(flags.Find(c.Flags, "output"), func(s string) error {
		if s == source.Stdin {
			return errors.New("cannot be standard output: give the name of a file or a folder")
		}
		return nil
	})
}

func unknownCommand(app *cli.App, name string) error {
	if name == "" {
		return usage("mtkkit: the command is empty (see mtkkit --help)")
	}
	if strings.ContainsAny(name, `/\.`) {
		return usage("mtkkit: there is no command and no file %q (see mtkkit --help)", name)
	}
	return usage("mtkkit: unknown command %q%s (see mtkkit --help)", name, words.DidYouMean(name, flags.CommandWords(app.Commands)))
}
