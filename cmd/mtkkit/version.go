package main

import (
	"fmt"
	"runtime/debug"

	"github.com/urfave/cli/v2"
)

// versionCommand says the version; mtkkit --version says the same.
func versionCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:   "version",
		Usage:  "the version of this program",
		Hidden: true, // the help has --version
		Flags:  []cli.Flag{jsonFlag(), quietFlag()},
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usage("mtkkit version: it takes no file, not %q (see mtkkit --help)", c.Args().First())
			}
			if u.json = c.Bool("json"); u.json {
				return u.document(versionDoc{"mtkkit.version/1", version()})
			}
			u.say("mtkkit %s", version())
			return nil
		},
	}
}

// versionDoc is the JSON document of version.
type versionDoc struct {
	Schema  string `json:"schema"`
	Version string `json:"version"`
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
