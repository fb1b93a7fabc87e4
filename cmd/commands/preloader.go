package commands

import (
	"cmp"
	"context"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/words"
)

// preloaderOptions are the options of preloader info and fix.
type preloaderOptions struct {
	displayOptions
	boot2, tmp string
	output     string
	force      bool
	keepTail   bool
}

func preloaderCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:        "preloader",
		Usage:       "show the facts in a preloader, make it flashable, or make a boot region of it",
		Subcommands: []*cli.Command{preloaderInfoCommand(u), preloaderFixCommand(u), wrapCommand(u)},
	}
}

// options returns the options that info and fix share.
func (o *preloaderOptions) options() []flags.Option {
	return append(flags.In(flags.GroupInput,
		flags.Text(&o.boot2, "boot2", "`FILE` with the second boot region, to be compared with the first"),
		flags.Text(&o.tmp, "tmp", "`FOLDER` where a compressed file is unpacked"),
	), o.displayOptions.options()...)
}

func preloaderInfoCommand(u *ui) *cli.Command {
	o := &preloaderOptions{displayOptions: newDisplay()}
	return &cli.Command{
		Name:      "info",
		Usage:     "show all facts in a preloader, and whether its hash proves it",
		ArgsUsage: "FILE (a boot region, a flashable preloader, or a dump with a boot region)",
		Flags:     flags.Of(flags.Fields(&o.boot2), o.options()),
		Action: u.doesOne(&o.displayOptions, "file", func(ctx context.Context, path string) error {
			return withBoots(ctx, u, o, path, func(b boots) error { return preloaderInfo(u, b) })
		}),
	}
}

func preloaderFixCommand(u *ui) *cli.Command {
	o := &preloaderOptions{displayOptions: newDisplay()}
	return &cli.Command{
		Name:      "fix",
		Usage:     "extract the flashable preloader from a boot region, exact to the byte",
		ArgsUsage: "FILE",
		Flags: flags.Of(flags.Fields(&o.output, &o.force, &o.keepTail, &o.boot2), []flags.Option{
			flags.Text(&o.output, "output o", "`FOLDER` to write to (default: the file's name with .preloader)"),
			flags.Switch(&o.force, "force f", "write a preloader even if its hash does not prove it; replace what an earlier run wrote"),
			flags.Switch(&o.keepTail, "keep-tail", "also write the bytes that follow the preloader, as a separate file"),
		}, o.options()),
		Action: u.doesOne(&o.displayOptions, "file", func(ctx context.Context, path string) error {
			return withBoots(ctx, u, o, path, func(b boots) error { return preloaderFix(ctx, u, o, b) })
		}),
	}
}

// boots has the boot regions of a file, at most two.
type boots struct {
	path  string
	parts []flash.Part
}

// images returns the images of the regions.
func (b boots) images() (out []flash.Image) {
	for _, p := range b.parts {
		out = append(out, p.Image)
	}
	return out
}

// withBoots opens the file that a command names and finds its boot regions.
func withBoots(ctx context.Context, u *ui, o *preloaderOptions, path string, do func(boots) error) error {
	src, err := source.Open(ctx, path, source.Options{Boot2: o.boot2, TempDir: o.tmp, Progress: u.Bars.Event})
	if err != nil {
		return err
	}
	defer src.Close()
	u.Bars.Clear()
	parts, unread, err := dump.BootRegions(src, path)
	if err != nil {
		return err
	}
	u.Problems(unread)
	if err = do(boots{path, parts}); err == nil {
		err = words.Verdict(unread)
	}
	return words.WhatElse(path, "boot region and no preloader", err, nil)
}

func preloaderFix(ctx context.Context, u *ui, o *preloaderOptions, b boots) error {
	fixed, problems, err := preloader.FixRegions(b.images()...)
	if err := tolerate(o.force, fixed, err); err != nil {
		return err
	}
	already := false
	for _, f := range fixed {
		if f.Already {
			u.Say("%s is already flashable; nothing to do", b.parts[max(f.Region, 1)-1].Source)
			already = true
		} else if f.Refused != nil {
			problems = append(problems, flash.Problem{Severity: flash.Error, Place: f.Name, Offset: f.Refused.Offset,
				Text: f.Refused.Text + "; written because of --force: if you flash it, the phone may no longer start"})
		}
	}
	var doc any = document.FixedPreloader{Already: already, Problems: problems}
	outputs := preloader.Outputs(fixed, o.keepTail, b.images()...)
	dir := cmp.Or(o.output, words.OutputBeside(b.path, ".preloader"))
	if len(outputs) > 0 {
		m := &flash.Manifest{Schema: flash.ManifestSchema, Tool: tool(), Kind: "preloader", Complete: true, Problems: problems}
		if err := putFolder(ctx, dir, o.force, []string{b.path, o.boot2}, outputs, m); err != nil {
			return err
		}
		doc = document.NewManifest(m)
	}
	err = u.End(doc, problems)
	for _, out := range outputs {
		u.Say("%s/%s: 0x%x bytes", dir, out.Name, out.Image.Size())
	}
	return err
}

// tolerate returns nil for a refusal of the library if the user gave --force and there is something
// to write; otherwise it returns the refusal with a hint.
func tolerate(force bool, fixed []preloader.Fixed, err error) error {
	switch no := flash.AsRefusal(err); {
	case no == nil:
		return err
	case len(fixed) == 0:
		return words.Refuse(err, words.HintReadAgain)
	case !force:
		return words.Refuse(err, words.RefusalHint(no))
	}
	return nil
}
