package commands

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/split"
	"github.com/mtkkit/mtkkit/words"
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
		Flags: flags.Of(flags.Fields(&o.output, &o.region, &o.wholeHash), []flags.Option{
			flags.Text(&o.output, "output o", "`FILE` to write"),
			flags.Text(&o.region, "region", "`REGION` to rebuild, such as EMMC_BOOT_1 (default: the dump's main file)"),
			flags.Switch(&o.wholeHash, "whole-hash", "a second SHA-256 over the whole dump"),
		}, o.options()),
		Action: u.doesOne(&o.displayOptions, "parts folder", func(ctx context.Context, dir string) error { return join(ctx, u, o, dir) }),
	}
}

// notJoined says what join wants, where there is no parts folder.
func notJoined(err error, dir string) error {
	if words.IsFile(dir) && !words.IsFolder(dir) {
		err = words.Reword(err, dir+": a file, not a folder")
	}
	if !words.IsFile(filepath.Join(dir, flash.ManifestName)) {
		return words.Advise(err, "join takes a folder that mtkkit split made, with its manifest.json")
	}
	return words.Refused(err)
}

// join puts the parts together. What of the result is no data stands in a map beside it.
func join(ctx context.Context, u *ui, o *joinOptions, dir string) error {
	if o.output == "" {
		return usage("where to? (mtkkit join %s -o ROM_1.again)", dir)
	}
	chart, made := filepath.Clean(o.output)+".map", false
	r, err := split.Join(ctx, dir, o.output, split.JoinOptions{
		Region:    flash.Region(strings.ToUpper(o.region)),
		WholeHash: o.wholeHash, Progress: u.Bars.Event, Beside: chart,
		Before: func(r *split.JoinReport) (err error) {
			made, err = archive.WriteMap(chart, r.Bytes, r.Unread, nil)
			return err
		},
	})
	if err != nil && made {
		err = errors.Join(err, os.Remove(chart))
	}
	u.Bars.Clear()
	if err != nil {
		return notJoined(err, dir)
	}
	return reportJoin(u, o.output, chart, r)
}

func reportJoin(u *ui, out, chart string, r *split.JoinReport) error {
	problems, proof := r.Problems(out), ", every byte proven by the manifest's hashes"
	if len(r.Unread) > 0 {
		proof = ", what was read proven by the manifest's hashes"
		problems = append(problems, flash.Problem{Severity: flash.Warning, Place: out, Offset: flash.NoOffset,
			Text: "not all of it are the phone's bytes: " + chart + " says which are not"})
	}
	if len(r.Unproven) > 0 {
		proof = ""
	}
	err := u.End(document.NewJoined(out, r, problems), problems)
	u.Say("%s: %s of %s, put together from %d files%s", out, flash.Size(r.Bytes), r.Source.Name, r.Files, proof)
	if r.SHA256 != "" {
		u.Say("sha256 %s", r.SHA256)
	}
	return err
}
