package plan

import (
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// Outputs lists the files to make, each one once.
func (p *Plan) Outputs() []flash.Output {
	var out []flash.Output
	for _, it := range p.Items {
		if it.Write {
			out = append(out, flash.Output{Name: it.File, Image: it.Image, OmitZero: it.Kind == flash.KindGap})
		}
	}
	return out
}

// Record returns the plan as a manifest. The mover adds the sums, and which gaps are all zeros.
func (p *Plan) Record(tool string) *flash.Manifest {
	m := &flash.Manifest{
		Schema: flash.ManifestSchema, Tool: tool, Kind: flash.KindParts,
		Chip: p.facts.Chip, Project: p.facts.Project, Storage: p.dev.Storage, Table: p.facts.Witness,
		Problems: p.Problems,
	}
	for _, part := range p.dev.Parts {
		m.Sources = append(m.Sources, part.Record())
	}
	for _, it := range p.Items {
		m.Entries = append(m.Entries, it.ManifestEntry)
	}
	m.Complete = m.Covers()
	return m
}

// Scatter returns the scatter file for the parts: every row of the table, with the file that
// restores it. A row that the device does not have completely is listed without a file, so that
// no tool flashes half a partition.
//
// It differs from a vendor's file on purpose: rows that a firmware package protects (nvram,
// proinfo …) can be restored here, because they are the phone's own data.
//
// If there is a trimmed copy, the row names it: flash tools accept a file shorter than its
// partition and are faster with it. Sparse files are not named, because old Download Agents do
// not support them.
//
// The scatter file of a firmware package is the maker's, byte for byte.
func (p *Plan) Scatter() []byte {
	if p.dev.Storage == flash.Package {
		return p.facts.Scatter
	}
	facts := scatter.CreateOptions{
		Platform: p.facts.Chip, Project: p.facts.Project, Storage: p.dev.Storage,
		DeviceSize: p.facts.DeviceSize, Profile: scatter.Restore, File: p.restores,
	}
	if it := p.preloader(); it != nil {
		facts.Preloader = it.Length
	}
	made := scatter.Create(p.facts.Table, facts)
	p.Private = made.Private
	for _, it := range p.Items {
		if it.Kind == flash.KindExcerpt && !slices.Contains(p.Private, it.Name) {
			p.Private = append(p.Private, it.Name)
		}
	}
	return scatter.Build(made.Spec).Encode()
}

// preloader returns the flashable preloader that is written, or nil.
func (p *Plan) preloader() *Item {
	for i := range p.Items {
		if it := &p.Items[i]; it.Kind == flash.KindPreloader && it.Write {
			return it
		}
	}
	return nil
}

// restores returns the file that restores a row, or "" if the device does not have all of the row.
func (p *Plan) restores(row flash.Partition) string {
	if it := p.preloader(); it != nil && scatter.Canonical(row.Name) == "preloader" &&
		(row.Region.IsBoot() || row.Region == p.dev.Storage.Boot1()) {
		return it.File
	}
	if row.Region.IsBoot() {
		return ""
	}
	it := p.item(row)
	if it == nil || it.File == "" || it.State(it.Unread) != flash.StateStored {
		return ""
	}
	if short := p.trimmed[it.File]; short != "" && !scatter.Defaults(row.Name, p.dev.Storage).Private {
		return short
	}
	return it.File
}

func (p *Plan) item(row flash.Partition) *Item {
	for i := range p.Items {
		if r := p.Items[i].Row; r != nil && strings.EqualFold(r.Name, row.Name) && r.Offset == row.Offset {
			return &p.Items[i]
		}
	}
	return nil
}
