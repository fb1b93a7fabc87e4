package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/document"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/words"
)

func infoCommand(u *ui) *cli.Command {
	o, options := listOptions()
	return &cli.Command{
		Name:      "info",
		Usage:     "show what a file is; for a dump: chip, storage, regions, tables, what is missing",
		ArgsUsage: "ROM_1",
		Flags:     options,
		Action: u.does(&o.displayOptions, func(ctx context.Context, args []string) error {
			d, err := o.openArgs(ctx, u, args)
			if other := (*dump.NotDump)(nil); errors.As(err, &other) {
				return tellKind(u, other, err)
			}
			if err != nil {
				return err
			}
			defer d.Close()
			return describe(u, d)
		}),
	}
}

// describe prints what is known of a dump.
func describe(u *ui, d *input) error {
	i := document.NewInfo(d.Dump)
	if u.JSON {
		if err := u.Document(i); err != nil {
			return err
		}
	} else {
		printInfo(u, i)
	}
	u.Problems(i.Problems)
	d.missingPieces(u)
	return words.Verdict(i.Problems)
}

var generations = map[flash.Generation]string{
	"gpt":     "GPT",
	"ebr":     "MBR and EBR chain (2012–2015 generation)",
	"claim":   "none in the dump: the rows are from the file that you gave",
	"content": "none: all partitions are guessed from the content of the dump",
	"boot":    "none: this is a boot region, not a user area",
}

func printInfo(u *ui, i *document.Info) {
	row := func(k, format string, a ...any) { u.Say("  %-11s %s", k, fmt.Sprintf(format, a...)) }
	u.Say("%s", i.Path)
	if i.Generation == flash.GenerationPackage {
		printPackage(row, i)
		return
	}
	row("chip", "%s", fact(i.Chip))
	row("project", "%s", fact(i.Project))
	row("storage", "%s", storageWord(i.Storage))
	for _, f := range i.Build {
		row("build", "%s (from %s)", f.Value, f.From)
	}
	for _, s := range words.IMEIs(i.Numbers) {
		row("imei", "%s", s)
	}
	row("table", "%s", generations[i.Generation])
	if n := len(i.Partitions); n > 0 {
		row("partitions", "%d, from %s", n, i.Witness)
	}
	for _, r := range i.Regions {
		row("region", "%-11s %s (0x%x bytes) in %s", r.Region, flash.Size(r.Size), r.Size, r.File)
	}
	for _, p := range i.Preloader {
		proof := "hash NOT proven"
		if p.Proven {
			proof = "hash proven"
		}
		row("preloader", "%s, 0x%x bytes in %s, %s", p.Name, p.Length, p.Medium, proof)
	}
	switch {
	case i.Generation == "boot":
		row("next", "mtkkit preloader info %s", words.Quoted(i.Path))
	case len(i.Missing) > 0:
		row("complete", "no")
	case i.Unfinished:
		row("complete", "no: the dump was never finished")
	case i.DeviceSize > 0:
		row("complete", "yes: the size in the table is 0x%x bytes", i.DeviceSize)
	default:
		row("complete", "not known: this kind of table does not have the device's size; it is at least 0x%x bytes", i.AtLeast)
	}
	if i.NotProven > 0 {
		row("proof", "%d of its files were not compared with the manifest's hashes: mtkkit verify %s", i.NotProven, words.Quoted(i.Path))
	}
	printMissing(u, i.Missing)
}

// printPackage prints what is known of a firmware package.
func printPackage(row func(k, format string, a ...any), i *document.Info) {
	row("is", "a firmware package with %s, %s", counted(len(i.Partitions), "image"), flash.Size(i.Size))
	for _, s := range i.Package {
		row("holds", "%s", s)
	}
	row("chip", "%s", fact(i.Chip))
	row("project", "%s", fact(i.Project))
	for _, f := range i.Build {
		row("build", "%s (from %s)", f.Value, f.From)
	}
	path := words.Quoted(i.Path)
	row("next", "mtkkit list %s shows its images; mtkkit split %s writes them, mtkkit cat %s NAME -o FILE one of them", path, path, path)
}

// printMissing prints the ranges that are still to be read, as SP Flash Tool's read-back dialog needs
// them. A sparse file may leave out thousands of ranges; only the first of them are listed.
func printMissing(u *ui, missing []layout.Range) {
	const most = 64
	if n := len(missing) - most; n > 1 {
		defer u.Say("  %-11s and %d more ranges: --json lists all of them", "missing", n)
		missing = missing[:most]
	}
	for _, m := range missing {
		u.Say("  %-11s still to be read: region %s, start address 0x%x, length 0x%x (%s)", "missing",
			m.Region, m.Offset, m.Length, flash.Size(m.Length))
	}
}

func fact(f layout.Fact) string {
	if f.Value == "" {
		return "unknown"
	}
	return fmt.Sprintf("%s (from %s)", f.Value, f.From)
}

func storageWord(s flash.Storage) string {
	return strings.NewReplacer("EMMC", "eMMC").Replace(string(s))
}
