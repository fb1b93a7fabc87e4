package commands

import (
	"context"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/words"
)

// blocksOptions are the options of blocks.
type blocksOptions struct {
	readOptions
	html, parts string
	full, force bool
}

func blocksCommand(u *ui) *cli.Command {
	o := &blocksOptions{readOptions: newReadOptions()}
	return &cli.Command{
		Name:      "blocks",
		Usage:     "show a map of the whole flash, on the screen or as an HTML page",
		ArgsUsage: "ROM_1",
		Description: "Shows every partition with its address, size, content and how much of it is used.\n" +
			"With --html it writes one HTML file that can be mailed or posted; it needs no network and no scripts.",
		Flags: flags.Of(flags.Fields(&o.html, &o.full, &o.scatter, &o.boot1, &o.force), flags.In(flags.GroupOutput,
			flags.Text(&o.html, "html", "write the map to `FILE` as an HTML page"),
			flags.Switch(&o.full, "full", "read every byte, not only samples of each partition"),
			flags.Text(&o.parts, "parts", "`FOLDER` of an earlier split; the map then shows its hashes"),
			flags.Switch(&o.force, "force f", "replace a page that blocks wrote earlier"),
		), o.readOptions.options()),
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			if o.html != "" && o.json {
				return usage("--html and --json cannot be used together; --html needs a file name")
			}
			d, err := o.openArgs(ctx, u, args)
			if err != nil {
				return err
			}
			defer d.Close()
			return blocks(ctx, u, o, d)
		}),
	}
}

func blocks(ctx context.Context, u *ui, o *blocksOptions, d *input) error {
	page := dump.PageOptions{Parts: o.parts, Full: o.full, Force: o.force}
	if o.html != "" {
		page.Inputs = slices.DeleteFunc(o.inputs(d), words.IsFolder)
		return writeMap(ctx, u, o, d, page)
	}
	r, err := d.Report(ctx, page)
	if err != nil {
		return err
	}
	return showMap(u, d, r)
}

// showMap prints the map or its JSON. It does not print the problems again that the map shows beside
// their rows.
func showMap(u *ui, d *input, r *report.Report) error {
	u.Bars.Clear()
	if u.JSON {
		if err := u.Document(r); err != nil {
			return err
		}
		u.Problems(r.Problems)
		return words.Verdict(r.Problems)
	}
	if err := r.Text(u.Out, u.MapOptions()); err != nil {
		return err
	}
	u.Problems(r.General())
	u.notCompared(d.Dump)
	d.missingPieces(u)
	return words.Verdict(r.Problems)
}

// writeMap writes the page.
func writeMap(ctx context.Context, u *ui, o *blocksOptions, d *input, page dump.PageOptions) error {
	r, err := d.WritePage(ctx, o.html, page)
	u.Bars.Clear()
	if err != nil {
		return refusedFile(err)
	}
	u.Problems(r.Problems)
	d.missingPieces(u)
	u.Say("%s: the map of %s, %d rows, in one file", o.html, r.File, len(r.Rows))
	printMissing(u, d.Layout.Missing)
	return words.Verdict(r.Problems)
}
