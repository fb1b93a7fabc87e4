package document

import (
	"strings"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/image/lp"
	"github.com/mtkkit/mtkkit/plan"
)

// Images is the document of image info.
type Images struct {
	Head
	Path       string          `json:"path"`
	Partitions []Image         `json:"partitions"` // one without a name: the image itself
	Problems   []flash.Problem `json:"problems"`
}

// Image is what is known of the content of a partition.
type Image struct {
	Name    string       `json:"name,omitempty"`
	Region  flash.Region `json:"region,omitempty"` // "" inside super
	Offset  int64        `json:"offset"`
	Present int64        `json:"present"` // bytes that are at hand
	*image.Info
}

// NewImage is the document of one image by itself.
func NewImage(path string, i *image.Info) Images {
	return Images{Path: path, Partitions: []Image{{Present: i.Size, Info: i}}, Problems: i.Problems}
}

// NewImages describes every partition of a plan of the dump at path.
func NewImages(path string, p *plan.Plan) *Images {
	doc := &Images{Path: path, Problems: p.Problems}
	for i := range p.Items {
		it := &p.Items[i]
		if it.Kind == flash.KindGap || it.Kind == flash.KindPreloader {
			continue
		}
		about := &image.Info{Kind: "not in the dump", Known: "nothing of it is here"}
		if it.Present != 0 {
			about = image.Describe(dump.Known(it))
		}
		doc.add(Image{Name: it.Name, Region: it.Region, Offset: it.Offset, Present: it.Present, Info: about})
	}
	return doc
}

// AddLogical adds the partitions inside super.
func (doc *Images) AddLogical(s *lp.Super) {
	for _, p := range s.Partitions("") {
		i := &image.Info{Kind: "empty", Known: "it has no bytes"}
		switch {
		case p.Missing > 0 || flash.Total(flash.Holes(p.Image)) == p.Size && p.Size > 0:
			i = &image.Info{Kind: "not whole", Known: "a part of it is not here"}
		case p.Size > 0:
			i = image.Describe(p.Image)
		}
		doc.add(Image{Name: "super/" + p.Name, Present: p.Size - p.Missing, Info: i})
	}
}

func (doc *Images) add(n Image) {
	for _, p := range n.Problems {
		p.Place = strings.TrimPrefix(n.Name+": "+p.Place, ": ")
		if p.Offset != flash.NoOffset {
			p.Offset += n.Offset
		}
		doc.Problems = append(doc.Problems, p)
	}
	doc.Partitions = append(doc.Partitions, n)
}

// Super is the document of image super.
type Super struct {
	Head
	Path       string          `json:"path"`
	Geometry   lp.Geometry     `json:"geometry"`
	Partitions []*lp.Partition `json:"partitions"`
	Problems   []flash.Problem `json:"problems"`
}

// NewSuper lists some partitions of super.
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
