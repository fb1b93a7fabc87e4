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
		Usage:     "put a flashable preloader into the shape of a boot region",
		ArgsUsage: "preloader_<board>.bin",
		Description: "A preloader file does not tell for sure for which medium it is, nor how much room it has there:\n" +
			"--medium and --boundary say it, or --like copies both from a region of the same phone. Without\n" +
			"them, what the file names is taken and said; where it names no one medium, you are asked.",
		Flags: flags.Of(flags.Fields(&o.output, &o.medium, &o.boundary, &o.like, &o.force), []flags.Option{
			flags.Text(&o.output, "output o", "`FILE` to write (default: the preloader's name with .region.bin)"),
			flags.Taking(&o.medium, "medium storage", "`MEDIUM` to start from: emmc, ufs, combo, sdmmc or sf", "", o.takeMedium),
			flags.Choice(&o.boundary, "boundary", "end of the preloader's room: `max` (the default, as on phones) or file (as in older builds)", preloader.BoundaryMax, preloader.BoundaryFile),
			flags.Text(&o.like, "like", "boot-region `FILE` of the same phone, whose header is used as it is"),
			flags.Switch(&o.force, "force f", "wrap a preloader that does not prove too, and replace the output"),
		}, o.options()),
		Action: u.doesOne(&o.displayOptions, "preloader", func(_ context.Context, path string) error { return wrapPreloader(u, o, path) }),
	}
}

// takeMedium reads --medium.
func (o *wrapOptions) takeMedium(s string) error {
	if o.medium = preloader.MediumNamed(s); o.medium == "" {
		return fmt.Errorf("is emmc, ufs, combo, sdmmc or sf, not %q", s)
	}
	return nil
}

// mediumOf takes the medium that a preloader names, and says so. What is no preloader is
// left to who wraps it.
func mediumOf(u *ui, img flash.Image, path string) (string, error) {
	r, err := preloader.Read(img)
	if err != nil || r.Medium != preloader.MediumGFH || len(r.Files) == 0 {
		return "", nil
	}
	info := r.Files[0].Info
	medium := info.Medium()
	if medium == "" {
		return "", words.Advise(usage("for which medium is %s? It names flash device 0x%x, which stands for several", path, info.FlashDevice),
			"--medium emmc (or ufs, combo …) says it; --like BOOT_1 takes the header of a region of the same phone")
	}
	u.Note("%s names flash device %d, so a region of %s is made: --medium names another", path, info.FlashDevice, medium)
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
	u.Say("%s: 0x%x bytes, to be written at the start of the boot region (both of them, where there are two)", name, len(region))
	return nil
}
