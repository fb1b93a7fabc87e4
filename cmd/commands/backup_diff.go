package commands

import (
	"context"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/words"
)

func backupDiffCommand(u *ui) *cli.Command {
	o := newDumpOptions()
	return &cli.Command{
		Name:      "diff",
		Usage:     "compare two dumps or backups, partition by partition, and say whether they are of the same phone",
		ArgsUsage: "A B",
		Flags: flags.Of(flags.Fields(&o.json, &o.noSiblings, &o.key),
			flags.In(flags.GroupInput, noSiblingsOption(&o.noSiblings)), o.keyOptions.options(), o.displayOptions.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			if len(args) != 2 {
				return usageHelp("two dumps, archives or folders are needed")
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
			return compare(ctx, u, a, b)
		}),
	}
}

func compare(ctx context.Context, u *ui, a, b *input) error {
	c, err := archive.Compare(ctx, a.Dump, b.Dump)
	u.Bars.Clear()
	if err != nil {
		return err
	}
	if u.JSON {
		err = u.Document(document.NewComparison(a.Path, b.Path, c))
	} else {
		err = printComparison(u, c)
	}
	u.Problems(c.Problems)
	if err == nil && !c.Equal() {
		err = words.ErrProblems
	}
	for _, d := range []*input{a, b} {
		if !d.Source.Proves { // all bytes were read
			u.notCompared(d.Dump)
		}
	}
	if err == nil {
		err = words.Verdict(c.Problems)
	}
	return err
}

var phoneWords = map[archive.SamePhone]string{
	archive.OnePhone: "the same phone", archive.AnotherPhone: "two different phones", archive.UnknownPhone: "the same phone or another: not known",
}

func printComparison(u *ui, c *archive.Comparison) error {
	w := u.Table()
	for _, r := range c.Rows {
		if r.State != archive.Equal {
			w.Row(r.Name, r.Region, r.State, r.Detail)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	equal, all := 0, slices.DeleteFunc(slices.Clone(c.Rows), func(r archive.RowChange) bool { return r.Kind == "gap" })
	for _, r := range all {
		if r.State == archive.Equal {
			equal++
		}
	}
	u.Say("%d of %d partitions are equal", equal, len(all))
	if c.SameModel {
		u.Say("the same model: chip and partitions are equal")
	} else {
		u.Say("different models: chip or partitions differ")
	}
	u.Say("%s: %s", phoneWords[c.Phone], c.Why)
	return nil
}
