package document

import (
	"github.com/mtkkit/mtkkit/compare"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/report"
)

// Comparison is the document of compare.
type Comparison struct {
	Head
	A          string                  `json:"a"`
	B          string                  `json:"b"`
	Package    compare.Name            `json:"package,omitempty"` // "A", "B", "both": which is a firmware package
	Relation   compare.Relation        `json:"relation"`          // "same phone", "same model", "other model", "not known"
	Reasons    []string                `json:"reasons"`           // of the relation, most important first
	Builds     map[compare.Name]string `json:"builds,omitempty"`  // fingerprint of the software of "A" and "B", where it is known
	SameModel  bool                    `json:"same_model"`
	Phone      compare.SamePhone       `json:"phone"` // "same", "another", "unknown"
	Why        string                  `json:"why"`   // of phone
	Partitions []Compared              `json:"partitions"`
	Boot       []compare.Check         `json:"verified_boot"` // what the verified boot blocks of both sides say of partitions that differ
	Problems   []flash.Problem         `json:"problems"`
}

// BackupDiff is the document of backup diff, which has the same fields.
type BackupDiff Comparison

// Compared is one partition in A and B.
type Compared struct {
	Name     string                 `json:"name"`
	Region   flash.Region           `json:"region"`
	Class    report.Class           `json:"class"`             // "boot" is the boot chain
	Logical  bool                   `json:"logical,omitempty"` // it is a partition inside super
	State    compare.State          `json:"state"`             // "equal", "differs", "moved", "only in A", "only in B"; "unknown": the bytes that both have are equal
	Sizes    map[compare.Name]int64 `json:"sizes"`             // bytes of the partition, or of the image in a package, for "A" and "B"
	Compared int64                  `json:"compared"`          // bytes that were compared
	Offset   int64                  `json:"offset,omitempty"`  // of the first different byte, in the partition
	Ranges   []flash.Extent         `json:"ranges,omitempty"`  // that differ, at offsets in the partition; near ones are joined, and there are at most 32
	Sectors  int64                  `json:"sectors,omitempty"` // of 512 bytes that differ
	Detail   string                 `json:"detail,omitempty"`
	Usual    string                 `json:"usual,omitempty"`    // why phones of one model differ in it; absent if they should not
	Said     []string               `json:"said,omitempty"`     // what the bytes of a side are: rooted, a foreign preloader
	Right    compare.Name           `json:"right,omitempty"`    // the side that verified boot wants: "A", "B", "both", "neither"
	Verified string                 `json:"verified,omitempty"` // why
}

// NewComparison makes the document of a comparison.
func NewComparison(r *compare.Result) Comparison {
	doc := Comparison{A: r.Files[compare.A], B: r.Files[compare.B], Package: r.Package, Relation: r.Relation, Reasons: r.Reasons, Builds: r.Builds,
		SameModel: r.SameModel(), Phone: r.Phone, Why: r.Why, Boot: r.Checks, Problems: r.Problems}
	for i := range r.Rows {
		row := &r.Rows[i]
		doc.Partitions = append(doc.Partitions, Compared{row.Name, row.Region, row.Class, row.Logical, row.State, row.Sizes, row.Compared,
			row.First(), row.Ranges, row.Sectors, row.Detail, row.Usual, row.Said, row.Right, row.Verified})
	}
	return doc
}
