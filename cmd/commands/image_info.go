package commands

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/words"
)

func imageInfoCommand(u *ui) *cli.Command {
	o := newDumpOptions()
	return &cli.Command{
		Name:      "info",
		Usage:     "show what an image is: kind, true length and its proof, and the facts in its headers",
		ArgsUsage: "IMAGE | ROM_1 [PARTITION] (or the pieces of a sparse image)",
		Description: "For a dump, shows one line for each partition, also for those inside super. For one partition or one\n" +
			"image, shows everything.",
		Flags: flags.Of(flags.Fields(&o.scatter), o.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			n := max(pieces(args), 1)
			if len(args) < n || len(args) > n+1 {
				return usage("an image is needed, or a dump and a partition (as in boot.img, or ROM_1 boot)")
			}
			if len(args) > n {
				f, err := openImage(ctx, u, &o, filePlace{dump: args[:n], partition: args[n]})
				if err != nil {
					return err
				}
				defer f.Close()
				f.Problems = nil // they are about the dump, not about the partition
				return describeImage(ctx, u, f)
			}
			f, err := o.open(ctx, u, func(opt dump.Options) (*dump.Opened, error) { return dump.OpenAny(ctx, args, opt) })
			if err != nil {
				return err
			}
			defer f.Close()
			if f.Image != nil {
				return describeImage(ctx, u, f)
			}
			return describeDump(ctx, u, f.Dump)
		}),
	}
}

// describeImage prints everything that is known of one image.
func describeImage(ctx context.Context, u *ui, f *opened) error {
	u.Problems(f.Problems)
	i, err := f.Describe(looking(ctx, u, f.Image.Size()))
	u.Bars.Clear()
	if err != nil {
		return err
	}
	if u.JSON {
		if err := u.Document(document.NewImage(f.Name, i)); err != nil {
			return err
		}
	}
	u.Say("%s", f.Name)
	row := func(key, value string) { u.Say("  %-16s %s", key, value) }
	row("kind", i.Kind.String())
	if i.Label != "" {
		row("label", i.Label)
	}
	row("size", fmt.Sprintf("0x%x (%s)", i.Size, flash.Size(i.Size)))
	if i.Length > 0 {
		row("true length", fmt.Sprintf("0x%x (%s), %s", i.Length, flash.Size(i.Length), i.Known))
	} else {
		row("true length", "not known: "+i.Known)
	}
	for _, f := range i.Facts {
		row(f.Key, f.Value)
	}
	u.Problems(i.Problems)
	return words.Verdict(append(f.Problems, i.Problems...))
}

// describeDump prints one line for each partition.
func describeDump(ctx context.Context, u *ui, d *dump.Dump) error {
	list, problems, err := d.Describe(ctx)
	if err != nil {
		return err
	}
	doc := document.NewImages(d.Path, list, problems)
	if u.JSON {
		err = u.Document(doc)
	} else {
		err = printImages(u, doc)
	}
	if err != nil {
		return err
	}
	u.Problems(problems)
	return words.Verdict(problems)
}

func printImages(u *ui, doc *document.Images) error {
	w := u.Table("NAME", "SIZE", "TRUE LENGTH", "KIND", "DETAILS")
	for _, n := range doc.Partitions {
		length := "-"
		switch {
		case n.Length > 0 && n.Length == n.Size:
			length = "all"
		case n.Length > 0:
			length = flash.Size(n.Length).String()
		}
		w.Row(n.Name, flash.Size(n.Present), length, n.Kind, n.Brief())
	}
	return w.Flush()
}
