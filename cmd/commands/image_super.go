package commands

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/image/lp"
	"github.com/mtkkit/mtkkit/split"
	"github.com/mtkkit/mtkkit/words"
)

// superOptions are the options of image super.
type superOptions struct {
	dumpOptions
	extract bool
	output  string
	slot    string
	only    []string
	force   bool
}

func imageSuperCommand(u *ui) *cli.Command {
	o := &superOptions{dumpOptions: newDumpOptions()}
	return &cli.Command{
		Name:      "super",
		Usage:     "list the logical partitions in super, or write them to files",
		ArgsUsage: "ROM_1 | super.img | PIECE… (of a sparse image, in any order)",
		Description: "A dump is read in place: super is not copied first. If a phone got its dynamic partitions by an update,\n" +
			"the table is in the partition system, and the data are in several partitions.",
		Flags: flags.Of(flags.Fields(&o.extract, &o.output, &o.slot, &o.only, &o.force), flags.In(flags.GroupOutput,
			flags.Switch(&o.extract, "extract x", "write each logical partition to a file"),
			flags.Text(&o.output, "output o", "`FOLDER` to write to (default: the file's name with .super)"),
			flags.Choice(&o.slot, "slot", "only the partitions of `SLOT` a or b, and those without a slot", "a", "b"),
			flags.List(&o.only, "only", "only the partitions of these `NAMES`"),
			flags.Switch(&o.force, "force f", forceFolder),
		), o.dumpOptions.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			paths, err := oneDump(args, "dump or super image")
			if err != nil {
				return err
			}
			var t *dump.LogicalTable
			f, err := o.open(ctx, u, func(opt dump.Options) (_ *dump.Opened, err error) {
				if t, err = dump.OpenLogical(ctx, paths, o.slot, opt); err != nil {
					return nil, err
				}
				return t.Opened, nil
			})
			if err != nil {
				return err
			}
			defer f.Close()
			list, missing := t.Select(o.slot, o.only)
			if missing != "" {
				return usage("there is no partition %q", missing)
			}
			if o.extract {
				return extractSuper(ctx, u, o, f, t, list)
			}
			return listSuper(u, paths[0], t, list)
		}),
	}
}

func listSuper(u *ui, path string, s *dump.LogicalTable, list []*lp.Partition) error {
	if u.JSON {
		if err := u.Document(document.NewSuper(path, s.Super, list)); err != nil {
			return err
		}
	} else {
		w := u.Table("NAME", "SIZE", "GROUP", "EXTENTS", "CONTENT")
		for _, p := range list {
			w.Row(p.Name, flash.Size(p.Size), p.Group, extents(p), dump.Holds(p))
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	problems := append(slices.Clone(s.Problems), dump.Lacks(list)...)
	u.Problems(problems)
	return words.Verdict(problems)
}

// extents returns the first extents of a partition, and how many more there are.
func extents(p *lp.Partition) string {
	const most = 2
	var out []string
	for i, x := range p.Extents {
		if i == most {
			out = append(out, fmt.Sprintf("and %d more", len(p.Extents)-most))
			break
		}
		out = append(out, x.String())
	}
	return strings.Join(out, ", ")
}

// extractSuper writes the partitions that are complete; the others are problems and set the exit code.
func extractSuper(ctx context.Context, u *ui, o *superOptions, f *opened, t *dump.LogicalTable, list []*lp.Partition) error {
	dir := cmp.Or(o.output, words.OutputBeside(f.Name, ".super"))
	m, outputs, err := t.Extract(ctx, list, dir, split.Options{Force: o.force, Inputs: f.inputs})
	if err != nil {
		if m != nil {
			u.Problems(m.Problems)
		}
		return words.Refused(err)
	}
	err = u.End(document.NewManifest(m), m.Problems)
	for _, out := range outputs {
		u.Say("%s/%s: %s, %s", dir, out.Name, flash.Size(out.Image.Size()), image.Sniff(out.Image).Kind)
	}
	return err
}
