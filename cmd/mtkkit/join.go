package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/archive"
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
			if err := u.speakOld(c); err != nil {
				return err
			}
			r, err := join(c, u, dir, out)
			u.bars.clear()
			if st, serr := os.Stat(dir); err != nil && serr == nil && !st.IsDir() {
				err = hidden{err, dir + ": a file, not a folder"}
			}
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

// join puts the parts together. What of the result is no data stands in a map beside it.
func join(c *cli.Context, u *ui, dir, out string) (*split.JoinReport, error) {
	chart, made := filepath.Clean(out)+".map", false
	r, err := split.Join(c.Context, dir, out, split.JoinOptions{
		Region:    flash.Region(strings.ToUpper(c.String("region"))),
		WholeHash: c.Bool("whole-hash"), Progress: u.bars.event, Beside: chart,
		Before: func(r *split.JoinReport) (err error) {
			made, err = archive.WriteMap(chart, r.Bytes, r.Unread, nil)
			return err
		},
	})
	if err != nil && made {
		err = errors.Join(err, os.Remove(chart))
	}
	return r, err
}

// joined is the JSON document of join.
type joined struct {
	Schema   string   `json:"schema"`
	Output   string   `json:"output"`
	Size     int64    `json:"size"`
	SHA256   string   `json:"sha256,omitempty"`
	Files    int      `json:"files"`
	Unproven []string `json:"unproven,omitempty"`

	Problems []flash.Problem `json:"problems"`
}

// reportJoin says what was joined, and of which parts nobody can say that they are
// unchanged: those of a split that took no hashes.
func reportJoin(u *ui, out string, r *split.JoinReport) error {
	problems, proof := slices.Concat(r.Lacking), ", every byte proven by the manifest's hashes"
	if len(r.Unread) > 0 {
		proof = ", what was read proven by the manifest's hashes"
		problems = append(problems, flash.Problem{Severity: flash.Warning, Place: out, Offset: flash.NoOffset,
			Text: "not all of it are the phone's bytes: " + filepath.Clean(out) + ".map says which are not"})
	}
	if len(r.Unproven) > 0 {
		proof = ""
		problems = append(problems, flash.Problem{Severity: flash.Warning, Place: out, Offset: flash.NoOffset,
			Text: fmt.Sprintf("%d of %d files have no hash in the manifest: nothing proves that they are unchanged", len(r.Unproven), r.Files)})
	}
	if u.json {
		if err := u.document(joined{"mtkkit.join/1", out, r.Bytes, r.SHA256, r.Files, r.Unproven, problems}); err != nil {
			return err
		}
	}
	u.problems(problems)
	u.say("%s: %s of %s, put together from %d files%s", out, flash.Size(r.Bytes), r.Source.Name, r.Files, proof)
	if r.SHA256 != "" {
		u.say("sha256 %s", r.SHA256)
	}
	return verdict(problems)
}
