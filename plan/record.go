package plan

import (
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// Outputs lists the files to make, each once.
func (p *Plan) Outputs() []flash.Output {
	var out []flash.Output
	for _, it := range p.Items {
		if it.Write {
			out = append(out, flash.Output{Name: it.File, Image: it.Image, OmitZero: it.Kind == "gap"})
		}
	}
	return out
}

// Record writes the plan down as a manifest. The mover adds what it finds out: sums,
// and which gaps hold nothing but zeros.
func (p *Plan) Record(tool string) *flash.Manifest {
	m := &flash.Manifest{
		Schema: flash.ManifestSchema, Tool: tool, Kind: "parts",
		Chip: p.facts.Chip, Project: p.facts.Project, Storage: p.dev.Storage, Table: p.facts.Witness,
		Complete: true, Problems: p.Problems,
	}
	for _, part := range p.dev.Parts {
		m.Sources = append(m.Sources, flash.ManifestSource{Name: part.Source, Region: part.Region, Offset: part.Base, Size: part.Image.Size()})
	}
	for _, it := range p.Items {
		if it.Skipped && it.Kind != "preloader" {
			m.Complete = false
		}
		m.Entries = append(m.Entries, it.ManifestEntry)
	}
	return m
}

// Scatter writes the scatter file that describes the parts: every row of the table,
// each with the file that restores it. A row of which nothing, or not all, is at hand
// is listed without a file, so that no tool flashes half of a partition.
//
// It departs from a vendor's file on purpose: rows that a firmware package protects
// (nvram, proinfo …) are restorable here, for it is the phone's own data.
//
// Where there is a trimmed copy, its row names that: a flash tool takes a file shorter
// than its partition and is done sooner, and who asks for trimmed copies wants them
// used. Sparse files are not named: old download agents do not know them.
func (p *Plan) Scatter() []byte {
	spec := scatter.Spec{
		Platform: p.facts.Chip, Project: p.facts.Project, Storage: p.dev.Storage,
		UserSize: p.facts.DeviceSize, Rows: []flash.Partition{p.preloaderRow()},
	}
	p.Private = nil
	for _, row := range p.tableRows() {
		spec.Rows = append(spec.Rows, p.restorable(row))
	}
	for _, it := range p.Items {
		if it.Kind == "excerpt" && !slices.Contains(p.Private, it.Name) {
			p.Private = append(p.Private, it.Name)
		}
	}
	return scatter.Build(spec).Encode()
}

// tableRows are the rows of the user area in the table's own order, with the reserved
// ones that were not carved.
func (p *Plan) tableRows() []flash.Partition {
	var rows []flash.Partition
	for _, row := range p.facts.Table.Partitions {
		if row.Region.IsUser() && row.Name != "" {
			rows = append(rows, row)
		}
	}
	return rows
}

// preloaderRow is the first row of every scatter file.
func (p *Plan) preloaderRow() flash.Partition {
	name := "preloader"
	row := flash.Partition{Name: name, Region: p.dev.Storage.Boot1(), Extent: flash.Extent{Length: 0x40000}}
	for _, r := range p.facts.Table.Partitions {
		if r.Region.IsBoot() && scatter.Canonical(r.Name) == name {
			row = r
			break
		}
	}
	row.File, row.Download, row.Type, row.Operation = "", false, "SV5_BL_BIN", "BOOTLOADERS"
	for _, it := range p.Items {
		if it.Kind == "preloader" && it.Write {
			row.File, row.Download = it.File, true
			row.Length = max(row.Length, it.Length)
			break
		}
	}
	return row
}

// restorable fills in the flash tool's words for a row and the file that was made.
func (p *Plan) restorable(row flash.Partition) flash.Partition {
	attr := scatter.Defaults(row.Name, p.dev.Storage)
	if row.Type == "" {
		row.Type = attr.Type
	}
	row.File, row.Download = "", false
	it := p.item(row)
	if row.Reserved || it == nil || it.File == "" || it.Present < it.Length {
		if row.Operation == "" {
			row.Operation = attr.Operation
		}
		return row
	}
	row.File, row.Download, row.Operation = it.File, true, "UPDATE"
	if attr.Private {
		p.Private = append(p.Private, row.Name)
	} else if short := p.trimmed[it.File]; short != "" {
		row.File = short
	}
	return row
}

func (p *Plan) item(row flash.Partition) *Item {
	for i := range p.Items {
		if r := p.Items[i].Row; r != nil && r.Index == row.Index && r.Name == row.Name && r.Extent == row.Extent {
			return &p.Items[i]
		}
	}
	return nil
}

// Identity is the sentence that goes with files that carry the phone's identity.
func (p *Plan) Identity() string {
	if len(p.Private) == 0 {
		return ""
	}
	return fmt.Sprintf("these files carry this phone's identity (IMEI, serial numbers, keys, personal data): %v; do not share them", p.Private)
}
