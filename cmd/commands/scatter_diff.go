package commands

import (
	"cmp"
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/words"
)

func scatterDiffCommand(u *ui) *cli.Command {
	o, storage := newDisplay(), flash.Storage("")
	return &cli.Command{
		Name:      "diff",
		Usage:     "compare two scatter files row by row, with the risk of each difference for a phone",
		ArgsUsage: "A B",
		Description: "The risk is that of flashing B to a phone that has the layout of A. Spelling, order of keys and dialect\n" +
			"are ignored. A or B can also be a list that --table takes (/proc/dumchar_info, printgpt …); then only\n" +
			"names, offsets and sizes are compared. Exit code 0: no difference. 3: they differ.",
		Flags: flags.Of(flags.Fields(&storage), []flags.Option{
			flags.Choice(&storage, "storage", "`KIND` of flash, emmc, ufs or nand: selects the table in a file with several tables", flash.EMMC, flash.UFS, flash.NAND),
		}, o.options()),
		Action: u.does(&o, func(_ context.Context, args []string) error {
			if len(args) != 2 {
				return usageHelp("two scatter files are needed")
			}
			return diffScatters(u, storage, args[0], args[1])
		}),
	}
}

func diffScatters(u *ui, storage flash.Storage, a, b string) error {
	var files [2]*scatter.File
	var problems []flash.Problem
	for i, path := range []string{a, b} {
		t, err := openTable(path, storage)
		if err != nil {
			return err
		}
		f, more := t.Rows()
		files[i], problems = f, append(problems, more...)
	}
	u.Problems(problems)
	doc := document.ScatterDiff{A: a, B: b, Changes: scatter.Diff(files[0], files[1]), Problems: problems}
	if err := u.Answer(doc); err != nil {
		return err
	}
	for _, ch := range doc.Changes {
		if u.Quiet && ch.Severity == flash.Note {
			continue
		}
		u.Say("%s", changeLine(ch, len(files[0].Storages()) > 1))
	}
	if len(doc.Changes) == 0 {
		u.Say("%s and %s have no differences", a, b)
		return nil
	}
	return words.ErrProblems
}

func changeLine(c scatter.Change, several bool) string {
	name, what := c.Name, cmp.Or(c.Key, c.Kind)
	if several && c.Storage != "" {
		name = string(c.Storage) + " " + name
	}
	s := fmt.Sprintf("%-7s %-16s %s: %s -> %s", c.Severity, name, what, cmp.Or(c.A, "-"), cmp.Or(c.B, "-"))
	if c.Kind == "added" || c.Kind == "removed" {
		s = fmt.Sprintf("%-7s %-16s %s: %s", c.Severity, name, c.Kind, c.A+c.B)
	}
	if c.Risk != "" {
		s += "\n        " + c.Risk
	}
	return s
}
