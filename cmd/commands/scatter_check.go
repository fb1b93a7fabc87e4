package commands

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/words"
)

// checkOptions are the options of scatter check.
type checkOptions struct {
	dumpOptions
	rom        string
	noFiles    bool
	sarif      bool
	deviceSize int64
}

func scatterCheckCommand(u *ui) *cli.Command {
	o := &checkOptions{dumpOptions: newDumpOptions()}
	return &cli.Command{
		Name:      "check",
		Usage:     "find errors in a scatter file that would mislead a flash tool, with rule and line",
		ArgsUsage: "FILE",
		Description: "Exit code 0: only notes. 3: warnings or errors. 1: the file cannot be read.\n" +
			"The images are expected in the file's folder. With --dump, the rows are compared with the dump's own table.",
		Flags: flags.Of(flags.Fields(&o.rom, &o.storage, &o.deviceSize, &o.noFiles, &o.sarif), flags.In(flags.GroupInput,
			flags.Text(&o.rom, "dump", "dump (`ROM_1`) of the phone that the file is for"),
			flags.Switch(&o.noFiles, "no-files", "do not look for the images"),
			flags.Switch(&o.sarif, "sarif", "print one SARIF 2.1.0 document on standard output"),
			deviceSizeOption(&o.deviceSize),
		), o.dumpOptions.options()),
		Action: u.doesOne(&o.displayOptions, "scatter file", func(ctx context.Context, path string) error { return checkScatter(ctx, u, o, path) }),
	}
}

func checkScatter(ctx context.Context, u *ui, o *checkOptions, path string) error {
	if u.JSON && o.sarif {
		return usage("--json and --sarif cannot be used together")
	}
	t, err := openTable(path, o.storage)
	if err != nil {
		return err
	}
	if t.List != nil {
		return words.Advise(fmt.Errorf("%s: not a scatter file, but a list of partitions (%s)", path, t.List.Kind), besideDump(path)...)
	}
	only, opt := o.storage, scatter.CheckOptions{UserSize: o.deviceSize}
	if !o.noFiles {
		opt.FileSize = dump.SizesIn(filepath.Dir(path))
	}
	if o.rom != "" {
		d, err := openInput(ctx, u, &o.dumpOptions, o.rom)
		if err != nil {
			return err
		}
		defer d.Close()
		if err := d.RefuseTable(); err != nil {
			return err
		}
		opt.Table = &d.Layout.Table
		opt.UserSize = cmp.Or(opt.UserSize, d.Layout.DeviceSize)
		if only = d.Source.Storage; t.Scatter.Select(only) == nil {
			return usage("%s is of a phone with %s, and %s is for %v", o.rom, only, path, t.Scatter.Storages())
		}
	}
	doc := document.NewCheckedScatter(path, t.Scatter.Dialect, t.Check(only, opt))
	u.Bars.Clear()
	notes, rest := printFindings(u, doc, o.sarif)
	if o.sarif {
		err = u.Document(doc.SARIF(version()))
	} else {
		u.Say("%s: %d errors and warnings, %d notes", path, rest, notes)
		err = u.Answer(doc)
	}
	if err == nil && rest > 0 {
		err = words.ErrProblems
	}
	return err
}

// printFindings prints the findings as compilers do (file:line: text) and counts them.
func printFindings(u *ui, d document.CheckedScatter, silent bool) (notes, rest int) {
	for _, t := range d.Tables {
		for _, f := range t.Findings {
			if f.Severity == flash.Note {
				notes++
			} else {
				rest++
			}
			if silent || u.Quiet && f.Severity == flash.Note {
				continue
			}
			place := ""
			if f.Name != "" {
				place = f.Name + ": "
			}
			if len(d.Tables) > 1 {
				place = string(t.Storage) + " " + place
			}
			u.Say("%s:%d: %s [%s] %s%s", d.Path, f.Line, f.Severity, f.Rule, place, f.Text)
		}
	}
	return notes, rest
}
