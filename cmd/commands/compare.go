package commands

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/compare"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/split"
	"github.com/mtkkit/mtkkit/words"
)

// compareOptions are the options of compare.
type compareOptions struct {
	dumpOptions
	scatterB, html string
	force          bool
}

func (o *compareOptions) options() []cli.Flag {
	return flags.Of(flags.Fields(&o.html, &o.json, &o.scatter, &o.scatterB, &o.noSiblings),
		flags.In(flags.GroupInput,
			flags.Text(&o.scatter, "scatter", "scatter `FILE` of A's phone: gives names, and the partitions that an MBR does not list"),
			flags.Text(&o.scatterB, "scatter-b", "scatter `FILE` of B's phone"),
			noSiblingsOption(&o.noSiblings),
			tmpOption(&o.tmp)),
		flags.In(flags.GroupOutput,
			flags.Text(&o.html, "html", "write the comparison to `FILE` as an HTML page"),
			flags.Switch(&o.force, "force f", "replace a page that compare wrote earlier")),
		o.keyOptions.options(), o.displayOptions.options())
}

func compareCommand(u *ui) *cli.Command {
	o := &compareOptions{dumpOptions: newDumpOptions()}
	return &cli.Command{
		Name:      "compare",
		Usage:     "compare two dumps, or a dump and the maker's firmware: what is changed, and do they belong together?",
		ArgsUsage: "A B",
		Description: "Says of each partition whether it is equal, where it differs, and whether phones of one model differ in it or should not.\n" +
			"Of a partition that differs, verified boot says which side is right; root, other recoveries and foreign preloaders are named.\n" +
			"A and B may each be a dump, a folder, an archive, or a firmware package. Exit code 0: all is equal. 3: it is not.",
		Flags:  o.options(),
		Action: o.action(u, func(doc document.Comparison) any { return doc }),
	}
}

// backupDiffCommand is the older name.
func backupDiffCommand(u *ui) *cli.Command {
	o := &compareOptions{dumpOptions: newDumpOptions()}
	return &cli.Command{
		Name:      "diff",
		Usage:     "compare two dumps or backups, partition by partition (the same as mtkkit compare)",
		ArgsUsage: "A B",
		Flags:     o.options(),
		Action:    o.action(u, func(doc document.Comparison) any { return document.BackupDiff(doc) }),
	}
}

func (o *compareOptions) action(u *ui, asDocument func(document.Comparison) any) cli.ActionFunc {
	return u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
		switch {
		case len(args) != 2:
			return usageHelp("two dumps, archives, folders or firmware packages are needed")
		case o.html != "" && o.json:
			return usage("--html and --json cannot be used together; --html needs a file name")
		}
		a, err := openInput(ctx, u, &o.dumpOptions, args[0])
		if err != nil {
			return err
		}
		defer a.Close()
		other := o.dumpOptions
		other.scatter = o.scatterB
		b, err := openInput(ctx, u, &other, args[1])
		if err != nil {
			return err
		}
		defer b.Close()
		return runCompare(ctx, u, o, a, b, asDocument)
	})
}

func runCompare(ctx context.Context, u *ui, o *compareOptions, a, b *input, asDocument func(document.Comparison) any) error {
	page := split.FileOptions{Inputs: o.inputs(append(a.files(), append(b.files(), o.scatterB)...)...), Force: o.force, Ours: split.Says(compare.Generator)}
	page.Inputs = slices.DeleteFunc(page.Inputs, words.IsFolder)
	if o.html != "" {
		if err := split.RefuseFile(o.html, page); err != nil {
			return refusedFile(err)
		}
	}
	r, err := compare.Compare(ctx, a.Dump, b.Dump, compare.Options{Progress: u.Bars.Event})
	u.Bars.Clear()
	if err != nil {
		return err
	}
	switch {
	case o.html != "":
		err = split.WriteFile(o.html, page, func(w io.Writer) error { return r.HTML(w, tool()) })
		if err == nil {
			u.Say("%s: the comparison, in one file", o.html)
			printRelation(u, r)
		}
	case u.JSON:
		err = u.Document(asDocument(document.NewComparison(r)))
	default:
		err = printComparison(u, r)
	}
	if err != nil {
		return refusedFile(err)
	}
	u.Problems(r.Problems)
	for _, d := range []*input{a, b} {
		if !d.Source.Proves { // all bytes were read
			u.notCompared(d.Dump)
		}
	}
	if !r.Equal() {
		return words.ErrProblems
	}
	return words.Verdict(r.Problems)
}

// printComparison prints the result of the whole, and the rows that say something. Those of one side only
// are one line.
func printComparison(u *ui, r *compare.Result) error {
	printRelation(u, r)
	w := u.Table()
	lone := map[string][]string{}
	for i := range r.Rows {
		row := &r.Rows[i]
		switch {
		case (row.State == compare.OnlyInA || row.State == compare.OnlyInB) && len(row.Said) == 0:
			if row.Kind != flash.KindGap {
				lone[r.Word(row)] = append(lone[r.Word(row)], flash.Shown(row.Name))
			}
			continue
		case row.State == compare.Equal && len(row.Said) == 0:
			continue
		}
		w.Row(row.Name, regionWords(row.Region), r.Word(row), row.Told())
		for _, said := range nonEmpty(append(slices.Clone(row.Said), row.Verified)) {
			w.Below(3, said)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, state := range []string{string(compare.OnlyInA), string(compare.OnlyInB), "only in the package", "not in the package"} {
		if names := lone[state]; len(names) > 0 {
			u.Say("%s: %s", state, strings.Join(names, " "))
		}
	}
	return nil
}

// regionWords names the region of a row; the images of a package are in none.
func regionWords(r flash.Region) string {
	if r == flash.PackageFiles {
		return ""
	}
	return string(r)
}

// printRelation prints the result of the whole.
func printRelation(u *ui, r *compare.Result) {
	u.Say("%s: %s", r.Relation, strings.Join(r.Reasons, "; "))
	if r.Package == "" && r.Phone == compare.UnknownWhether && r.Relation != compare.OtherModel {
		u.Say("the same phone or another: not known: %s", r.Why)
	}
	u.Say("%s", r.Count())
}
