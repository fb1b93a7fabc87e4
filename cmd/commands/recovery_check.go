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
		Usage:     "check whether this phone would start an image as its recovery; if not, say why",
		ArgsUsage: "IMG --for ROM_1",
		Description: "Checks size, header, MediaTek headers, kernel, device tree, ramdisk, every path in the fstab files, and the\n" +
			"phone's vbmeta. Exit code 3: the phone would not start it, or something has to be done first.",
		Flags: flags.Of(flags.Fields(&o.rom, &o.stock, &o.scatter), flags.In(flags.GroupInput,
			flags.Text(&o.rom, "for", "`DUMP` of the phone; with --scatter FILE instead, only sizes and paths are checked"),
			flags.Text(&o.stock, "stock", "the phone's own `IMAGE`, recovery.img or boot.img, if the dump does not have it"),
			limitOption(&o.limit),
		), o.dumpOptions.options()),
		Action: u.doesOne(&o.displayOptions, "image", func(ctx context.Context, path string) error { return recoveryCheck(ctx, u, &o, path) }),
	}
}

func recoveryCheck(ctx context.Context, u *ui, o *recoveryOptions, path string) error {
	if o.rom+o.namesTable() == "" {
		return usage("the phone is needed: --for ROM_1, or --scatter FILE to check only sizes and paths")
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
			return fmt.Errorf("%s is not a boot image", o.stock)
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
