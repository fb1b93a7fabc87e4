package commands

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
	"github.com/mtkkit/mtkkit/words"
)

// convertOptions are the options of image trim, sparse and raw.
type convertOptions struct {
	dumpOptions
	output string
	pieces int64 // largest file of sparse, bytes; 0: one file
}

func (o *convertOptions) outputOption(ending string) flags.Option {
	return flags.Text(&o.output, "output o", "`FILE` to write (default: the image's name with "+ending+")")
}

func imageTrimCommand(u *ui) *cli.Command {
	o := &convertOptions{dumpOptions: newDumpOptions()}
	return &cli.Command{
		Name:      "trim",
		Usage:     "write a copy of an image that is cut at its true length, if the length is proven",
		ArgsUsage: "IMAGE | ROM_1 PARTITION",
		Description: "The length must be in a header, and only erased flash may follow; otherwise nothing is written and the\n" +
			"reason is shown. mtkkit split --trim does the same for all partitions of a dump.",
		Flags:  flags.Of(flags.Fields(&o.output, &o.scatter), []flags.Option{o.outputOption(".trimmed.img")}, o.dumpOptions.options()),
		Action: u.does(&o.displayOptions, o.converting(u, (*conversion).trim)),
	}
}

func imageSparseCommand(u *ui) *cli.Command {
	o := &convertOptions{dumpOptions: newDumpOptions()}
	return &cli.Command{
		Name:        "sparse",
		Usage:       "convert an image to an Android sparse image",
		ArgsUsage:   "IMAGE | ROM_1 PARTITION",
		Description: "Zeros are written as zeros, never as \"don't care\": with \"don't care\" the old data would stay on the phone.",
		Flags: flags.Of(flags.Fields(&o.output, &o.pieces, &o.scatter), []flags.Option{
			o.outputOption(".sparse.img"),
			flags.Size(&o.pieces, "pieces", "write several files of at most `SIZE` each, as fastboot sends them", 1, "512M"),
		}, o.dumpOptions.options()),
		Action: u.does(&o.displayOptions, o.converting(u, (*conversion).sparse)),
	}
}

func imageRawCommand(u *ui) *cli.Command {
	o := &convertOptions{dumpOptions: newDumpOptions()}
	return &cli.Command{
		Name:      "raw",
		Usage:     "convert an Android sparse image to a plain (raw) image",
		ArgsUsage: "SPARSE… (all pieces, in any order)",
		Flags:     flags.Of(flags.Fields(&o.output), []flags.Option{o.outputOption(".raw.img")}, o.displayOptions.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			if len(args) == 0 {
				return usageHelp("which sparse image?")
			}
			return (&conversion{u: u, o: o, name: args[0], inputs: args}).raw(ctx)
		}),
	}
}

// conversion makes image files of one image.
type conversion struct {
	u      *ui
	o      *convertOptions
	name   string
	inputs []string
	img    flash.Image
	look   func(done int64) error
}

// converting returns the action of a command that makes image files of one image.
func (o *convertOptions) converting(u *ui, do func(*conversion, context.Context) error) func(context.Context, []string) error {
	return func(ctx context.Context, args []string) (err error) {
		if len(args) < 1 || len(args) > 2 {
			return usageHelp("an image is needed, or a dump and a partition")
		}
		var f *opened
		if len(args) == 2 {
			f, err = openImage(ctx, u, &o.dumpOptions, filePlace{dump: args[:1], partition: args[1]})
		} else {
			f, err = o.open(ctx, u, func(dump.Options) (*dump.Opened, error) { return dump.OpenPlain(args[0]) })
		}
		if err != nil {
			return err
		}
		defer f.Close()
		return do(&conversion{u: u, o: o, name: f.Name, inputs: f.inputs, img: f.Image, look: looking(ctx, u, f.Image.Size())}, ctx)
	}
}

func (s *conversion) trim(ctx context.Context) error {
	n, known, err := image.TrueLength(s.img, s.look)
	switch {
	case err != nil:
		return err
	case n == 0:
		return words.Refuse(fmt.Errorf("%s: its true length is not proven: %s", s.name, known), "flash tools also take the whole image")
	case n == s.img.Size():
		s.u.Say("%s: nothing to trim: %s", s.name, known)
		return s.u.Answer(document.MadeFiles{})
	}
	return s.write(ctx, []flash.Output{{Name: s.outName(".trimmed.img"), Image: flash.Slice(s.img, flash.Extent{Length: n})}}, fmt.Sprintf("0x%x bytes of 0x%x: %s", n, s.img.Size(), known))
}

func (s *conversion) sparse(ctx context.Context) error {
	if image.Sniff(s.img).Kind == image.SparseAndroid {
		return words.Refuse(fmt.Errorf("%s is an Android sparse image already", s.name), "mtkkit image raw converts it to a plain image")
	}
	const block = 4096
	if s.img.Size()%block != 0 {
		return words.Refuse(fmt.Errorf("%s: its size, 0x%x bytes, is not a multiple of %d", s.name, s.img.Size(), block), "the image may be cut: a sparse image has whole blocks only")
	}
	view, err := image.NewSparseView(s.img, block, s.look)
	if err != nil {
		return err
	}
	pieces := []*image.SparseView{view}
	if s.o.pieces > 0 {
		if pieces, err = view.Pieces(s.o.pieces); err != nil {
			return usage("%v", err)
		}
	}
	var outputs []flash.Output
	var told []string
	for i, p := range pieces {
		ending := ".sparse.img"
		if len(pieces) > 1 {
			ending = fmt.Sprintf(".sparse.%d.img", i+1)
		}
		outputs = append(outputs, flash.Output{Name: s.outName(ending), Image: p})
		told = append(told, fmt.Sprintf("0x%x bytes for 0x%x", p.Size(), s.img.Size()))
	}
	return s.write(ctx, outputs, told...)
}

func (s *conversion) raw(ctx context.Context) error {
	p, err := source.OpenSparse(s.inputs, func(done, total int64) error { return looking(ctx, s.u, total)(done) })
	s.u.Bars.Clear()
	if bad := (*source.DamagedError)(nil); errors.As(err, &bad) {
		s.u.Problems(bad.Problems)
		return words.Refuse(fmt.Errorf("%w: nothing was written", err), "download or copy it again")
	}
	if err != nil {
		return err
	}
	defer p.Close()
	s.u.Problems(p.Problems)
	if err := s.write(ctx, []flash.Output{{Name: s.outName(".raw.img"), Image: p.Image}}, fmt.Sprintf("0x%x bytes", p.Image.Size())); err != nil {
		return err
	}
	return words.Verdict(p.Problems)
}

// looking returns a function that shows the progress of reading an image of total bytes.
func looking(ctx context.Context, u *ui, total int64) func(int64) error {
	return func(done int64) error {
		u.Bars.Event(flash.Event{Op: "look", Done: done, Total: total})
		return ctx.Err()
	}
}

// outName returns the name of -o, or else the image's name with an ending.
func (s *conversion) outName(ending string) string {
	out := s.o.output
	if out == "" {
		base := filepath.Base(s.name)
		if len(s.inputs) > 0 && !strings.ContainsAny(s.inputs[0], ":") {
			base = filepath.Join(filepath.Dir(s.inputs[0]), base)
		}
		out = strings.TrimSuffix(strings.TrimSuffix(base, ".img"), ".sparse") + ending
	} else if strings.Count(ending, ".") > 2 { // one of several pieces
		ext := filepath.Ext(out)
		out = strings.TrimSuffix(out, ext) + strings.TrimSuffix(strings.TrimPrefix(ending, ".sparse"), ".img") + cmp.Or(ext, ".img")
	}
	return out
}

// write writes all files, or none.
func (s *conversion) write(ctx context.Context, outputs []flash.Output, told ...string) error {
	made, err := split.WriteImages(ctx, outputs, split.ImageOptions{Hash: true, Inputs: s.inputs, Progress: s.u.Bars.Event})
	s.u.Bars.Clear()
	if err != nil {
		return words.Refused(err)
	}
	doc := document.MadeFiles{}
	for i, r := range made {
		doc.Files = append(doc.Files, document.MadeFile{File: outputs[i].Name, Size: r.Size, SHA256: r.SHA256})
		s.u.Say("%s: %s", outputs[i].Name, told[i])
	}
	return s.u.Answer(doc)
}
