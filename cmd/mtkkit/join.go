package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/split"
)

// joinOptions are the options of join.
type joinOptions struct {
	displayOptions
	output    string
	region    string
	wholeHash bool
}

func joinCommand(u *ui) *cli.Command {
	o := &joinOptions{displayOptions: newDisplay()}
	return &cli.Command{
		Name:      "join",
		Usage:     "put a parts folder together again: the dump, byte for byte",
		ArgsUsage: "ROM_1.parts",
		Flags: flagsOf(fields(&o.output, &o.region, &o.wholeHash), []option{
			textOption(&o.output, "output o", "`FILE` to write"),
			textOption(&o.region, "region", "`REGION` to rebuild, such as EMMC_BOOT_1 (default: the dump's main file)"),
			flagOption(&o.wholeHash, "whole-hash", "a second SHA-256 over the whole dump"),
		}, o.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			dir, err := one(args, "parts folder")
			if err != nil {
				return err
			}
			if o.output == "" {
				return usage("where to? (mtkkit join %s -o ROM_1.again)", dir)
			}
			r, err := join(ctx, u, o, dir)
			u.bars.clear()
			if err != nil {
				return notJoined(err, dir)
			}
			return reportJoin(u, o.output, r)
		}),
	}
}

// notJoined says what join wants, where there is no parts folder.
func notJoined(err error, dir string) error {
	if isFile(dir) && !isFolder(dir) {
		err = hidden{err, dir + ": a file, not a folder"}
	}
	if !isFile(filepath.Join(dir, flash.ManifestName)) {
		return hinted{err, []string{"join takes a folder that mtkkit split made, with its manifest.json"}}
	}
	return refused(err)
}

// join puts the parts together. What of the result is no data stands in a map beside it.
func join(ctx context.Context, u *ui, o *joinOptions, dir string) (*split.JoinReport, error) {
	chart, made := mapOf(o.output), false
	r, err := split.Join(ctx, dir, o.output, split.JoinOptions{
		Region:    flash.Region(strings.ToUpper(o.region)),
		WholeHash: o.wholeHash, Progress: u.bars.event, Beside: chart,
		Before: func(r *split.JoinReport) (err error) {
			made, err = writeHoles(chart, r.Bytes, r.Unread, nil)
			return err
		},
	})
	if err != nil && made {
		err = errors.Join(err, os.Remove(chart))
	}
	return r, err
}

// mapOf is the map beside a file.
func mapOf(out string) string { return filepath.Clean(out) + ".map" }

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
			Text: "not all of it are the phone's bytes: " + mapOf(out) + " says which are not"})
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
