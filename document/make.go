package document

import (
	"slices"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/gpt"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/recovery"
	"github.com/mtkkit/mtkkit/scatter"
	"github.com/mtkkit/mtkkit/split"
)

// Joined is the document of join.
type Joined struct {
	Head
	File     string          `json:"file"`
	Size     int64           `json:"size"`
	SHA256   string          `json:"sha256,omitempty"`
	Files    int             `json:"files"`              // number of files that it was made from
	Unproven []string        `json:"unproven,omitempty"` // files without a hash
	Problems []flash.Problem `json:"problems"`
}

// NewJoined makes the document of a joined file.
func NewJoined(file string, r *split.JoinReport, problems []flash.Problem) Joined {
	return Joined{File: file, Size: r.Bytes, SHA256: r.SHA256, Files: r.Files, Unproven: r.Unproven, Problems: problems}
}

// RepairedTables is the document of gpt repair.
type RepairedTables struct {
	Head
	Folder   string          `json:"folder"`
	Tables   []RepairedTable `json:"tables"`
	Problems []flash.Problem `json:"problems"` // of the dump; the files do not have them
}

// RepairedTable is a file with a repaired partition table.
type RepairedTable struct {
	File   string       `json:"file"`
	Region flash.Region `json:"region"`
	Offset int64        `json:"offset"` // in the region, where the file belongs
	Length int64        `json:"length"`
}

// NewRepairedTables makes the document of the files of a repaired table.
func NewRepairedTables(folder string, region flash.Region, found *gpt.GPT, files []gpt.RepairedFile) RepairedTables {
	doc := RepairedTables{Folder: folder, Problems: found.Table(region).Problems}
	for _, f := range files {
		doc.Tables = append(doc.Tables, RepairedTable{f.Name, region, f.Offset, int64(len(f.Bytes))})
	}
	return doc
}

// Preloader is the document of preloader info.
type Preloader struct {
	Head
	Path     string              `json:"path"`
	Regions  []*preloader.Region `json:"regions"`
	Problems []flash.Problem     `json:"problems"`
}

// Add adds a boot region and its problems.
func (p *Preloader) Add(r *preloader.Region) {
	p.Regions = append(p.Regions, r)
	p.Problems = append(p.Problems, r.Doubts()...)
}

// FixedPreloader is the document of preloader fix if there was nothing to write.
type FixedPreloader struct {
	Head
	Already  bool            `json:"already"` // it can be flashed without a change
	Problems []flash.Problem `json:"problems"`
}

// WrappedPreloader is the document of preloader wrap.
type WrappedPreloader struct {
	Head
	File     string          `json:"file"`
	Size     int64           `json:"size"`
	Problems []flash.Problem `json:"problems"`
}

// UnpackedImage is the document of recovery unpack.
type UnpackedImage struct {
	Head
	Folder   string          `json:"folder"`
	Image    recovery.Record `json:"image"`
	Problems []flash.Problem `json:"problems"`
}

// RepackedImage is the document of recovery repack.
type RepackedImage struct {
	Head
	File     string          `json:"file"`
	Size     int64           `json:"size"`
	Changed  []string        `json:"changed"`
	Problems []flash.Problem `json:"problems"`
}

// NewRepackedImage makes the document of an image that was made from a folder.
func NewRepackedImage(file string, r *recovery.Repacked) RepackedImage {
	return RepackedImage{File: file, Size: r.Image.Size(), Changed: r.Changed, Problems: r.Problems}
}

// BuiltRecovery is the document of recovery build.
type BuiltRecovery struct {
	Head
	File     string            `json:"file"`
	Size     int64             `json:"size"`
	Stock    string            `json:"stock"` // the file with the stock image
	Steps    []recovery.Step   `json:"steps"`
	Verdict  *recovery.Verdict `json:"verdict,omitempty"`
	Problems []flash.Problem   `json:"problems"`
}

// NewBuiltRecovery makes the document of a recovery that was built. Stock is the file with the
// stock image. V says whether the phone would start the recovery; it is nil if nothing is known
// about the phone.
func NewBuiltRecovery(file, stock string, b *recovery.Built, v *recovery.Verdict) BuiltRecovery {
	doc := BuiltRecovery{File: file, Size: b.Image.Size(), Stock: stock, Steps: b.Steps, Verdict: v, Problems: b.Problems}
	if v != nil && v.Answer.Bad() {
		doc.Problems = append(slices.Clip(doc.Problems), v.Reasons...)
	}
	return doc
}

// CheckedRecovery is the document of recovery check.
type CheckedRecovery struct {
	Head
	Path string `json:"path"`
	*recovery.Verdict
}

// CheckedScatter is the document of scatter check.
type CheckedScatter struct {
	Head
	Path     string          `json:"path"`
	Dialect  scatter.Dialect `json:"dialect"`
	Tables   []dump.Judged   `json:"tables"`
	Problems []flash.Problem `json:"problems"` // the findings again, as in every document
}

// NewCheckedScatter makes the document of a check of the scatter file at path.
func NewCheckedScatter(path string, d scatter.Dialect, tables []dump.Judged) CheckedScatter {
	doc := CheckedScatter{Path: path, Dialect: d, Tables: tables}
	for _, t := range tables {
		for _, f := range t.Findings {
			doc.Problems = append(doc.Problems, flash.Problem{Severity: f.Severity, Place: f.Name, Offset: flash.NoOffset, Text: f.Text})
		}
	}
	return doc
}

// CreatedScatter is the document of scatter create.
type CreatedScatter struct {
	Head
	File     string          `json:"file"` // "" for standard output
	Dialect  scatter.Dialect `json:"dialect"`
	Profile  scatter.Profile `json:"profile"`
	Platform string          `json:"platform"`
	Project  string          `json:"project"`
	scatter.Creation
}

// NewCreatedScatter makes the document of a scatter file that was made.
func NewCreatedScatter(file *scatter.File, p scatter.Profile, made scatter.Creation) CreatedScatter {
	return CreatedScatter{Dialect: file.Dialect, Profile: p, Platform: made.Spec.Platform, Project: made.Spec.Project, Creation: made}
}

// ScatterDiff is the document of scatter diff.
type ScatterDiff struct {
	Head
	A        string           `json:"a"`
	B        string           `json:"b"`
	Changes  []scatter.Change `json:"changes"`
	Problems []flash.Problem  `json:"problems"` // found while the two were read
}
