package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"

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
	if len(items) > 0 && items[0].Region == flash.PackageFiles {
		return printPackageItems(u, items)
	}
	head, guessed := []any{"NAME", "REGION", "START", "LENGTH", "SIZE", "FILE", "WITNESS"}, slices.ContainsFunc(items, func(it plan.Item) bool { return it.Guess != "" })
	if guessed {
		head = append(head, "GUESS")
	}
	w := u.Table(head...)
	for _, it := range items {
		row := []any{it.Name, it.Region, fmt.Sprintf("0x%x", it.Offset), fmt.Sprintf("0x%x", it.Length), flash.Size(it.Length), fileWords(it), it.Witness}
		if guessed {
			row = append(row, strings.ReplaceAll(it.Guess, " ", ", "))
		}
		w.Row(row...)
	}
	return w.Flush()
}

// printPackageItems prints the images of a firmware package. Nobody knows where they belong on a phone.
func printPackageItems(u *ui, items []plan.Item) error {
	w := u.Table("NAME", "LENGTH", "SIZE", "FILE")
	for _, it := range items {
		w.Row(it.Name, fmt.Sprintf("0x%x", it.Length), flash.Size(it.Length), fileWords(it))
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
