package main

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
)

func listCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "list",
		Aliases:   []string{"ls"},
		Usage:     "the partitions of a dump, one a line",
		ArgsUsage: "ROM_1",
		Flags:     append(dumpFlags(), phoneFlags()...),
		Action: withDump(u, func(c *cli.Context, d *dump) error {
			p, err := d.plan(plan.Wishes{})
			if err != nil {
				return err
			}
			problems := p.Problems
			if err := printList(u, p, problems); err != nil {
				return err
			}
			u.problems(problems)
			d.missingPieces(u)
			return verdict(problems)
		}),
	}
}

// listing is the JSON document of list.
type listing struct {
	Schema     string                `json:"schema"`
	Partitions []flash.ManifestEntry `json:"partitions"`
	Problems   []flash.Problem       `json:"problems"`
}

func printList(u *ui, p *plan.Plan, problems []flash.Problem) error {
	if u.json {
		l := listing{Schema: "mtkkit.list/1", Problems: problems}
		for _, it := range p.Items {
			l.Partitions = append(l.Partitions, it.ManifestEntry)
		}
		return u.document(l)
	}
	return printItems(u, p.Items)
}

// printItems prints what a plan holds, a row each, in order of address.
func printItems(u *ui, items []plan.Item) error {
	w := tabwriter.NewWriter(u.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tREGION\tSTART\tLENGTH\tSIZE\tFILE\tWITNESS")
	for _, it := range items {
		state := it.File
		switch {
		case it.Skipped && len(it.Unread) > 0:
			state = "(not read)"
		case it.Skipped:
			state = "(skipped)"
		case it.Present == 0 && it.Length > 0:
			state = "(not in the dump)"
		case it.Present < it.Length:
			state += " (cut)"
		case len(it.Unread) > 0:
			state += " (with holes)"
		}
		fmt.Fprintf(w, "%s\t%s\t0x%x\t0x%x\t%s\t%s\t%s\n", cmp.Or(oneLine(it.Name), "-"), it.Region, it.Offset, it.Length,
			flash.Size(it.Length), cmp.Or(state, "-"), cmp.Or(it.Witness, "-"))
	}
	return w.Flush()
}

// oneLine keeps a name from a table in its line.
func oneLine(s string) string { return strings.ReplaceAll(printable(s), "\n", "?") }
