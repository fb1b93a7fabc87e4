package commands

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/words"
)

// reformOptions are the options of scatter convert.
type reformOptions struct {
	dumpOptions
	to         string // a dialect, or a key of scripts
	dialect    scatter.Dialect
	output     string
	deviceSize int64
	byName     string
	force      bool
	sizeMissed bool // the size of the flash is not known, and the text for the other tool lacks something
}

// scripts are the targets that are not scatter files.
var scripts = map[string]func(scatter.Script) (string, []flash.Problem){
	"sfdisk": scatter.Script.Sfdisk, "sgdisk": scatter.Script.Sgdisk, "fstab": scatter.Script.Fstab,
	"readback": scatter.Script.Readback, "readback-rows": scatter.Script.ReadbackRows,
}

func scatterConvertCommand(u *ui) *cli.Command {
	o := &reformOptions{dumpOptions: newDumpOptions(), byName: "/dev/block/by-name"}
	return &cli.Command{
		Name:      "convert",
		Usage:     "convert a scatter file to another dialect, a script for sfdisk or sgdisk, fstab lines, or SP Flash Tool's read-back list",
		ArgsUsage: "FILE (a scatter file, or a list that --table takes; for other tools' files also a dump)",
		Description: "Facts that the target format cannot hold are listed; the exit code is then 3. If the dialect is the same,\n" +
			"the file is copied byte for byte. The scripts only describe a table; mtkkit does not run them. readback\n" +
			"is the file readback_ui_bak.xml of SP Flash Tool with one item for each region, readback-rows with one\n" +
			"for each partition. Give --device-size if the table does not have the size of the flash.",
		Flags: flags.Of(flags.Fields(&o.to, &o.output, &o.storage, &o.platform, &o.deviceSize, &o.force), flags.In(flags.GroupOutput,
			flags.Taking(&o.to, "to", "`DIALECT`: v1, list, v1.1.1, v1.1.2, v1.1.8, v2.1.0, xml; or sfdisk, sgdisk, fstab, readback, readback-rows", "", o.target),
			flags.Text(&o.output, "output o", "`FILE` to write (default: standard output)"),
			deviceSizeOption(&o.deviceSize),
			flags.Text(&o.byName, "by-name", "`FOLDER` of the device links in the fstab lines"),
			replaceOption(&o.force),
		), o.dumpOptions.options()),
		Action: u.doesOne(&o.displayOptions, "file", func(ctx context.Context, path string) error { return convertScatter(ctx, u, o, path) }),
	}
}

// target reads --to.
func (o *reformOptions) target(s string) (err error) {
	o.to = strings.ToLower(s)
	if scripts[o.to] == nil {
		o.dialect, err = scatter.ParseDialect(s)
	}
	if err != nil {
		return fmt.Errorf("%w; for other tools: %s", err, strings.Join(slices.Sorted(maps.Keys(scripts)), ", "))
	}
	return nil
}

func convertScatter(ctx context.Context, u *ui, o *reformOptions, path string) error {
	switch err := checkChip(o.platform); {
	case err != nil:
		return err
	case u.JSON:
		return usage("--json cannot be used: the output is the converted file")
	case o.to == "":
		return usageHelp("--to DIALECT is needed")
	}
	t, err := openTable(path, o.storage)
	var lists [][]byte
	if err == nil && o.force {
		lists = t.Lists()
	}
	var text []byte
	var problems []flash.Problem
	if scripts[o.to] != nil {
		text, problems, err = o.script(ctx, u, path, t, err)
	} else if err == nil {
		text, problems, err = o.converted(t)
	}
	if err != nil {
		u.Problems(problems)
		return err
	}
	if err := (textFile{o.output, o.force, o.inputs(path), lists}).write(u, text); err != nil {
		return err
	}
	u.Problems(problems)
	if o.sizeMissed {
		u.Hint("give the size of the flash with --device-size: the memory test of SP Flash Tool shows it")
	}
	if o.output != "" && o.output != "-" {
		u.Say("%s: %s as %s", o.output, path, o.to)
	}
	return words.Verdict(problems)
}

// converted returns the table as a scatter file in the wanted dialect.
func (o *reformOptions) converted(t *dump.TableFile) ([]byte, []flash.Problem, error) {
	out, problems, err := t.Convert(scatter.CreateOptions{Dialect: o.dialect, Platform: strings.ToUpper(o.platform), Profile: scatter.Firmware, DeviceSize: o.deviceSize})
	if err != nil {
		return nil, problems, withoutStarts(err)
	}
	if out != t.Scatter {
		out = out.Signed("mtkkit")
	}
	return out.Encode(), problems, nil
}

// script returns the text for another tool. err is the error of opening path as a table; the path may
// be a dump instead.
func (o *reformOptions) script(ctx context.Context, u *ui, path string, t *dump.TableFile, err error) ([]byte, []flash.Problem, error) {
	var s scatter.Script
	var problems []flash.Problem
	switch {
	case err == nil:
		s, problems = t.Script(o.deviceSize)
	case errors.Is(err, flash.ErrNotThis) || words.IsFolder(path):
		d, err := openInput(ctx, u, &o.dumpOptions, path)
		if err != nil {
			return nil, nil, err
		}
		defer d.Close()
		if err := d.RefuseTable(); err != nil {
			return nil, nil, err
		}
		s, problems = d.Script(o.deviceSize)
	default:
		return nil, nil, err
	}
	if o.platform != "" {
		s.Chip = strings.ToUpper(o.platform)
	}
	s.Source, s.ByName = "written by mtkkit from "+filepath.Base(path), o.byName
	text, more := scripts[o.to](s)
	o.sizeMissed = s.DeviceSize == 0 && len(more) > 0 && strings.HasPrefix(o.to, "readback")
	return []byte(text), append(problems, more...), nil
}
