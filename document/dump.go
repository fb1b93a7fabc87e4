package document

import (
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
	"github.com/mtkkit/mtkkit/image/imei"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/whatis"
)

// Info is the document of info: the facts about a dump.
type Info struct {
	Head
	Path       string            `json:"path"`
	Chip       layout.Fact       `json:"chip"`
	Project    layout.Fact       `json:"project"`
	Storage    flash.Storage     `json:"storage"`
	Package    []string          `json:"package,omitempty"` // what a firmware package consists of, in words
	Build      []report.Fact     `json:"build"`             // facts from its build.prop
	Generation flash.Generation  `json:"generation"`
	Witness    flash.Witness     `json:"witness"`
	Regions    []InfoRegion      `json:"regions"`
	Partitions []PartitionExtent `json:"partitions"`
	Size       int64             `json:"size"`
	DeviceSize int64             `json:"device_size,omitempty"`
	AtLeast    int64             `json:"device_at_least,omitempty"`
	Complete   bool              `json:"complete"`
	Missing    []layout.Range    `json:"missing,omitempty"`
	NotProven  int               `json:"not_compared,omitempty"` // files of the folder that were not compared with their hashes
	Preloader  []InfoPreloader   `json:"preloader,omitempty"`
	IMEIs      []IMEIState       `json:"imei"` // without the numbers
	Problems   []flash.Problem   `json:"problems"`

	Numbers    []report.IMEIs `json:"-"` // only for the screen, because documents are kept and sent to others
	Unfinished bool           `json:"-"` // the reading of the dump has not been finished
}

// InfoRegion is a region of a dump.
type InfoRegion struct {
	Region flash.Region `json:"region"`
	File   string       `json:"file"`
	Size   int64        `json:"size"`
}

// PartitionExtent is a partition and its range in its region.
type PartitionExtent struct {
	Name   string       `json:"name"`
	Region flash.Region `json:"region"`
	flash.Extent
}

// InfoPreloader is a preloader in a boot region.
type InfoPreloader struct {
	Region flash.Region `json:"region"`
	Name   string       `json:"name"`
	Medium string       `json:"medium"`
	Length int64        `json:"length"`
	Proven bool         `json:"proven"` // its hash proves it
}

// IMEIState is the state of the IMEIs in a partition. It has no numbers, not even masked ones.
type IMEIState struct {
	Partition string     `json:"partition"`
	State     imei.State `json:"state"` // "held", "empty", "none", "unknown"
	Count     int        `json:"count"`
}

// NewInfo makes the document of a dump. Facts from the content of partitions are left out if these
// cannot be planned or read.
func NewInfo(d *dump.Dump) *Info {
	l := d.Layout
	i := &Info{
		Path: d.Path, Chip: l.Chip, Project: l.Project, Storage: d.Source.Storage, Generation: l.Generation, Witness: l.Witness,
		Size: l.Have, DeviceSize: l.DeviceSize, AtLeast: l.AtLeast, Missing: l.Missing, Problems: l.Problems,
		Complete: l.Complete() && !d.Source.Unfinished, Unfinished: d.Source.Unfinished, NotProven: d.Source.NotCompared(),
	}
	for _, p := range d.Source.Parts {
		i.Regions = append(i.Regions, InfoRegion{p.Region, p.Source, p.Image.Size()})
	}
	for _, p := range l.Table.Partitions {
		i.Partitions = append(i.Partitions, PartitionExtent{p.Name, p.Region, p.Extent})
	}
	for _, b := range l.Boots {
		if b.Header == nil {
			continue
		}
		for _, f := range b.Header.Files {
			i.Preloader = append(i.Preloader, InfoPreloader{b.Part.Region, f.FileName, b.Header.Medium, f.Extent.Length, f.Proof.OK})
		}
	}
	if d.Package() {
		i.Package, i.Complete, i.DeviceSize = d.Source.Holds, false, 0
	}
	i.look(d)
	return i
}

// look adds the facts that are in the content of the partitions.
func (i *Info) look(d *dump.Dump) {
	if p, err := d.Plan(plan.Wishes{}); err == nil { // planning also finds names that no file can have
		i.Problems = p.Problems
	}
	f, err := d.Facts()
	if err != nil { // the other facts are shown even if there is no plan
		return
	}
	i.Build, i.Numbers = report.Software(f.Rows), report.FindIMEIs(f.Rows)
	for _, n := range i.Numbers {
		i.IMEIs = append(i.IMEIs, IMEIState{n.Partition, n.State, len(n.Numbers)})
	}
}

// Kind is the document of info for a file that is not a dump.
type Kind struct {
	Head
	Path     string          `json:"path"`
	Size     int64           `json:"size"`
	Kind     whatis.Kind     `json:"kind"`
	Is       string          `json:"is"` // the kind in words
	Facts    []whatis.Fact   `json:"facts"`
	Next     []string        `json:"next"` // commands
	Problems []flash.Problem `json:"problems"`
}

// NewKind makes the document of a file that is not a dump. Next are the commands for it.
func NewKind(n *dump.NotDump, next []string) Kind {
	t := n.Thing
	return Kind{Path: n.Path, Size: n.Size, Kind: t.Kind, Is: t.Kind.String(), Facts: t.Facts, Next: next, Problems: t.Problems}
}

// List is the document of list.
type List struct {
	Head
	Path       string                `json:"path"`
	Partitions []flash.ManifestEntry `json:"partitions"`
	Problems   []flash.Problem       `json:"problems"`
}

// NewList makes the document of the files that a plan makes from the dump at path.
func NewList(path string, p *plan.Plan) List {
	l := List{Path: path, Problems: p.Problems}
	for _, it := range p.Items {
		l.Partitions = append(l.Partitions, it.ManifestEntry)
	}
	return l
}

// Verdict is the document of verify.
type Verdict struct {
	Head
	Path     string          `json:"path"`
	Verdict  string          `json:"verdict"` // "complete", "changed", "partial", "unproven", "damaged", "broken"
	Boot     []avb.Finding   `json:"verified_boot,omitempty"`
	Problems []flash.Problem `json:"problems"`
}

// NewVerdict makes the document of the verdict on a folder or a dump.
func NewVerdict(v *dump.Verdict) Verdict {
	doc := Verdict{Path: v.Path, Verdict: string(v.State), Problems: v.Problems}
	if v.Boot != nil {
		doc.Boot = v.Boot.Findings
	}
	return doc
}
