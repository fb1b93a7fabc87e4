package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/image/lp"
	"github.com/mtkkit/mtkkit/plan"
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
		Description: "A dump is read where it lies: its super is not copied first. On phones that got dynamic\n" +
			"partitions by an update the table is in system, and extents in several partitions.",
		Flags: flags.Of(flags.Fields(&o.extract, &o.output, &o.slot, &o.only, &o.force), flags.In(flags.GroupOutput,
			flags.Switch(&o.extract, "extract x", "write each logical partition to a file"),
			flags.Text(&o.output, "output o", "`FOLDER` to write to (default: the file's name with .super)"),
			flags.Choice(&o.slot, "slot", "only the partitions of `SLOT` a or b, and those without one", "a", "b"),
			flags.List(&o.only, "only", "only the partitions of these `NAMES`"),
			flags.Switch(&o.force, "force f", "replace what an earlier run wrote to the folder"),
		), o.dumpOptions.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			paths, err := oneDump(args, "dump or super image")
			if err != nil {
				return err
			}
			f, s, err := openSuper(ctx, u, o, paths)
			if err != nil {
				return err
			}
			defer f.Close()
			list, err := o.chosen(s)
			if err != nil {
				return err
			}
			if o.extract {
				return extractSuper(ctx, u, o, f, s, list)
			}
			return listSuper(u, paths[0], s, list)
		}),
	}
}

// openSuper finds the table of logical partitions: that of a super image by itself, or
// that of a dump.
func openSuper(ctx context.Context, u *ui, opt *superOptions, paths []string) (*opened, *lp.Super, error) {
	o := &opened{name: paths[0]}
	s, err := o.openSuper(ctx, u, opt, paths)
	if err == nil && s == nil {
		err = fmt.Errorf("%s: no partition of it holds a table of logical partitions", paths[0])
	}
	if err != nil {
		return nil, nil, errors.Join(err, o.Close())
	}
	return o, s, nil
}

func (o *opened) openSuper(ctx context.Context, u *ui, opt *superOptions, paths []string) (*lp.Super, error) {
	src, err := openBytes(ctx, u, &opt.dumpOptions, paths...)
	if err != nil {
		return nil, err
	}
	o.inputs = opt.inputs(append(src.Files, paths...)...)
	if user := src.User(); user != nil && lp.Sniff(user.Image) {
		o.closers = append(o.closers, src)
		s, err := lp.Read(dump.Strict(user.Image, user.Unread), nil)
		if err == nil {
			s.Problems = append(notable(src.Problems), s.Problems...)
		}
		return s, err
	}
	src.Close()
	d, err := openAny(ctx, u, &opt.dumpOptions, paths...)
	if err != nil {
		return nil, err
	}
	o.closers = append(o.closers, d)
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		return nil, err
	}
	s, err := dump.Super(p, cmp.Or(opt.slot, "a"))
	if s != nil {
		s.Problems = append(s.Problems, d.Source.Damaged...)
	}
	return s, err
}

// chosen picks the partitions by slot and names.
func (o *superOptions) chosen(s *lp.Super) ([]*lp.Partition, error) {
	list := s.Partitions(o.slot)
	if len(o.only) == 0 {
		return list, nil
	}
	var out []*lp.Partition
	for _, name := range o.only {
		i := slices.IndexFunc(list, func(p *lp.Partition) bool { return p.Name == name || p.Name == name+"_"+o.slot })
		if i < 0 {
			return nil, usage("there is no partition %q", name)
		}
		out = append(out, list[i])
	}
	return out, nil
}

func listSuper(u *ui, path string, s *lp.Super, list []*lp.Partition) error {
	if u.JSON {
		if err := u.Document(document.NewSuper(path, s, list)); err != nil {
			return err
		}
	} else {
		w := tabwriter.NewWriter(u.Out, 0, 8, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tSIZE\tGROUP\tEXTENTS\tCONTENT")
		for _, p := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", words.OneLine(p.Name), flash.Size(p.Size), words.OneLine(p.Group), cmp.Or(words.OneLine(extents(p)), "-"), contentOf(p))
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	problems := append(slices.Clone(s.Problems), lacks(list)...)
	u.Problems(problems)
	return words.Verdict(problems)
}

// lacks tells which partitions are not whole.
func lacks(list []*lp.Partition) (out []flash.Problem) {
	for _, p := range list {
		if p.Image == nil {
			continue
		}
		if text, severity := image.FindLack(p.Image).Tell(); text != "" {
			out = append(out, flash.Problem{Severity: severity, Place: p.Name, Offset: flash.NoOffset, Text: text})
		}
	}
	return out
}

// extents tells where a partition lies: the first stretches, and how many more.
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

func contentOf(p *lp.Partition) string {
	switch {
	case len(p.Needs) > 0:
		return "needs " + strings.Join(p.Needs, " and ")
	case p.Missing > 0:
		return flash.Size(p.Missing).String() + " of it are not here"
	case p.Size == 0:
		return "empty"
	}
	if n := flash.Total(flash.Holes(p.Image)); n == p.Size {
		return "nothing of it is here"
	} else if n > 0 {
		return fmt.Sprintf("%s, %s of it in no file", image.Sniff(p.Image).Kind, flash.Size(n))
	}
	return image.Sniff(p.Image).Kind.String()
}

// extractSuper writes what is whole; what is not makes the exit code.
func extractSuper(ctx context.Context, u *ui, opt *superOptions, o *opened, s *lp.Super, list []*lp.Partition) error {
	problems, whole := slices.Clone(s.Problems), true
	var outputs []flash.Output
	for _, p := range list {
		name, _ := plan.SafeName(p.Name)
		name += ".img"
		switch {
		case p.Missing > 0:
			problems = append(problems, flash.Problem{Severity: flash.Error, Place: p.Name, Offset: flash.NoOffset, Text: "is not written: " + contentOf(p)})
		case p.Size == 0:
		case flash.Total(flash.Holes(p.Image)) == p.Size:
			problems = append(problems, flash.Problem{Severity: flash.Error, Place: p.Name, Offset: flash.NoOffset, Text: "is not written: nothing of it is here"})
		case slices.ContainsFunc(outputs, func(o flash.Output) bool { return strings.EqualFold(o.Name, name) }):
			problems = append(problems, flash.Problem{Severity: flash.Error, Place: p.Name, Offset: flash.NoOffset, Text: "is not written: another partition has its name"})
		default:
			if text, severity := image.FindLack(p.Image).Tell(); text != "" {
				whole = false
				if severity == flash.Error {
					text = "is written in part: " + text
				}
				problems = append(problems, flash.Problem{Severity: severity, Place: p.Name, Offset: flash.NoOffset, Text: text + "; zeros stand there"})
			}
			outputs = append(outputs, flash.Output{Name: name, Image: flash.Filled(p.Image)})
		}
	}
	if len(outputs) == 0 {
		u.Problems(problems)
		return fmt.Errorf("%s: nothing of its %d logical partitions can be written", o.name, len(list))
	}
	dir := cmp.Or(opt.output, besides(o.name, ".super"))
	m := &flash.Manifest{Schema: flash.ManifestSchema, Tool: tool(), Kind: "logical", Complete: whole && flash.Worst(problems) < flash.Error, Problems: problems}
	if err := putFolder(ctx, dir, opt.force, o.inputs, outputs, m); err != nil {
		return err
	}
	u.Bars.Clear()
	if u.JSON {
		if err := u.Document(document.NewManifest(m)); err != nil {
			return err
		}
	}
	u.Problems(problems)
	for _, out := range outputs {
		u.Say("%s/%s: %s, %s", dir, out.Name, flash.Size(out.Image.Size()), image.Sniff(out.Image).Kind)
	}
	return words.Verdict(problems)
}
