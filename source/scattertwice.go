package source

import (
	"slices"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// sameTables reports whether scatter files have one and the same table.
func sameTables(files []*member) bool {
	var first *flash.Table
	for _, m := range files {
		file, err := scatter.Read(m.packed)
		switch {
		case err != nil:
			return false
		case first == nil:
			first = file.Table(0)
		case !slices.EqualFunc(file.Table(0).Partitions, first.Partitions, func(a, b flash.Partition) bool {
			return a.Name == b.Name && a.Region == b.Region && a.Extent == b.Extent && a.File == b.File
		}):
			return false
		}
	}
	return true
}
