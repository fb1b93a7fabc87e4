package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/words"
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
			v := &imageViewer{ctx: ctx, u: u, o: &o}
			if len(args) > n {
				return v.part(args[:n], args[n])
			}
			return v.whole(args)
		}),
	}
}

// imageViewer is one run of image info.
type imageViewer struct {
	ctx context.Context
	u   *ui
	o   *dumpOptions
}

// part tells of a partition of a dump.
func (v *imageViewer) part(paths []string, name string) error {
	o, err := openImage(v.ctx, v.u, v.o, filePlace{dump: paths, partition: name})
	if err != nil {
		return err
	}
	defer o.Close()
	return v.describe(o)
}

// whole tells of a dump, or an image by itself.
func (v *imageViewer) whole(paths []string) error {
	file := paths[0]
	if len(paths) > 1 {
		return v.pieces(paths)
	}
	if v.looksLikeDump(file) {
		d, err := openAny(v.ctx, v.u, v.o, file)
		if err == nil {
			defer d.Close()
			if img := v.packed(d); img != nil {
				return v.describe(&opened{name: file, img: img})
			}
			return describeDump(v.u, d)
		}
		if st, serr := os.Stat(file); serr != nil || st.IsDir() || v.ctx.Err() != nil {
			return err
		}
	}
	f, err := source.OpenFile(file)
	if err != nil {
		return err
	}
	defer f.Close()
	return v.describe(&opened{name: file, inputs: paths, img: f})
}

// pieces tells of what the pieces of a sparse image stand for: a dump or an image.
func (v *imageViewer) pieces(paths []string) error {
	src, err := openBytes(v.ctx, v.u, v.o, paths...)
	if err != nil {
		return err
	}
	defer src.Close()
	if user := src.User(); user != nil && !beginsLikeDump(user.Image) {
		v.u.Problems(src.Problems)
		return errors.Join(v.describe(&opened{name: paths[0], img: dump.Strict(user.Image, user.Unread)}), words.Verdict(src.Problems))
	}
	d, err := openAny(v.ctx, v.u, v.o, paths...)
	if err != nil {
		return err
	}
	defer d.Close()
	return describeDump(v.u, d)
}

// looksLikeDump decides whether a file is worth asking for partitions: when it begins
// like a dump, is no plain file, or is packed.
func (v *imageViewer) looksLikeDump(path string) bool {
	if v.o.namesTable() != "" {
		return true
	}
	f, err := source.OpenFile(path)
	if err != nil {
		return true
	}
	defer f.Close()
	switch kind := image.Sniff(f).Kind; kind {
	case image.Gzip, image.XZ, image.LZ4, image.Zstd:
		return true
	case image.SparseAndroid:
		s, err := image.ReadSparse(f)
		return err == nil && beginsLikeDump(s)
	}
	return beginsLikeDump(f)
}

// beginsLikeDump tells the start of a dump from that of an image.
func beginsLikeDump(img flash.Image) bool {
	const smallest = 16 << 20 // no phone's user area is smaller: a table by itself is one image
	switch image.Sniff(img).Kind {
	case image.GPT, image.MBR, image.Unknown, image.Zero, image.BootRegion, image.MTKPreloader:
		return img.Size() >= smallest
	}
	return false
}

// packed is what was packed, when that is an image by itself and no dump.
func (v *imageViewer) packed(d *input) flash.Image {
	user := d.Source.User()
	if user == nil || len(d.Source.Files) != 1 || v.o.namesTable() != "" || beginsLikeDump(user.Image) {
		return nil
	}
	return dump.Strict(user.Image, user.Unread)
}

// describe tells everything of one image.
func (v *imageViewer) describe(s *opened) error {
	u := v.u
	i, err := image.DescribeWhole(s.img, looking(v.ctx, u, s.img.Size()))
	u.Bars.Clear()
	if err != nil && (v.ctx.Err() != nil || i.Kind == "") {
		return err
	}
	if err != nil {
		i.Length, i.Known = 0, fmt.Sprintf("what follows its content cannot be read (%v)", err)
	}
	if len(s.inputs) == 1 && s.inputs[0] == s.name { // a file as it is
		if why := source.PieceOf(s.name); why != "" {
			i.Problems = append(i.Problems, flash.Problem{Severity: flash.Warning, Place: s.name, Offset: flash.NoOffset, Text: why})
		}
	}
	if u.JSON {
		if err := u.Document(document.NewImage(s.name, i)); err != nil {
			return err
		}
	}
	u.Say("%s", s.name)
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
	return words.Verdict(i.Problems)
}

// describeDump tells every partition in a line.
func describeDump(u *ui, d *input) error {
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		return err
	}
	doc := document.NewImages(d.Path, p)
	s, err := dump.Super(p, "a")
	if err != nil {
		doc.Problems = append(doc.Problems, flash.Problem{Severity: flash.Warning, Place: "super", Offset: flash.NoOffset, Text: words.Plain(err.Error())})
	} else if s != nil {
		doc.AddLogical(s)
	}
	if u.JSON {
		if err := u.Document(doc); err != nil {
			return err
		}
	} else if err := printImages(u, doc); err != nil {
		return err
	}
	u.Problems(doc.Problems)
	return words.Verdict(doc.Problems)
}

func printImages(u *ui, doc *document.Images) error {
	w := tabwriter.NewWriter(u.Out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSIZE\tTRUE LENGTH\tKIND\tSAYS")
	for _, n := range doc.Partitions {
		length := "-"
		switch {
		case n.Length > 0 && n.Length == n.Size:
			length = "all"
		case n.Length > 0:
			length = flash.Size(n.Length).String()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", words.OneLine(n.Name), flash.Size(n.Present), length, n.Kind, cmp.Or(words.OneLine(brief(n.Info)), "-"))
	}
	return w.Flush()
}

// brief picks what matters most for a line.
func brief(i *image.Info) string {
	var out []string
	if i.Label != "" {
		out = append(out, i.Label)
	}
	for _, key := range []string{"fingerprint", "OS version", "patch level", "kernel version", "used", "stands for", "looks like", "holds"} {
		v := i.Fact(key)
		if key == "kernel version" {
			v, _, _ = strings.Cut(v, " ")
			v = strings.TrimPrefix("kernel "+v, "kernel not")
		}
		if v != "" && v != "kernel " {
			out = append(out, v)
		}
	}
	return strings.Join(out, ", ")
}
