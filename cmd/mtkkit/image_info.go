package main

import (
	"cmp"
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
)

func imageInfoCommand(u *ui) *cli.Command {
	o := newDumpOptions()
	return &cli.Command{
		Name:      "info",
		Usage:     "what an image is, how long it really is and how that is known, and what it says of itself",
		ArgsUsage: "IMAGE | ROM_1 [PARTITION] (or the pieces of a sparse image)",
		Description: "Of a dump every partition is told in a line, those inside super too; of one partition, or of an\n" +
			"image by itself, everything is.",
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
				f.Problems = nil // they are of the dump
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

// imageDoc is the JSON document of image info.
type imageDoc struct {
	Schema     string          `json:"schema"`
	Path       string          `json:"path"`
	Partitions []namedInfo     `json:"partitions"` // one without a name: the image itself
	Problems   []flash.Problem `json:"problems"`
}

// namedInfo is what is known of a partition.
type namedInfo struct {
	Name    string       `json:"name,omitempty"`
	Region  flash.Region `json:"region,omitempty"` // "" inside super
	Offset  int64        `json:"offset"`
	Present int64        `json:"present"` // bytes that are at hand
	*image.Info
}

// describeImage tells everything of one image.
func describeImage(ctx context.Context, u *ui, f *opened) error {
	u.problems(f.Problems)
	i, err := f.Describe(looking(ctx, u, f.Image.Size()))
	u.bars.clear()
	if err != nil {
		return err
	}
	if u.json {
		doc := imageDoc{Schema: "mtkkit.image/1", Path: f.Name, Partitions: []namedInfo{{Present: i.Size, Info: i}}, Problems: append([]flash.Problem{}, i.Problems...)}
		if err := u.document(doc); err != nil {
			return err
		}
	}
	u.say("%s", f.Name)
	row := func(key, value string) { u.say("  %-16s %s", key, value) }
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
	u.problems(i.Problems)
	return verdict(append(f.Problems, i.Problems...))
}

// describeDump tells every partition in a line.
func describeDump(ctx context.Context, u *ui, d *dump.Dump) error {
	list, problems, err := d.Describe(ctx)
	if err != nil {
		return err
	}
	doc := imageDoc{Schema: "mtkkit.image/1", Path: d.Path, Problems: problems}
	for _, n := range list {
		doc.Partitions = append(doc.Partitions, namedInfo(n))
	}
	if u.json {
		err = u.document(doc)
	} else {
		err = doc.print(u)
	}
	if err != nil {
		return err
	}
	u.problems(problems)
	return verdict(problems)
}

func (doc *imageDoc) print(u *ui) error {
	w := tabwriter.NewWriter(u.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSIZE\tTRUE LENGTH\tKIND\tSAYS")
	for _, n := range doc.Partitions {
		length := "-"
		switch {
		case n.Length > 0 && n.Length == n.Size:
			length = "all"
		case n.Length > 0:
			length = flash.Size(n.Length).String()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", oneLine(n.Name), flash.Size(n.Present), length, n.Kind, cmp.Or(oneLine(n.Brief()), "-"))
	}
	return w.Flush()
}
