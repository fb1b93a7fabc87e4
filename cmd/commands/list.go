package commands

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/words"
)

// listOptions are the options of list and info.
func listOptions() (*readOptions, []cli.Flag) {
	o := newReadOptions()
	return &o, flags.Of(flags.Fields(&o.scatter, &o.boot1, &o.port, &o.da, &o.json), o.options())
}

func listCommand(u *ui) *cli.Command {
	o, options := listOptions()
	return &cli.Command{
		Name:      "list",
		Aliases:   []string{"ls"},
		Usage:     "list the partitions of a dump",
		ArgsUsage: "ROM_1",
		Flags:     options,
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			d, err := o.openArgs(ctx, u, args)
			if err != nil {
				return err
			}
			defer d.Close()
			p, err := d.Plan(plan.Wishes{})
			if err != nil {
				return err
			}
			if err := printList(u, d.Path, p); err != nil {
				return err
			}
			u.Problems(p.Problems)
			u.notCompared(d.Dump)
			d.missingPieces(u)
			return words.Verdict(p.Problems)
		}),
	}
}

func printList(u *ui, path string, p *plan.Plan) error {
	if u.JSON {
		return u.Document(document.NewList(path, p))
	}
	return printItems(u, p.Items)
}

// printItems prints one row for each item of a plan, in order of offset.
func printItems(u *ui, items []plan.Item) error {
	w := tabwriter.NewWriter(u.Out, 0, 8, 2, ' ', 0)
	head, guessed := "NAME\tREGION\tSTART\tLENGTH\tSIZE\tFILE\tWITNESS", slices.ContainsFunc(items, func(it plan.Item) bool { return it.Guess != "" })
	if guessed {
		head += "\tGUESS"
	}
	fmt.Fprintln(w, head)
	for _, it := range items {
		fmt.Fprintf(w, "%s\t%s\t0x%x\t0x%x\t%s\t%s\t%s", cmp.Or(words.OneLine(it.Name), "-"), it.Region, it.Offset, it.Length,
			flash.Size(it.Length), cmp.Or(fileWords(it), "-"), cmp.Or(it.Witness, "-"))
		if guessed {
			fmt.Fprintf(w, "\t%s", cmp.Or(strings.ReplaceAll(it.Guess, " ", ", "), "-"))
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

// fileWords returns the file of an item, and in what way it is incomplete.
func fileWords(it plan.Item) string {
	switch it.State(it.Unread) {
	case flash.StateHole:
		if it.File == "" {
			return "(not read)"
		}
		return it.File + " (with holes)"
	case flash.StateSkipped:
		return "(skipped)"
	case flash.StateCut:
		if it.Present == 0 {
			return "(not in the dump)"
		}
		return it.File + " (cut)"
	}
	return it.File
}
