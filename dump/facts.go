package dump

import (
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/scatter"
)

// Facts collects everything that layout and plan know, for the report.
func (d *Dump) Facts() (report.Input, error) {
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		return report.Input{}, err
	}
	l := d.Layout
	f := report.Input{
		Tool: d.opt.Tool, File: d.Path, Problems: p.Problems,
		Phone: report.Identity{
			Chip: report.Fact(l.Chip), Project: report.Fact(l.Project), Storage: d.Source.Storage,
			Generation: l.Generation, Witness: l.Witness, Have: l.Have, DeviceSize: l.DeviceSize, AtLeast: l.AtLeast,
			Complete:   len(l.Missing) == 0 && l.DeviceSize > 0 && l.Have > 0 && !d.Source.Unfinished,
			Unfinished: d.Source.Unfinished,
		},
	}
	d.addRegions(&f)
	address, err := d.scatterAddresses()
	if err != nil {
		return f, err
	}
	d.addRows(&f, p, address)
	for _, x := range l.Differ {
		f.Conflicts = append(f.Conflicts, report.Conflict{Name: x.Name, Text: x.Text})
	}
	for _, b := range l.Boots {
		f.Boots = append(f.Boots, report.BootRegion{Region: b.Part.Region, Source: filepath.Base(b.Part.Source), Header: b.Header})
	}
	return f, nil
}

// addRegions lists the regions of the dump, and the boot regions, which every phone has.
func (d *Dump) addRegions(f *report.Input) {
	l, s := d.Layout, d.Source.Storage
	for _, p := range d.Source.Parts {
		r := report.Region{Name: p.Region, File: filepath.Base(p.Source), Have: p.Image.Size(), Size: p.Image.Size()}
		if p.Region == l.User {
			r.Size = max(r.Size, l.DeviceSize, l.AtLeast)
		}
		f.Regions = append(f.Regions, r)
	}
	for _, m := range l.Missing {
		f.Missing = append(f.Missing, report.Missing(m))
	}
	for _, name := range []flash.Region{s.Boot1(), s.Boot2(), s.User()} {
		if d.Source.Part(name) == nil && s != flash.NAND && !d.Package() {
			f.Regions = append(f.Regions, report.Region{Name: name})
			f.Missing = append(f.Missing, report.Missing{Region: name})
		}
	}
}

// addRows lists the outputs of a split, and the rows of the table for which a split makes no file:
// they are on the map, too.
func (d *Dump) addRows(f *report.Input, p *plan.Plan, address addresses) {
	carved := map[*flash.Partition]bool{}
	preloader := false
	for _, it := range p.Items {
		s := report.Source{ManifestEntry: it.ManifestEntry, Image: Known(&it)}
		if n := flash.Total(it.Unread); n > 0 && n == it.Present {
			s.Image = nil
		}
		switch it.Kind {
		case "partition":
			carved[it.Row] = true
			s.Scatter = address.of(it.Name, it.Region)
		case "preloader":
			preloader = true
			s.Scatter = address.of("preloader", it.Region)
		}
		f.Rows = append(f.Rows, s)
	}
	for i := range d.Layout.Table.Partitions {
		row := &d.Layout.Table.Partitions[i]
		if carved[row] || row.Region.IsBoot() && preloader {
			continue
		}
		s := report.Source{Scatter: address.of(row.Name, row.Region), ManifestEntry: flash.ManifestEntry{
			Kind: flash.KindPartition, Name: row.Name, Region: row.Region, Extent: row.Extent,
			Witness: row.Witness, Operation: row.Operation, Type: row.Type,
		}}
		if row.Region.IsBoot() {
			s.Region = d.Source.Storage.Boot1() // the first, if a scatter file has one word for both
		}
		if part := d.Source.Part(s.Region); part != nil && row.Placed() {
			s.Image = flash.Slice(flash.Known(part.Image, part.Unread), row.Extent)
		}
		f.Rows = append(f.Rows, s)
	}
}

// addresses are the addresses of partitions in scatter files.
type addresses map[place]int64

// place is a partition's canonical name, in the user area or a boot region.
type place struct {
	name string
	user bool
}

func (a addresses) of(name string, r flash.Region) *int64 {
	if v, ok := a[place{scatter.Canonical(name), r.IsUser()}]; ok {
		return &v
	}
	return nil
}

// scatterAddresses returns the addresses of rows as a scatter file counts them. They come from the
// scatter file that was given; without one, only from a GPT, because its scatter files count as it
// does.
func (d *Dump) scatterAddresses() (addresses, error) {
	known := addresses{}
	if d.Package() { // its rows are images, which have no addresses
		return known, nil
	}
	_, img, done, err := openTable(d.opt.Table, d.Source)
	if err != nil {
		return nil, err
	}
	if img == nil && d.Layout.Generation == flash.GenerationGPT {
		for _, p := range d.Layout.Table.Partitions {
			known[place{scatter.Canonical(p.Name), p.Region.IsUser()}] = p.Offset
		}
	}
	if img == nil {
		return known, nil
	}
	defer done()
	f, err := scatter.Read(img)
	if err != nil {
		return known, nil // a table of another kind: it has no such addresses
	}
	for _, row := range f.Select(d.Source.Storage).Rows {
		region := flash.Region(row.Get("region"))
		v, err := strconv.ParseInt(row.Get("linear_start_addr"), 0, 64)
		if err == nil && (!region.IsUser() || region == d.Layout.User) {
			known[place{scatter.Canonical(row.Get("partition_name")), region.IsUser()}] = v
		}
	}
	return known, nil
}

// AddHashes adds the sums from the manifest of an earlier split to the facts. It is an error if
// that split was not made from this dump.
func (d *Dump) AddHashes(f *report.Input, folder string) error {
	in, err := disk.OpenInFolder(folder, flash.ManifestName)
	if err != nil {
		return err
	}
	defer in.Close()
	m, err := flash.ReadManifest(in)
	if err != nil {
		return fmt.Errorf("%s: %w", in.Name(), err)
	}
	type key struct {
		kind    flash.Kind
		name    string
		region  flash.Region
		extent  flash.Extent
		present int64
	}
	sums := map[key]string{}
	for _, e := range m.Entries {
		sums[key{e.Kind, e.Name, e.Region, e.Extent, e.Present}] = e.SHA256
	}
	found := 0
	for i := range f.Rows {
		e := &f.Rows[i].ManifestEntry
		if e.SHA256 = sums[key{e.Kind, e.Name, e.Region, e.Extent, e.Present}]; e.SHA256 != "" {
			found++
		}
	}
	for _, s := range m.Sources {
		if part := d.Source.Part(s.Region); part != nil && part.Image.Size() != s.Size {
			found = 0
		}
	}
	if found == 0 {
		return fmt.Errorf("%s does not belong to this dump: none of its hashes matches a partition", folder)
	}
	return nil
}
