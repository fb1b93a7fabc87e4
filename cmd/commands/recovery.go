package commands

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/recovery"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
	"github.com/mtkkit/mtkkit/whatis"
	"github.com/mtkkit/mtkkit/words"
)

func recoveryCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:  "recovery",
		Usage: "unpack, repack, build and check recovery and boot images",
		Subcommands: []*cli.Command{
			recoveryUnpackCommand(u), recoveryRepackCommand(u), recoveryBuildCommand(u), recoveryCheckCommand(u),
		},
	}
}

// ramdiskLimit is the default limit for the size of all unpacked ramdisks, bytes.
const ramdiskLimit = 512 << 20

func limitOption(p *int64) flags.Option {
	return flags.Size(p, "ramdisk-limit", "largest `SIZE` of all unpacked ramdisks together", 1, "512M")
}

// folderOptions are the options of recovery unpack and repack.
type folderOptions struct {
	displayOptions
	output string
	limit  int64
}

// foldering completes the command c with the options and the action that unpack and repack share.
func foldering(u *ui, c *cli.Command, output, what string, do func(context.Context, *ui, *folderOptions, string) error) *cli.Command {
	o := &folderOptions{displayOptions: newDisplay(), limit: ramdiskLimit}
	c.Flags = flags.Of(flags.Fields(&o.output, &o.limit), []flags.Option{flags.Text(&o.output, "output o", output), limitOption(&o.limit)}, o.options())
	c.Action = u.doesOne(&o.displayOptions, what, func(ctx context.Context, path string) error { return do(ctx, u, o, path) })
	return c
}

func recoveryUnpackCommand(u *ui) *cli.Command {
	return foldering(u, &cli.Command{
		Name:      "unpack",
		Usage:     "unpack a boot, recovery, init_boot or vendor_boot image into a folder, to look at and edit",
		ArgsUsage: "recovery.img",
		Description: "ramdisk.list, beside the files, has the modes, owners, links and devices, so that nothing is lost on any\n" +
			"system and no root is needed. image.json is the header.",
	}, "`FOLDER` to make (default: the image's name with .unpacked)", "image", recoveryUnpack)
}

func recoveryUnpack(_ context.Context, u *ui, o *folderOptions, path string) error {
	img, err := source.OpenFile(path)
	if err != nil {
		return err
	}
	defer img.Close()
	un, err := recovery.Unpack(img, o.limit)
	if err != nil {
		return words.WhatElse(path, "boot image", fmt.Errorf("%s: %w", path, err), takeOut)
	}
	dir := cmp.Or(o.output, words.OutputBeside(path, ".unpacked"))
	if err := split.WriteTree(dir, un.Files); err != nil {
		return words.Refused(err)
	}
	printRecord(u, dir, un.Record)
	return u.End(document.UnpackedImage{Folder: dir, Image: un.Record, Problems: un.Problems}, un.Problems)
}

// takeOut says how an image is taken out of a file with many.
var takeOut = map[whatis.Kind]string{
	whatis.Zip:     "in a firmware package: mtkkit cat %s boot -o boot.img takes the image out",
	whatis.Tar:     "in a firmware package: mtkkit cat %s boot -o boot.img takes the image out",
	whatis.Payload: "mtkkit cat %s boot -o boot.img takes the image out",
}

func printRecord(u *ui, dir string, r recovery.Record) {
	u.Say("%s: %s image, header version %d, pages of %d bytes", dir, r.Kind, r.Version, r.Page)
	for _, p := range r.Parts {
		what := cmp.Or(p.File, p.Tree+"/ and "+p.List)
		if p.Compression != "" {
			what += " (" + p.Compression + ")"
		}
		if p.Section != "" {
			what += ", MediaTek header " + p.Section
		}
		if p.Label != "" {
			what += ", " + p.Label
		}
		u.Say("  %-14s 0x%-8x %s", p.Name, p.Size, what)
	}
	f := r.Facts
	for _, row := range [][2]string{{"command line", f.Cmdline}, {"board", f.Board}, {"os version", strings.TrimSpace(f.OSVersion + " " + f.PatchLevel)}} {
		if row[1] != "" {
			u.Say("  %-14s %s", row[0], row[1])
		}
	}
}

func recoveryRepackCommand(u *ui) *cli.Command {
	return foldering(u, &cli.Command{
		Name:      "repack",
		Usage:     "make an image from an unpacked folder; if nothing was changed, it is equal to the original, byte for byte",
		ArgsUsage: "FOLDER",
	}, "`FILE` to write (default: the image's name with .repacked.img)", "folder", recoveryRepack)
}

const unpackHint = "make such a folder with mtkkit recovery unpack"

func recoveryRepack(ctx context.Context, u *ui, o *folderOptions, dir string) error {
	folder, err := disk.OpenFolder(dir) // an untrusted folder may have links
	if err != nil {
		return words.Advise(err, unpackHint)
	}
	defer folder.Close()
	img, err := source.OpenFileIn(folder, recovery.OriginalName)
	if err != nil {
		return words.Advise(err, unpackHint)
	}
	defer img.Close()
	out, err := recovery.Repack(disk.Inside{Root: folder}, img, o.limit)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	name := cmp.Or(o.output, strings.TrimSuffix(filepath.Clean(dir), ".unpacked")+".repacked.img")
	opt := split.ImageOptions{Inputs: []string{filepath.Join(dir, recovery.OriginalName)}, ReadBack: true}
	if _, err := split.WriteImage(ctx, out.Image, name, opt); err != nil {
		return words.Refused(err)
	}
	same := ", equal to " + recovery.OriginalName
	for _, ch := range out.Changed {
		u.Say("changed: %s", ch)
		same = ""
	}
	u.Say("%s: 0x%x bytes%s", name, out.Image.Size(), same)
	return u.End(document.NewRepackedImage(name, out), out.Problems)
}
