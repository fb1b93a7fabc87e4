package main

import (
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/report"
)

func blocksCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "blocks",
		Usage:     "the blocks map: the whole flash at a glance, on screen or as a page",
		ArgsUsage: "ROM_1",
		Description: "Shows every partition with its address, size, content and how much of it is used.\n" +
			"With --html it writes one file that can be mailed or posted: no network and no script needed to read it.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "html", Usage: "write the map to `FILE` as a page"},
			&cli.BoolFlag{Name: "full", Usage: "read every byte instead of a few spots of each partition"},
			&cli.StringFlag{Name: "parts", Usage: "`FOLDER` of an earlier split: its hashes go into the map"},
			&cli.BoolFlag{Name: "force", Aliases: []string{"f"}, Usage: "replace a page that blocks wrote earlier"},
		}, append(dumpFlags(), phoneFlags()...)...),
		Before: func(c *cli.Context) error {
			if c.IsSet("html") && (c.Bool("json") || c.String("html") == "") {
				return usage("mtkkit blocks: --html takes a file name, and is given instead of --json")
			}
			return nil
		},
		Action: withDump(u, func(c *cli.Context, d *dump) error {
			facts, err := d.facts(c)
			if err != nil {
				return err
			}
			facts.Full, facts.Progress = c.Bool("full"), u.bars.event
			if page := c.String("html"); page != "" {
				return writeMap(c, u, d, facts, page)
			}
			r, err := report.Build(c.Context, facts)
			if err != nil {
				return err
			}
			return showMap(u, d, r)
		}),
	}
}

// showMap prints the map, or its JSON; problems that the map shows beside their rows
// are not told twice.
func showMap(u *ui, d *dump, r *report.Report) error {
	u.bars.clear()
	if u.json {
		if err := u.document(r); err != nil {
			return err
		}
		u.problems(r.Problems)
		return verdict(r.Problems)
	}
	if err := r.Text(u.out, textOptions(u)); err != nil {
		return err
	}
	u.problems(r.General())
	d.missingPieces(u)
	return verdict(r.Problems)
}

// writeMap writes the page. Whether that is allowed is asked before the dump is read.
func writeMap(c *cli.Context, u *ui, d *dump, facts report.Facts, page string) error {
	out := outFile{path: page, inputs: inputs(c, d.path), force: c.Bool("force"), ours: report.Generator}
	if err := out.refuse(); err != nil {
		return err
	}
	r, err := report.Build(c.Context, facts)
	if err != nil {
		return err
	}
	u.bars.clear()
	if err := out.write(func(w io.Writer) error { return r.HTML(w) }); err != nil {
		return err
	}
	u.problems(r.Problems)
	d.missingPieces(u)
	u.say("%s: the map of %s, %d rows, one file of its own", page, r.File, len(r.Rows))
	printMissing(u, d.lay.Missing)
	return verdict(r.Problems)
}

// textOptions says what standard output can show.
func textOptions(u *ui) report.TextOptions {
	return report.TextOptions{
		Width:   u.width,
		Color:   u.outTTY && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
		Unicode: os.Getenv("TERM") != "dumb" && utf8Locale(),
		Exact:   hintFull, Pictures: hintPictures,
	}
}

// utf8Locale asks the environment as programs do: LC_ALL before LC_CTYPE before LANG.
func utf8Locale() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := os.Getenv(name); v != "" {
			v = strings.ToLower(strings.ReplaceAll(v, "-", ""))
			return strings.Contains(v, "utf8")
		}
	}
	return false
}
