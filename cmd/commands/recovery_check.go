package commands

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/recovery"
	"github.com/mtkkit/mtkkit/source"
)

// recoveryOptions are the options of recovery check and build.
type recoveryOptions struct {
	dumpOptions
	rom   string // a dump of the phone
	stock string
	limit int64
}

func newRecoveryOptions() recoveryOptions {
	return recoveryOptions{dumpOptions: newDumpOptions(), limit: ramdiskLimit}
}

func recoveryCheckCommand(u *ui) *cli.Command {
	o := newRecoveryOptions()
	return &cli.Command{
		Name:      "check",
		Usage:     "whether this phone would start an image as its recovery, and why not",
		ArgsUsage: "IMG --for ROM_1",
		Description: "Compared are size, header, MediaTek headers, kernel, device tree, ramdisk, every path of its fstab files, and\n" +
			"what the phone's vbmeta will say. Exit code 3 when it would not start, or when something stands in the way.",
		Flags: flags.Of(flags.Fields(&o.rom, &o.stock, &o.scatter), flags.In(flags.GroupInput,
			flags.Text(&o.rom, "for", "`DUMP` of the phone; --scatter FILE alone checks sizes and paths only"),
			flags.Text(&o.stock, "stock", "`IMAGE` of the phone's own, recovery.img or boot.img, when the dump has none"),
			limitOption(&o.limit),
		), o.dumpOptions.options()),
		Action: u.doesOne(&o.displayOptions, "image", func(ctx context.Context, path string) error { return recoveryCheck(ctx, u, &o, path) }),
	}
}

func recoveryCheck(ctx context.Context, u *ui, o *recoveryOptions, path string) error {
	if o.rom+o.namesTable() == "" {
		return usage("for which phone? --for ROM_1, or --scatter FILE for sizes and paths only")
	}
	img, err := source.OpenFile(path)
	if err != nil {
		return err
	}
	defer img.Close()
	phone, done, err := openPhone(ctx, u, o)
	if err != nil {
		return err
	}
	defer done()
	u.Bars.Clear()
	if o.stock != "" {
		own, err := source.OpenFile(o.stock)
		if err != nil {
			return err
		}
		defer own.Close()
		if !boot.Sniff(own) {
			return fmt.Errorf("%s is no boot image", o.stock)
		}
		phone.Stock = own
	}
	v, err := recovery.Check(ctx, recovery.Source{Name: filepath.Base(path), Image: img}, phone, o.limit)
	if err != nil {
		return err
	}
	u.Say("%s", v.Line)
	return u.End(document.CheckedRecovery{Path: path, Verdict: v}, v.Reasons)
}
