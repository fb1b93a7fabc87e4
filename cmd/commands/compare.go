package commands

import (
	"context"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/compare"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

func compareCommand(u *ui) *cli.Command {
	c := newCompareCommand(u, func(doc document.Comparison) any { return doc })
	c.Name, c.Usage = "compare", "compare two dumps, or a dump and the maker's firmware package: what is changed, and whether they belong together"
	return c
}

// backupDiffCommand is the older name.
func backupDiffCommand(u *ui) *cli.Command {
	c := newCompareCommand(u, func(doc document.Comparison) any { return document.BackupDiff(doc) })
	c.Name, c.Usage = "diff", "compare two dumps or backups, partition by partition (the same as mtkkit compare)"
	return c
}

func newCompareCommand(u *ui, asDocument func(document.Comparison) any) *cli.Command {
	o := newDumpOptions()
	return &cli.Command{
		ArgsUsage: "A B",
		Flags: flags.Of(flags.Fields(&o.json, &o.noSiblings, &o.key),
			flags.In(flags.GroupInput, noSiblingsOption(&o.noSiblings)), o.keyOptions.options(), o.displayOptions.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			if len(args) != 2 {
				return usageHelp("two dumps, archives, folders or firmware packages are needed")
			}
			a, err := openInput(ctx, u, &o, args[0])
			if err != nil {
				return err
			}
			defer a.Close()
			b, err := openInput(ctx, u, &o, args[1])
			if err != nil {
				return err
			}
			defer b.Close()
			return runCompare(ctx, u, a, b, asDocument)
		}),
	}
}

func runCompare(ctx context.Context, u *ui, a, b *input, asDocument func(document.Comparison) any) error {
	r, err := compare.Compare(ctx, a.Dump, b.Dump, compare.Options{Progress: u.Bars.Event})
	u.Bars.Clear()
	if err != nil {
		return err
	}
	if u.JSON {
		err = u.Document(asDocument(document.NewComparison(a.Path, b.Path, r)))
	} else {
		err = printComparison(u, r)
	}
	u.Problems(r.Problems)
	if err == nil && !r.Equal() {
		err = words.ErrProblems
	}
	for _, d := range []*input{a, b} {
		if !d.Source.Proves { // all bytes were read
			u.notCompared(d.Dump)
		}
	}
	if err == nil {
		err = words.Verdict(r.Problems)
	}
	return err
}

func printComparison(u *ui, r *compare.Result) error {
	w := u.Table()
	var lacking []string
	for i := range r.Rows {
		row := &r.Rows[i]
		switch {
		case row.State == compare.Equal:
			continue
		case r.Lacks(row):
			if row.Kind != flash.KindGap {
				lacking = append(lacking, flash.Shown(row.Name))
			}
			continue
		}
		w.Row(row.Name, row.Region, words.CompareState(r, row), words.CompareDetail(row))
		for _, said := range row.Said {
			w.Row("", "", "", said)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(lacking) > 0 {
		u.Say("not in the package: %s", strings.Join(lacking, " "))
	}
	all := slices.DeleteFunc(slices.Clone(r.Rows), func(row compare.Row) bool { return row.Kind == flash.KindGap || r.Lacks(&row) })
	equal := len(slices.DeleteFunc(slices.Clone(all), func(row compare.Row) bool { return row.State != compare.Equal }))
	u.Say("%d of %d partitions are equal", equal, len(all))
	u.Say("%s: %s", r.Relation, strings.Join(r.Reasons, "; "))
	if r.Package == "" && r.Phone != compare.Same {
		u.Say("%s: %s", words.PhoneText[r.Phone], r.Why)
	}
	return nil
}
