package document

import (
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/image/lp"
)

// Images is the document of image info.
type Images struct {
	Head
	Path       string          `json:"path"`
	Partitions []Image         `json:"partitions"` // one without a name is the image itself
	Problems   []flash.Problem `json:"problems"`
}

// Image describes the content of a partition.
type Image struct {
	Name    string       `json:"name,omitempty"`
	Region  flash.Region `json:"region,omitempty"` // "" inside super
	Offset  int64        `json:"offset"`
	Present int64        `json:"present"` // bytes that the dump has
	*image.Info
}

// NewImage makes the document of one image that is a file.
func NewImage(path string, i *image.Info) Images {
	return Images{Path: path, Partitions: []Image{{Present: i.Size, Info: i}}, Problems: i.Problems}
}

// NewImages makes the document of all partitions of the dump at path.
func NewImages(path string, list []dump.Described, problems []flash.Problem) *Images {
	doc := &Images{Path: path, Problems: problems}
	for _, d := range list {
		doc.Partitions = append(doc.Partitions, Image(d))
	}
	return doc
}

// Super is the document of image super.
type Super struct {
	Head
	Path       string          `json:"path"`
	Geometry   lp.Geometry     `json:"geometry"`
	Partitions []*lp.Partition `json:"partitions"`
	Problems   []flash.Problem `json:"problems"`
}

// NewSuper makes the document of some partitions of super.
func NewSuper(path string, s *lp.Super, list []*lp.Partition) Super {
	return Super{Path: path, Geometry: s.Geometry, Partitions: list, Problems: s.Problems}
}

// MadeFiles is the document of image trim, sparse and raw.
type MadeFiles struct {
	Head
	Files    []MadeFile      `json:"files"`
	Problems []flash.Problem `json:"problems"`
}

// MadeFile is a file that was written.
type MadeFile struct {
	File   string `json:"file"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}
