package commands

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
)

// versionCommand prints the version, as mtkkit --version does.
func versionCommand(u *ui) *cli.Command {
	o := newDisplay()
	return &cli.Command{
		Name:   "version",
		Usage:  "print the version",
		Hidden: true, // the help has --version
		Flags:  flags.Of(nil, o.still()),
		Action: u.does(&o, func(_ context.Context, args []string) error {
			if err := flags.None(args, "it takes no arguments"); err != nil {
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

// The module cli has one printer for all programs.
func init() { cli.VersionPrinter = printVersion }

func printVersion(c *cli.Context) { fmt.Fprintln(c.App.Writer, "mtkkit", c.App.Version) }

// version returns the version of the module, as the Go toolchain recorded it.
func version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	return "development version"
}

// tool returns the program's name and version, for manifests and documents.
func tool() string { return "mtkkit " + version() }
