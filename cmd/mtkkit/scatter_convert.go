package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/capture"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

func scatterConvertCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "convert",
		Usage:     "the same in another dialect, or as a script for sfdisk or sgdisk, or as fstab lines",
		ArgsUsage: "FILE (a scatter file, or a list that --table takes; for sfdisk, sgdisk and fstab also a dump)",
		Description: "What the target cannot say is listed, and exit code 3 says that something was. Into its own\n" +
			"dialect a file is copied byte for byte. The scripts only describe a table; mtkkit runs nothing.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "to", Usage: "`DIALECT`: v1, list, v1.1.1, v1.1.2, v1.1.8, v2.1.0, xml; or sfdisk, sgdisk, fstab"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FILE` to write (default: standard output)"},
			deviceSizeFlag(),
			&cli.StringFlag{Name: "by-name", Value: "/dev/block/by-name", Usage: "`FOLDER` of the links in fstab lines"},
			&cli.BoolFlag{Name: "force", Aliases: []string{"f"}, Usage: "replace a file that mtkkit wrote earlier"},
		}, dumpFlags()...),
		Action: func(c *cli.Context) error {
			path, err := oneOld(c, u, "file")
			if err != nil {
				return err
			}
			if u.json {
				return usage("mtkkit scatter convert: there is no --json, the converted file is the result")
			}
			text, problems, err := converted(c, u, path)
			if err != nil {
				return err
			}
			if err := writeText(u, c.String("output"), inputs(c, path), c.Bool("force"), text, listsOf(c, path)); err != nil {
				return err
			}
			u.problems(problems)
			if out := c.String("output"); out != "" && out != "-" {
				u.say("%s: %s as %s", out, path, c.String("to"))
			}
			return verdict(problems)
		},
	}
}

// listsOf are the lists that the file can be converted to, where it is a file that can.
func listsOf(c *cli.Context, path string) [][]byte {
	if !c.Bool("force") {
		return nil
	}
	if list, err := openList(path); list != nil && err == nil {
		if made, err := fromList(path, list, scatter.Facts{Profile: scatter.Firmware}); err == nil {
			return scatter.Build(made.Spec).Lists()
		}
		return nil
	}
	if f, err := openTable(c, path); err == nil {
		return f.Lists()
	}
	return nil
}

// converted is the text that is asked for.
func converted(c *cli.Context, u *ui, path string) ([]byte, []flash.Problem, error) {
	switch to := strings.ToLower(c.String("to")); to {
	case "":
		return nil, nil, usage("mtkkit scatter convert: --to which dialect? (see mtkkit scatter convert --help)")
	case "sfdisk", "sgdisk", "fstab":
		s, problems, err := scriptOf(c, u, path)
		if err != nil {
			return nil, nil, err
		}
		write := map[string]func() (string, []flash.Problem){"sfdisk": s.Sfdisk, "sgdisk": s.Sgdisk, "fstab": s.Fstab}
		text, more := write[to]()
		return []byte(text), append(problems, more...), nil
	}
	to, err := parseDialect(c.String("to"))
	if err != nil {
		return nil, nil, err
	}
	if err := checkChip(c.String("platform")); err != nil {
		return nil, nil, err
	}
	if list, err := openList(path); list != nil || err != nil {
		return convertedList(c, path, list, to, err)
	}
	f, err := openTable(c, path)
	if err != nil {
		return nil, nil, err
	}
	if p := c.String("platform"); p != "" && f.Info.Platform == "" {
		f.Info.Platform = strings.ToUpper(p) // lists do not say
	}
	out, problems := scatter.Convert(f, to)
	if out == nil {
		u.problems(problems)
		return nil, nil, fmt.Errorf("%s: cannot be written as %s", path, to)
	}
	if to != f.Dialect {
		out = out.Signed("mtkkit")
	}
	return out.Encode(), problems, nil
}

// convertedList is a list that is no scatter file in a dialect of those.
func convertedList(c *cli.Context, path string, list *capture.Capture, to scatter.Dialect, err error) ([]byte, []flash.Problem, error) {
	if err != nil {
		return nil, nil, err
	}
	facts := scatter.Facts{Dialect: to, Platform: strings.ToUpper(c.String("platform")), Profile: scatter.Firmware}
	if facts.DeviceSize, err = deviceSize(c); err != nil {
		return nil, nil, err
	}
	made, err := fromList(path, list, facts)
	if err != nil {
		return nil, nil, err
	}
	return scatter.Build(made.Spec).Signed("mtkkit").Encode(), made.Problems, nil
}

// scriptOf finds the table of a scatter file or a dump.
func scriptOf(c *cli.Context, u *ui, path string) (scatter.Script, []flash.Problem, error) {
	s := scatter.Script{Source: "written by mtkkit from " + filepath.Base(path), ByName: c.String("by-name")}
	size, err := deviceSize(c)
	if err != nil {
		return s, nil, err
	}
	s.DeviceSize = size
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return scriptOfDump(c, u, path, s)
	}
	if list, err := openList(path); list != nil || err != nil {
		if err == nil {
			s.Table, s.Storage = list.Table, listStorage(list.Table)
			s.DeviceSize = cmp.Or(size, list.Table.DeviceSize)
			return s, list.Table.Problems, nil
		}
		return s, nil, err
	}
	f, err := openTable(c, path)
	if err == nil {
		s.Storage = f.Info.Storage
		s.Table = f.Table(s.DeviceSize)
		return s, s.Table.Problems, nil
	}
	if !errors.Is(err, flash.ErrNotThis) {
		return s, nil, err
	}
	return scriptOfDump(c, u, path, s)
}

// scriptOfDump fills s from a dump's table.
func scriptOfDump(c *cli.Context, u *ui, path string, s scatter.Script) (scatter.Script, []flash.Problem, error) {
	d, err := openDump(c, u, path)
	if err != nil {
		return s, nil, err
	}
	defer d.Close()
	s.Table, s.Storage = &d.Layout.Table, d.Source.Storage
	if s.DeviceSize == 0 {
		s.DeviceSize = d.Layout.DeviceSize
	}
	return s, d.aboutTable(), nil
}
