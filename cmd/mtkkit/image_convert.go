package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
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
		Usage:     "a copy of an image's true length, where that is proven",
		ArgsUsage: "IMAGE | ROM_1 PARTITION",
		Description: "The length must stand in a header, and only erased flash may follow it: else the copy is refused,\n" +
			"with the reason. mtkkit split --trim does the same for all partitions of a dump.",
		Flags:  flags.Of(flags.Fields(&o.output, &o.scatter), []flags.Option{o.outputOption(".trimmed.img")}, o.dumpOptions.options()),
		Action: u.does(&o.displayOptions, o.converting(u, (*conversion).trim)),
	}
}

func imageSparseCommand(u *ui) *cli.Command {
	o := &convertOptions{dumpOptions: newDumpOptions()}
	return &cli.Command{
		Name:        "sparse",
		Usage:       "an Android sparse file of an image",
		ArgsUsage:   "IMAGE | ROM_1 PARTITION",
		Description: "Zeros are told as zeros, never as \"don't care\": what a phone holds already would stay there.",
		Flags: flags.Of(flags.Fields(&o.output, &o.pieces, &o.scatter), []flags.Option{
			o.outputOption(".sparse.img"),
			flags.Size(&o.pieces, "pieces", "several files of at most `SIZE` each, as fastboot sends them", 1, "512M"),
		}, o.dumpOptions.options()),
		Action: u.does(&o.displayOptions, o.converting(u, (*conversion).sparse)),
	}
}

func imageRawCommand(u *ui) *cli.Command {
	o := &convertOptions{dumpOptions: newDumpOptions()}
	return &cli.Command{
		Name:      "raw",
		Usage:     "the plain image that Android sparse files stand for",
		ArgsUsage: "SPARSE… (all pieces, in any order)",
		Flags:     flags.Of(flags.Fields(&o.output), []flags.Option{o.outputOption(".raw.img")}, o.displayOptions.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			if len(args) == 0 {
				return usageHelp("which sparse image?")
			}
			s := &conversion{opened: &opened{name: args[0], inputs: args}, ctx: ctx, u: u, o: o}
			defer s.Close()
			return s.raw()
		}),
	}
}

// conversion makes images of one image.
type conversion struct {
	*opened
	ctx  context.Context
	u    *ui
	o    *convertOptions
	made []document.MadeFile // what was written
}

// converting is the frame of a command that makes images of one image.
func (o *convertOptions) converting(u *ui, do func(s *conversion) error) func(context.Context, []string) error {
	return func(ctx context.Context, args []string) error {
		if len(args) < 1 || len(args) > 2 {
			return usageHelp("an image is needed, or a dump and a partition")
		}
		s := &conversion{ctx: ctx, u: u, o: o}
		var err error
		if len(args) == 2 {
			s.opened, err = openImage(ctx, u, &o.dumpOptions, filePlace{dump: args[:1], partition: args[1]})
		} else {
			s.opened, err = openPlain(args[0])
		}
		if err != nil {
			return err
		}
		defer s.Close()
		if err := do(s); err != nil {
			return err
		}
		return s.tellMade()
	}
}

// openPlain opens an image as it is.
func openPlain(path string) (*opened, error) {
	f, err := source.OpenFile(path)
	if err != nil {
		return nil, err
	}
	return &opened{name: path, inputs: []string{path}, img: f, closers: []io.Closer{f}}, nil
}

func (s *conversion) trim() error {
	n, known, err := image.TrueLength(s.img, looking(s.ctx, s.u, s.img.Size()))
	switch {
	case err != nil:
		return err
	case n == 0:
		return words.Refuse(fmt.Errorf("%s: its true length is not proven: %s", s.name, known), "flash tools take the whole image as it is, too")
	case n == s.img.Size():
		s.u.Say("%s: there is nothing to trim: %s", s.name, known)
		return nil
	}
	return s.write(".trimmed.img", flash.Slice(s.img, flash.Extent{Length: n}), fmt.Sprintf("0x%x bytes of 0x%x: %s", n, s.img.Size(), known))
}

func (s *conversion) sparse() error {
	if image.Sniff(s.img).Kind == image.SparseAndroid {
		return words.Refuse(fmt.Errorf("%s is an Android sparse image already", s.name), "mtkkit image raw makes the plain image of it")
	}
	const block = 4096
	if s.img.Size()%block != 0 {
		return words.Refuse(fmt.Errorf("%s: its 0x%x bytes are no multiple of %d", s.name, s.img.Size(), block), "is it cut? sparse files tell an image in whole blocks")
	}
	view, err := image.NewSparseView(s.img, block, looking(s.ctx, s.u, s.img.Size()))
	if err != nil {
		return err
	}
	pieces := []*image.SparseView{view}
	if s.o.pieces > 0 {
		if pieces, err = view.Pieces(s.o.pieces); err != nil {
			return usage("%v", err)
		}
	}
	ending := func(i int) string {
		if len(pieces) > 1 {
			return fmt.Sprintf(".sparse.%d.img", i+1)
		}
		return ".sparse.img"
	}
	for i := range pieces { // all of them, or none
		if err := split.RefuseFile(s.outName(ending(i)), split.FileOptions{Inputs: s.inputs}); err != nil {
			return words.Refused(err)
		}
	}
	for i, p := range pieces {
		if err := s.write(ending(i), p, fmt.Sprintf("0x%x bytes for 0x%x", p.Size(), s.img.Size())); err != nil {
			return err
		}
	}
	return nil
}

func (s *conversion) raw() error {
	problems, err := s.openPieces()
	if err != nil {
		return err
	}
	s.u.Problems(problems)
	if err := s.write(".raw.img", s.img, fmt.Sprintf("0x%x bytes", s.img.Size())); err != nil {
		return err
	}
	if err := s.tellMade(); err != nil {
		return err
	}
	return words.Verdict(problems)
}

// looking tells the progress of a look through an image.
func looking(ctx context.Context, u *ui, total int64) func(int64) error {
	return func(done int64) error {
		u.Bars.Event(flash.Event{Op: "look", Done: done, Total: total})
		return ctx.Err()
	}
}

// tellMade prints the document, if one is asked for.
func (s *conversion) tellMade() error {
	if !s.u.JSON {
		return nil
	}
	return s.u.Document(document.MadeFiles{Files: s.made})
}

// outName is the image's name with an ending, unless -o says another.
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

// write makes the file.
func (s *conversion) write(ending string, img flash.Image, is string) error {
	out := s.outName(ending)
	r, err := split.WriteImage(s.ctx, img, out, split.ImageOptions{Hash: true, Inputs: s.inputs, Progress: s.u.Bars.Event})
	s.u.Bars.Clear()
	if err != nil {
		return words.Refused(err)
	}
	s.made = append(s.made, document.MadeFile{File: out, Size: r.Size, SHA256: r.SHA256})
	s.u.Say("%s: %s", out, is)
	return nil
}
