package document

import (
	"github.com/mtkkit/mtkkit/archive"
	"github.com/mtkkit/mtkkit/backup/leak"
	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/backup/parity"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/stock"
)

// ArchiveList is the document of backup list.
type ArchiveList struct {
	Head
	Path     string          `json:"path"`
	Files    []Member        `json:"files"`
	Problems []flash.Problem `json:"problems"`
}

// Member is a file of an archive.
type Member struct {
	File   string `json:"file"`
	Size   int64  `json:"size"`
	Data   int64  `json:"data"`   // bytes that are not in holes
	Packed int64  `json:"packed"` // bytes in the archive
	SHA256 string `json:"sha256,omitempty"`
}

// NewArchiveList makes the document of an archive's files.
func NewArchiveList(a *archive.Archive) ArchiveList {
	doc := ArchiveList{Path: a.Path, Problems: a.Problems}
	for i, ms := 0, a.Members(); i < len(ms); i++ {
		m := &ms[i]
		doc.Files = append(doc.Files, Member{m.Name, m.Size, m.Stored(), m.Packed(), m.SHA256})
	}
	return doc
}

// FlashPlan is the document of backup restore --plan: what a flash tool would write. mtkkit
// itself never writes to a phone.
type FlashPlan struct {
	Head
	Chip     string              `json:"chip,omitempty"`
	Project  string              `json:"project,omitempty"`
	Storage  flash.Storage       `json:"storage"`
	Scatter  string              `json:"scatter,omitempty"`
	Writes   []FlashWrite        `json:"writes"`
	Tables   []string            `json:"tables_left_out,omitempty"` // partition tables that are left out, because they list more than the backup contains
	Lost     []string            `json:"lost"`
	Stock    *Stock              `json:"stock,omitempty"` // with a firmware package: what it has for partitions that are not whole
	Commands map[string][]string `json:"commands"`        // by flash tool
	Problems []flash.Problem     `json:"problems"`
}

// FlashWrite is one partition that would be written.
type FlashWrite struct {
	Name   string       `json:"name"`
	Region flash.Region `json:"region"`
	flash.Extent
	File string `json:"file"`
	Risk string `json:"risk,omitempty"`
}

// Stock is what a maker's firmware package has for the partitions that are lost, cut or damaged.
type Stock struct {
	Path       string          `json:"path"`
	Builds     []string        `json:"builds"`        // build fingerprints of the package
	Wanted     []string        `json:"wanted_builds"` // build fingerprints of the backup
	Partitions []StockRow      `json:"partitions"`
	Problems   []flash.Problem `json:"problems"` // of the package
}

// StockRow is a partition that is not whole, with the image of the package.
type StockRow struct {
	Name   string       `json:"name"`
	Region flash.Region `json:"region"`
	flash.Extent
	Damage  string        `json:"damage"`  // what is wrong with it in the backup
	Verdict stock.Verdict `json:"verdict"` // "fits"; "wrong": another model or version, or too large; "unknown": its version is not proven; "own": no package has it; "absent"
	Why     string        `json:"why"`
	File    string        `json:"file,omitempty"` // the name of the image when the package is split
	In      string        `json:"in,omitempty"`   // the file in the package that has the image
	Size    int64         `json:"size,omitempty"` // of the image
}

// newStock makes the part about the maker's package, nil without one.
func newStock(a *stock.Advice) *Stock {
	if a == nil {
		return nil
	}
	s := &Stock{Path: a.Path, Builds: a.Builds, Wanted: a.Wanted, Problems: a.Problems}
	for _, r := range a.Rows {
		s.Partitions = append(s.Partitions, StockRow{r.Name, r.Region, r.Extent, r.Hurt, r.Verdict, r.Why, r.File, r.In, r.Size})
	}
	return s
}

// NewFlashPlan makes the document of a plan. Commands are the command lines, by flash tool; advice is
// nil without a firmware package.
func NewFlashPlan(p *archive.FlashPlan, advice *stock.Advice, commands map[string][]string, problems []flash.Problem) FlashPlan {
	doc := FlashPlan{Chip: p.Chip, Project: p.Project, Storage: p.Storage, Scatter: p.Scatter, Tables: p.Tables, Lost: p.Lost,
		Stock: newStock(advice), Commands: commands, Problems: problems}
	for _, w := range p.Writes {
		doc.Writes = append(doc.Writes, FlashWrite{w.Name, w.Region, w.Extent, w.File, w.Risk})
	}
	return doc
}

// Restored is the document of backup restore, and of pull --dump.
type Restored struct {
	Head
	Path     string          `json:"path"`  // of the file or folder that was written
	Files    int             `json:"files"` // number of files
	Size     int64           `json:"size"`  // of all files
	Problems []flash.Problem `json:"problems"`
}

// NewRestored makes the document of what was restored, with problems added.
func NewRestored(r *archive.Restored, problems []flash.Problem) Restored {
	return Restored{Path: r.Output, Files: r.Files, Size: r.Bytes, Problems: problems}
}

// Pulled is the document of backup pull.
type Pulled struct {
	Head
	Ref      string          `json:"ref"`
	Folder   string          `json:"folder"`
	Files    int             `json:"files"` // number of files
	Size     int64           `json:"size"`  // of all files
	Complete bool            `json:"complete"`
	Problems []flash.Problem `json:"problems"`
}

// NewPulled makes the document of a backup that was pulled into a folder, with problems added.
func NewPulled(ref oci.Ref, folder string, m *flash.Manifest, problems []flash.Problem) Pulled {
	d := Pulled{Ref: ref.String(), Folder: folder, Files: len(m.Files), Complete: m.Complete, Problems: problems}
	for _, f := range m.Files {
		d.Size += f.Size
	}
	return d
}

// Pushed is the document of backup push.
type Pushed struct {
	Head
	Ref string `json:"ref"`
	oci.Stats
	Complete bool            `json:"complete"`
	Problems []flash.Problem `json:"problems"`
}

// NewPushed makes the document of what was pushed to ref.
func NewPushed(ref oci.Ref, p *archive.Pushed) Pushed {
	return Pushed{Ref: ref.String(), Stats: p.Stats, Complete: p.Record.Complete, Problems: p.Record.Problems}
}

// Tags is the document of backup tags.
type Tags struct {
	Head
	Place    string          `json:"place"`
	Tags     []oci.Info      `json:"tags"`
	Problems []flash.Problem `json:"problems"`
}

// NewTags lists the tags of a store. A tag that another program made is not a problem.
func NewTags(place string, all []oci.Info) Tags {
	doc := Tags{Place: place, Tags: all}
	for _, i := range all {
		if i.Problem != "" && !i.Alien {
			doc.Problems = append(doc.Problems, flash.Problem{Severity: flash.Error, Place: i.Tag, Offset: flash.NoOffset, Text: i.Problem})
		}
	}
	return doc
}

// Pruned is the document of backup prune.
type Pruned struct {
	Head
	Place  string `json:"place"`
	DryRun bool   `json:"dry_run"`
	*oci.Pruned
}

// Searched is the document of backup verify --share.
type Searched struct {
	Head
	Path      string            `json:"path"`
	Against   string            `json:"against"`
	Verdict   archive.Leak      `json:"verdict"`         // "clean", "doubtful" or "leaks"
	Owner     archive.Ownership `json:"owner,omitempty"` // with an owner's key, whether the archive is of the phone in Against: "same", "other" or "unsigned"
	Searched  map[leak.Kind]int `json:"searched_for"`
	Found     map[leak.Kind]int `json:"found"`
	Hits      []leak.Hit        `json:"hits"`
	Partition []string          `json:"private_partitions"`
	Problems  []flash.Problem   `json:"problems"`
}

// NewSearched makes the document of a search of the archive at path for private data of the dump
// at against.
func NewSearched(path, against string, s *archive.Searched) Searched {
	return Searched{Path: path, Against: against, Verdict: s.Verdict, Owner: s.Owner, Searched: s.For, Found: s.Found,
		Hits: s.Hits, Partition: s.Private, Problems: s.Problems}
}

// MendedFile is the document of backup verify --repair.
type MendedFile struct {
	Head
	Path     string          `json:"path"` // the damaged file
	File     string          `json:"file"` // the repaired file
	Size     int64           `json:"size"`
	Damaged  []flash.Extent  `json:"damaged"`
	Problems []flash.Problem `json:"problems"`
}

// NewMendedFile makes the document of the repair of the file at path.
func NewMendedFile(path, file string, r *parity.Result) MendedFile {
	return MendedFile{Path: path, File: file, Size: r.Size, Damaged: r.Damaged, Problems: r.Problems}
}
