package layout

import (
	"slices"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/scatter"
)

// AsShipped is part of the text of the problem of tellShipped.
const AsShipped = "as it comes in firmware packages"

// tellShipped warns about partitions that contain a file as it comes in firmware packages: folded or
// packed. Such a phone does not start, although its tables are right. With tablesOnly, which is for
// a phone, rows of unknown content are not read again.
func (l *Layout) tellShipped(user flash.Image, tablesOnly bool) {
	suspects := []image.Kind{image.SparseAndroid, image.Gzip, image.LZ4, image.XZ, image.Zstd}
	if !tablesOnly {
		suspects = append(suspects, image.Unknown) // archives have no kind of their own there
	}
	for i, c := range l.Contents {
		p := l.Table.Partitions[i]
		if !slices.Contains(suspects, c.Kind) {
			continue
		}
		s, ok := image.FindShipped(scatter.Canonical(p.Name), p.Length, flash.Slice(user, p.Extent))
		switch {
		case !ok:
		case s.Kind == image.SparseAndroid:
			l.problem(flash.Warning, p, "contains an %s of 0x%x bytes %s: the phone needs the raw image, so convert it before it is written", s.Kind, s.Size, AsShipped)
		default:
			l.problem(flash.Warning, p, "contains %s %s: the phone needs the unpacked image, so unpack it before it is written", s.Kind, AsShipped)
		}
	}
}
