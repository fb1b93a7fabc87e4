package commands

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
	"github.com/mtkkit/mtkkit/words"
)

// wrapOptions are the options of preloader wrap.
type wrapOptions struct {
	displayOptions
	output   string
	medium   string // as preloader names it
	boundary preloader.Boundary
	like     string
	force    bool
}

func wrapCommand(u *ui) *cli.Command {
	o := &wrapOptions{displayOptions: newDisplay()}
	return &cli.Command{
		Name:      "wrap",
		Usage:     "make a boot region that contains a flashable preloader",
		ArgsUsage: "preloader_<board>.bin",
		Description: "A preloader file does not show with certainty for which medium it is, and how much space it has there:\n" +
			"give --medium and --boundary, or --like to copy both from a boot region of the same phone. Without them,\n" +
			"the medium that the file names is used and printed; if it names several, --medium is needed.",
		Flags: flags.Of(flags.Fields(&o.output, &o.medium, &o.boundary, &o.like, &o.force), []flags.Option{
			flags.Text(&o.output, "output o", "`FILE` to write (default: the preloader's name with .region.bin)"),
			flags.Taking(&o.medium, "medium storage", "`MEDIUM` that the phone starts from: emmc, ufs, combo, sdmmc or sf", "", o.takeMedium),
			flags.Choice(&o.boundary, "boundary", "`END` of the space for the preloader: max (the default, as on phones) or file (as in older builds)", preloader.BoundaryMax, preloader.BoundaryFile),
			flags.Text(&o.like, "like", "`FILE` with a boot region of the same phone; its header is copied unchanged"),
			flags.Switch(&o.force, "force f", "use a preloader even if its hash does not prove it; replace an earlier output"),
		}, o.options()),
		Action: u.doesOne(&o.displayOptions, "preloader", func(_ context.Context, path string) error { return wrapPreloader(u, o, path) }),
	}
}

// takeMedium reads --medium.
func (o *wrapOptions) takeMedium(s string) error {
	if o.medium = preloader.MediumNamed(s); o.medium == "" {
		return fmt.Errorf("must be emmc, ufs, combo, sdmmc or sf, not %q", s)
	}
	return nil
}

// mediumOf returns the medium that a preloader names, and prints it. For a file that is not a
// preloader it returns ""; wrapping reports the error.
func mediumOf(u *ui, img flash.Image, path string) (string, error) {
	r, err := preloader.Read(img)
	if err != nil || r.Medium != preloader.MediumGFH || len(r.Files) == 0 {
		return "", nil
	}
	info := r.Files[0].Info
	medium := info.Medium()
	if medium == "" {
		return "", words.Advise(usage("the medium of %s is not known: it names flash device 0x%x, which can be one of several", path, info.FlashDevice),
			"give it with --medium emmc (or ufs, combo …), or copy the header of a boot region of the same phone with --like BOOT_1")
	}
	u.Note("%s names flash device %d, so the boot region is for %s; --medium changes this", path, info.FlashDevice, medium)
	return medium, nil
}

func wrapPreloader(u *ui, o *wrapOptions, path string) error {
	img, err := source.OpenFile(path)
	if err != nil {
		return err
	}
	defer img.Close()
	opt := preloader.WrapOptions{Medium: o.medium, Boundary: o.boundary}
	if o.like != "" {
		like, err := source.OpenFile(o.like)
		if err != nil {
			return err
		}
		defer like.Close()
		opt.Like = like
	} else if opt.Medium == "" {
		if opt.Medium, err = mediumOf(u, img, path); err != nil {
			return err
		}
	}
	region, err := preloader.Wrap(img, opt)
	no, found := flash.AsRefusal(err), []flash.Problem(nil)
	switch {
	case no != nil && region != nil && o.force:
		found = []flash.Problem{{Severity: flash.Error, Place: path, Offset: no.Offset, Text: no.Text + "; wrapped because of --force"}}
		u.Problems(found)
	case no != nil:
		return words.Refuse(err, words.HintWrap)
	case err != nil:
		return words.WhatElse(path, "preloader", fmt.Errorf("%s: %w", path, err), nil)
	}
	if err := o.write(u, path, region, found); err != nil {
		return err
	}
	return words.Verdict(found)
}

func (o *wrapOptions) write(u *ui, path string, region []byte, found []flash.Problem) error {
	name := cmp.Or(o.output, strings.TrimSuffix(path, ".bin")+".region.bin")
	opt := split.FileOptions{Inputs: []string{path, o.like}, Force: o.force, Ours: split.Says("_BOOT\x00")}
	if err := writeBytes(name, region, opt); err != nil {
		return err
	}
	if err := u.Answer(document.WrappedPreloader{File: name, Size: int64(len(region)), Problems: found}); err != nil {
		return err
	}
	u.Say("%s: 0x%x bytes, to be written at the start of the boot region (of both, if the phone has two)", name, len(region))
	return nil
}
