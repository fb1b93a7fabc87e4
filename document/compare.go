package document

import (
	"github.com/mtkkit/mtkkit/compare"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
)

// Comparison is the document of compare.
type Comparison struct {
	Head
	A          string            `json:"a"`
	B          string            `json:"b"`
	Package    string            `json:"package,omitempty"` // "A" or "B" if that is a firmware package
	Relation   compare.Relation  `json:"relation"`          // "same phone", "same model", "other model", "not known"
	Reasons    []string          `json:"reasons"`           // of the relation, most important first
	SameModel  bool              `json:"same_model"`
	Phone      compare.SamePhone `json:"phone"` // "same", "another", "unknown"
	Why        string            `json:"why"`   // of phone
	Partitions []Compared        `json:"partitions"`
	Boot       []avb.Finding     `json:"verified_boot"` // of partitions that differ, by the blocks of each side
	Problems   []flash.Problem   `json:"problems"`
}

// BackupDiff is the document of backup diff, which has the same fields.
type BackupDiff Comparison

// Compared is one partition in A and B.
type Compared struct {
	Name    string         `json:"name"`
	Region  flash.Region   `json:"region"`
	State   compare.State  `json:"state"`             // "equal", "differs", "moved", "only in A", "only in B"; "unknown": the bytes that both have are equal
	Offset  int64          `json:"offset,omitempty"`  // of the first different byte, in the partition
	Ranges  []flash.Extent `json:"ranges,omitempty"`  // that differ, at offsets in the partition; near ones are joined, and there are at most 32
	Sectors int64          `json:"sectors,omitempty"` // of 512 bytes that differ
	Detail  string         `json:"detail,omitempty"`
	Usual   string         `json:"usual,omitempty"` // why phones of one model differ in it; absent if they should not
	Said    []string       `json:"said,omitempty"`  // what the bytes of a side are: rooted, not as verified boot wants them
}

// NewComparison makes the document of the comparison of the dumps at a and b.
func NewComparison(a, b string, r *compare.Result) Comparison {
	doc := Comparison{A: a, B: b, Package: r.Package, Relation: r.Relation, Reasons: r.Reasons, SameModel: r.SameModel(),
		Phone: r.Phone, Why: r.Why, Boot: r.Boot, Problems: r.Problems}
	for i := range r.Rows {
		row := &r.Rows[i]
		doc.Partitions = append(doc.Partitions, Compared{row.Name, row.Region, row.State, row.First(), row.Ranges, row.Sectors, row.Detail, row.Usual, row.Said})
	}
	return doc
}
