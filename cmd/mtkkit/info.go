package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/cmd/flags"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/report"
)

func infoCommand(u *ui) *cli.Command {
	o, options := listOptions()
	return &cli.Command{
		Name:      "info",
		Usage:     "what is this file? chip, storage, regions, tables, what is missing",
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

// describe says what is known of a dump.
func describe(u *ui, d *input) error {
	i := newInfo(d)
	if p, err := d.Plan(plan.Wishes{}); err == nil { // names that no file can have are found there
		i.Problems = p.Problems
	}
	if f, err := d.Facts(); err == nil { // a plan that cannot be made is no reason to say nothing
		i.Build = report.Software(f.Rows)
		i.found(report.FindIMEIs(f.Rows))
	}
	if u.json {
		if err := u.document(i); err != nil {
			return err
		}
	} else {
		i.print(u)
	}
	u.problems(i.Problems)
	d.missingPieces(u)
	return verdict(i.Problems)
}

// info is what is known of a dump; the same struct is printed and written as JSON.
type info struct {
	Schema     string           `json:"schema"`
	File       string           `json:"file"`
	Chip       layout.Fact      `json:"chip"`
	Project    layout.Fact      `json:"project"`
	Storage    flash.Storage    `json:"storage"`
	Build      []report.Fact    `json:"build"` // what its software says about itself
	Generation flash.Generation `json:"generation"`
	Witness    flash.Witness    `json:"witness"`
	Regions    []infoRegion     `json:"regions"`
	Partitions int              `json:"partitions"`
	Size       int64            `json:"size"`
	DeviceSize int64            `json:"device_size,omitempty"`
	AtLeast    int64            `json:"device_at_least,omitempty"`
	Complete   bool             `json:"complete"`
	Missing    []layout.Range   `json:"missing,omitempty"`
	Preloader  []infoPreloader  `json:"preloader,omitempty"`
	IMEIs      []imeiState      `json:"imei"` // without the numbers
	Problems   []flash.Problem  `json:"problems"`

	imeis      []report.IMEIs
	unfinished bool
}

type infoRegion struct {
	Region flash.Region `json:"region"`
	File   string       `json:"file"`
	Size   int64        `json:"size"`
}

type infoPreloader struct {
	Region flash.Region `json:"region"`
	Name   string       `json:"name"`
	Medium string       `json:"medium"`
	Length int64        `json:"length"`
	Proven bool         `json:"proven"`
}

func newInfo(d *input) *info {
	l := d.Layout
	i := &info{
		Schema: "mtkkit.info/1", File: d.Path, Chip: l.Chip, Project: l.Project, Storage: d.Source.Storage,
		Generation: l.Generation, Witness: l.Witness, Partitions: len(l.Table.Partitions),
		Size: l.Have, DeviceSize: l.DeviceSize, AtLeast: l.AtLeast, Missing: l.Missing, Problems: l.Problems,
		IMEIs: []imeiState{}, Complete: l.Complete() && !d.Source.Unfinished, unfinished: d.Source.Unfinished,
	}
	for _, p := range d.Source.Parts {
		i.Regions = append(i.Regions, infoRegion{p.Region, p.Source, p.Image.Size()})
	}
	for _, b := range l.Boots {
		if b.Header == nil {
			continue
		}
		for _, f := range b.Header.Files {
			i.Preloader = append(i.Preloader, infoPreloader{b.Part.Region, f.FileName, b.Header.Medium, f.Extent.Length, f.Proof.OK})
		}
	}
	return i
}

var generations = map[flash.Generation]string{
	"gpt":     "GPT",
	"ebr":     "MBR and EBR chain (2012–2015 generation)",
	"claim":   "none in the dump: the rows of the file you gave",
	"content": "none: every partition is a guess from what stands in the dump",
	"boot":    "none: this is a boot region, not a user area",
}

func (i *info) print(u *ui) {
	row := func(k, format string, a ...any) { u.say("  %-11s %s", k, fmt.Sprintf(format, a...)) }
	u.say("%s", i.File)
	row("chip", "%s", fact(i.Chip))
	row("project", "%s", fact(i.Project))
	row("storage", "%s", storageWord(i.Storage))
	for _, f := range i.Build {
		row("build", "%s (from %s)", f.Value, f.From)
	}
	for _, s := range imeiWords(i.imeis) {
		row("imei", "%s", s)
	}
	row("table", "%s", generations[i.Generation])
	if i.Partitions > 0 {
		row("partitions", "%d, by %s", i.Partitions, i.Witness)
	}
	for _, r := range i.Regions {
		row("region", "%-11s %s (0x%x bytes) in %s", r.Region, flash.Size(r.Size), r.Size, r.File)
	}
	for _, p := range i.Preloader {
		proof := "its hash does NOT prove"
		if p.Proven {
			proof = "hash proven"
		}
		row("preloader", "%s, 0x%x bytes in %s, %s", p.Name, p.Length, p.Medium, proof)
	}
	switch {
	case i.Generation == "boot":
		row("next", "mtkkit preloader info %s", flags.Quoted(i.File))
	case len(i.Missing) > 0:
		row("complete", "no")
	case i.unfinished:
		row("complete", "no: it was never finished")
	case i.DeviceSize > 0:
		row("complete", "yes: the table says 0x%x bytes", i.DeviceSize)
	default:
		row("complete", "not provable: this kind of table does not state the device's size; it needs at least 0x%x", i.AtLeast)
	}
	printMissing(u, i.Missing)
}

// printMissing names what is still to be read the way SP Flash Tool's read-back
// dialog wants it. Nobody types in thousands of places, which a sparse file may leave out.
func printMissing(u *ui, missing []layout.Range) {
	const most = 64
	if n := len(missing) - most; n > 1 {
		defer u.say("  %-11s and %d more places: --json has them all", "missing", n)
		missing = missing[:most]
	}
	for _, m := range missing {
		u.say("  %-11s still to be read: region %s, start address 0x%x, length 0x%x (%s)", "missing",
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
