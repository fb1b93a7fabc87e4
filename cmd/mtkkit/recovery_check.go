package main

import (
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/image/boot"
	"github.com/mtkkit/mtkkit/recovery"
	"github.com/mtkkit/mtkkit/source"
)

func recoveryCheckCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "whether this phone would start an image as its recovery, and why not",
		ArgsUsage: "IMG --for ROM_1",
		Description: "Compared are size, header, MediaTek headers, kernel, device tree, ramdisk, every path of its fstab files, and\n" +
			"what the phone's vbmeta will say. Exit code 3 when it would not start, or when something stands in the way.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "for", Usage: "`DUMP` of the phone; --scatter FILE alone checks sizes and paths only"},
			&cli.StringFlag{Name: "stock", Usage: "`IMAGE` of the phone's own, recovery.img or boot.img, when the dump has none"},
			limitFlag(),
		}, dumpFlags()...),
		Action: func(c *cli.Context) error {
			path, err := oneFile(c, "image")
			if err != nil {
				return err
			}
			if c.String("for")+c.String("scatter")+c.String("table") == "" {
				return usage("mtkkit recovery check: for which phone? --for ROM_1, or --scatter FILE for sizes and paths only")
			}
			if err := u.speakOld(c); err != nil {
				return err
			}
			return recoveryCheck(c, u, path)
		},
	}
}

func recoveryCheck(c *cli.Context, u *ui, path string) error {
	limit, err := ramdiskLimit(c)
	if err != nil {
		return err
	}
	img, err := source.OpenFile(path)
	if err != nil {
		return err
	}
	defer img.Close()
	phone, done, err := openPhone(c, u)
	if err != nil {
		return err
	}
	defer done()
	u.bars.clear()
	if stock := c.String("stock"); stock != "" {
		own, err := source.OpenFile(stock)
		if err != nil {
			return err
		}
		defer own.Close()
		if !boot.Sniff(own) {
			return fmt.Errorf("%s is no boot image", stock)
		}
		phone.Stock = own
	}
	v, err := recovery.Check(c.Context, recovery.Source{Name: filepath.Base(path), Image: img}, phone, limit)
	if err != nil {
		return err
	}
	if u.json {
		if err := u.document(struct {
			Schema string `json:"schema"`
			File   string `json:"file"`
			*recovery.Verdict
		}{"mtkkit.recovery-check/1", path, v}); err != nil {
			return err
		}
	}
	u.say("%s", v.Line)
	u.problems(v.Reasons)
	return verdict(v.Reasons)
}
