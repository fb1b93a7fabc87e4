package main

import (
	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
)

func backupRestoreCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "restore",
		Usage:     "the dump again, byte for byte, from an archive",
		ArgsUsage: "phone.tar.zst",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FILE` or FOLDER to write"},
			jsonFlag(), quietFlag(), progressFlag(),
		},
		Action: func(c *cli.Context) error {
			path, err := oneFile(c, "archive")
			if err != nil {
				return err
			}
			out := c.String("output")
			if out == "" {
				return usage("mtkkit backup restore: where to? (mtkkit backup restore %s -o ROM_1)", path)
			}
			if err := u.speak(c); err != nil {
				return err
			}
			src, err := source.Open(c.Context, path, source.Options{Progress: u.bars.event})
			if err != nil {
				return err
			}
			defer src.Close()
			r, err := split.WriteImage(c.Context, src.Parts[0].Image, out, split.ImageOptions{Inputs: src.Files, Progress: u.bars.event})
			if err != nil {
				return refused(err)
			}
			u.bars.clear()
			u.say("%s: %s", out, flash.Size(r.Size))
			return nil
		},
	}
}
