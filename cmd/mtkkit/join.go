package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/split"
)

func joinCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "join",
		Usage:     "put a parts folder together again: the dump, byte for byte",
		ArgsUsage: "ROM_1.parts",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FILE` to write"},
			&cli.StringFlag{Name: "region", Usage: "`REGION` to rebuild, such as EMMC_BOOT_1 (default: the dump's main file)"},
			&cli.BoolFlag{Name: "whole-hash", Usage: "a second SHA-256 over the whole dump"},
			jsonFlag(), quietFlag(), progressFlag(),
		},
		Action: func(c *cli.Context) error {
			dir, err := oneFile(c, "parts folder")
			if err != nil {
				return err
			}
			out := c.String("output")
			if out == "" {
				return usage("mtkkit join: where to? (mtkkit join %s -o ROM_1.again)", dir)
			}
			if err := u.speak(c); err != nil {
				return err
			}
			r, err := split.Join(c.Context, dir, out, split.JoinOptions{
				Region:    flash.Region(strings.ToUpper(c.String("region"))),
				WholeHash: c.Bool("whole-hash"), Progress: u.bars.event,
			})
			u.bars.clear()
			if _, none := os.Stat(filepath.Join(dir, flash.ManifestName)); err != nil && none != nil {
				return hinted{err, []string{"join takes a folder that mtkkit split made, with its manifest.json"}}
			}
			if err != nil {
				return refused(err)
			}
			return reportJoin(u, out, r)
		},
	}
}

// joined is the JSON document of join.
type joined struct {
	Schema   string   `json:"schema"`
	Output   string   `json:"output"`
	Size     int64    `json:"size"`
	SHA256   string   `json:"sha256,omitempty"`
	Files    int      `json:"files"`
	Unproven []string `json:"unproven,omitempty"`
}

// reportJoin says what was joined, and of which parts nobody can say that they are
// unchanged: those of a split that took no hashes.
func reportJoin(u *ui, out string, r *split.JoinReport) error {
	if u.json {
		if err := u.document(joined{"mtkkit.join/1", out, r.Bytes, r.SHA256, r.Files, r.Unproven}); err != nil {
			return err
		}
	}
	if len(r.Unproven) > 0 {
		u.say("%s: %s of %s, put together from %d files", out, flash.Size(r.Bytes), r.Source.Name, r.Files)
		u.problems([]flash.Problem{{Severity: flash.Warning, Place: out, Offset: flash.NoOffset,
			Text: fmt.Sprintf("%d of %d files have no hash in the manifest: nothing proves that they are unchanged", len(r.Unproven), r.Files)}})
		return errProblems
	}
	u.say("%s: %s of %s, put together from %d files, every byte proven by the manifest's hashes", out, flash.Size(r.Bytes), r.Source.Name, r.Files)
	if r.SHA256 != "" {
		u.say("sha256 %s", r.SHA256)
	}
	return nil
}
