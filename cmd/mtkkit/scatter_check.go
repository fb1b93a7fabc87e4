package main

import (
	"cmp"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

func scatterCheckCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "what would mislead a flash tool, with rule and line",
		ArgsUsage: "FILE",
		Description: "Exit code 0: nothing but notes. 3: there are warnings or errors. 1: not readable at all.\n" +
			"Images are looked for beside the file; with --dump the rows are held against the dump's own table.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "dump", Usage: "`ROM_1` of the phone the file is for"},
			&cli.BoolFlag{Name: "no-files", Usage: "do not look for the images"},
			&cli.BoolFlag{Name: "sarif", Usage: "one SARIF 2.1.0 document on standard output"},
			deviceSizeFlag(),
		}, dumpFlags()...),
		Action: func(c *cli.Context) error {
			path, err := oneOld(c, u, "scatter file")
			if err != nil {
				return err
			}
			if u.json && c.Bool("sarif") {
				return usage("mtkkit scatter check: --json and --sarif both want standard output")
			}
			return checkScatter(c, u, path)
		},
	}
}

// checked is the JSON document of scatter check.
type checked struct {
	Schema  string          `json:"schema"`
	File    string          `json:"file"`
	Dialect scatter.Dialect `json:"dialect"`
	Tables  []checkedTable  `json:"tables"`
}

type checkedTable struct {
	Storage  flash.Storage     `json:"storage,omitempty"`
	Rows     int               `json:"rows"`
	Findings []scatter.Finding `json:"findings"`
}

func checkScatter(c *cli.Context, u *ui, path string) error {
	f, err := openTable(c, path)
	if err != nil {
		return err
	}
	opt := scatter.CheckOptions{}
	if opt.UserSize, err = deviceSize(c); err != nil {
		return err
	}
	if !c.Bool("no-files") {
		opt.FileSize = sizesIn(filepath.Dir(path))
	}
	only, err := chosenStorage(c)
	if err != nil {
		return err
	}
	if name := c.String("dump"); name != "" {
		d, err := openDump(c, u, name)
		if err != nil {
			return err
		}
		defer d.Close()
		opt.Table = &d.Layout.Table
		opt.UserSize = cmp.Or(opt.UserSize, d.Layout.DeviceSize)
		if only = d.Source.Storage; f.Select(only) == nil {
			return usage("mtkkit scatter check: %s is of a phone with %s, and %s is for %v", name, only, path, f.Storages())
		}
	}
	doc := checked{Schema: "mtkkit.scatter-check/1", File: path, Dialect: f.Dialect}
	for _, storage := range f.Storages() {
		g := f.Select(storage)
		if only != "" && storage != only && storage != "" {
			continue
		}
		doc.Tables = append(doc.Tables, checkedTable{storage, len(g.Rows), append([]scatter.Finding{}, scatter.Check(g, opt)...)})
	}
	return doc.report(c, u)
}

// sizesIn looks for images in a folder, by the base of their names only: a scatter
// file is no reason to look elsewhere.
func sizesIn(dir string) func(string) (int64, error) {
	return func(name string) (int64, error) {
		if name != filepath.Base(name) {
			return 0, fs.ErrInvalid
		}
		st, err := disk.StatInFolder(dir, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return 0, fs.ErrNotExist
		case err != nil:
			return 0, err
		case !st.Mode().IsRegular():
			return 0, fs.ErrInvalid
		}
		return st.Size(), nil
	}
}

func (d checked) report(c *cli.Context, u *ui) error {
	u.bars.clear()
	worst := flash.Note
	notes, rest := 0, 0
	for _, t := range d.Tables {
		for _, f := range t.Findings {
			worst = max(worst, f.Severity)
			if f.Severity == flash.Note {
				notes++
			} else {
				rest++
			}
		}
	}
	switch {
	case c.Bool("sarif"):
		if err := u.document(d.sarif()); err != nil {
			return err
		}
	case u.json:
		if err := u.document(d); err != nil {
			return err
		}
	default:
		d.print(u)
		u.say("%s: %d to mend, %d notes", d.File, rest, notes)
	}
	if worst > flash.Note {
		return errProblems
	}
	return nil
}

// print shows the findings as compilers do: file, line, what.
func (d checked) print(u *ui) {
	for _, t := range d.Tables {
		for _, f := range t.Findings {
			if u.quiet && f.Severity == flash.Note {
				continue
			}
			place := ""
			if f.Name != "" {
				place = f.Name + ": "
			}
			if len(d.Tables) > 1 {
				place = string(t.Storage) + " " + place
			}
			u.say("%s:%d: %s [%s] %s%s", d.File, f.Line, f.Severity, f.Rule, place, f.Text)
		}
	}
}
