package commands

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
)

// versionCommand says the version; mtkkit --version says the same.
func versionCommand(u *ui) *cli.Command {
	o := newDisplay()
	return &cli.Command{
		Name:   "version",
		Usage:  "the version of this program",
		Hidden: true, // the help has --version
		Flags:  flags.Of(nil, o.still()),
		Action: u.does(&o, func(_ context.Context, args []string) error {
			if err := flags.None(args, "it takes no file"); err != nil {
				return err
			}
			if u.JSON {
				return u.Document(document.Version{Version: version()})
			}
			u.Say("mtkkit %s", version())
			return nil
		}),
	}
}

func printVersion(c *cli.Context) { fmt.Fprintln(c.App.Writer, "mtkkit", c.App.Version) }

// version is the module's, as the Go toolchain recorded it.
func version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	return "development version"
}

// tool is the program's name and version, for records.
func tool() string { return "mtkkit " + version() }
