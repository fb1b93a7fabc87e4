package commands

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
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
		Usage:     "join the files of a parts folder to the original dump, byte for byte",
		ArgsUsage: "ROM_1.parts",
		Flags: flags.Of(flags.Fields(&o.output, &o.region, &o.wholeHash), []flags.Option{
			flags.Text(&o.output, "output o", "`FILE` to write"),
			flags.Text(&o.region, "region", "`REGION` to write, such as EMMC_BOOT_1 (default: the dump's main file)"),
			flags.Switch(&o.wholeHash, "whole-hash", "also compute a SHA-256 of the whole dump"),
		}, o.options()),
		Action: u.doesOne(&o.displayOptions, "parts folder", func(ctx context.Context, dir string) error { return join(ctx, u, o, dir) }),
	}
}

// notJoined adds what join needs, if dir is not a parts folder.
func notJoined(err error, dir string) error {
	if words.IsFile(dir) && !words.IsFolder(dir) {
		err = words.Reword(err, dir+" is a file, not a folder")
	}
	if !words.IsFile(filepath.Join(dir, flash.ManifestName)) {
		return words.Advise(err, "join needs a folder that mtkkit split made, with its manifest.json")
	}
	return words.Refused(err)
}

// join joins the parts. If some ranges are not data of the phone, a map beside the result lists them.
func join(ctx context.Context, u *ui, o *joinOptions, dir string) error {
	if o.output == "" {
		return usage("-o is needed (mtkkit join %s -o ROM_1.again)", dir)
	}
	chart := filepath.Clean(o.output) + ".map"
	r, err := dump.Join(ctx, dir, o.output, split.JoinOptions{
		Region:    flash.Region(strings.ToUpper(o.region)),
		WholeHash: o.wholeHash, Progress: u.Bars.Event, Beside: chart,
		Before: func(r *split.JoinReport) ([]byte, error) {
			return archive.RescueMap(r.Bytes, r.Unread, nil), nil
		},
	})
	u.Bars.Clear()
	if err != nil {
		return notJoined(err, dir)
	}
	return reportJoin(u, o.output, chart, r)
}

func reportJoin(u *ui, out, chart string, r *split.JoinReport) error {
	problems, proof := r.Problems(out), ", every byte proven by the manifest's hashes"
	if len(r.Unread) > 0 {
		proof = ", every byte that was read is proven by the manifest's hashes"
		problems = append(problems, flash.Problem{Severity: flash.Warning, Place: out, Offset: flash.NoOffset,
			Text: "not all bytes are from the phone: " + chart + " lists the ranges that are not"})
	}
	if len(r.Unproven) > 0 {
		proof = ""
	}
	err := u.End(document.NewJoined(out, r, problems), problems)
	u.Say("%s: %s of %s, joined from %d files%s", out, flash.Size(r.Bytes), r.Source.Name, r.Files, proof)
	if r.SHA256 != "" {
		u.Say("sha256 %s", r.SHA256)
	}
	return err
}
