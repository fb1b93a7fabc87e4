package layout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// tellUnread names every hole of the dump with the partitions it touches. This is the
// one place where that is done, for every command that reads a dump: what was never
// read looks like zeros, and nobody may take it for them.
func (l *Layout) tellUnread(dev *flash.Device) {
	for _, part := range dev.Parts {
		for _, hole := range part.Unread {
			l.Missing = append(l.Missing, Range{part.Region, hole})
			l.Problems = append(l.Problems, flash.Problem{
				Severity: flash.Error, Place: string(part.Region), Offset: hole.Offset,
				Text: fmt.Sprintf("0x%x bytes (%s) were not read from the phone, and are not the zeros they look like: %s",
					hole.Length, flash.Size(hole.Length), l.touched(part.Region, hole)),
			})
		}
		if part.Region == l.User { // whose size the table knows, too
			continue
		}
		for _, e := range part.Beyond {
			l.Missing = append(l.Missing, Range{part.Region, e})
			l.Problems = append(l.Problems, flash.Problem{
				Severity: flash.Error, Place: string(part.Region), Offset: e.Offset,
				Text: fmt.Sprintf("0x%x bytes (%s) lie behind the end of %s, and are missing", e.Length, flash.Size(e.Length), part.Source),
			})
		}
	}
}

// Beyond is what of the user area lies behind the end of the dump, as far as is known.
func (l *Layout) Beyond() (out []flash.Extent) {
	for _, m := range l.Missing {
		if m.Region == l.User && m.End() > l.Have {
			at := max(m.Offset, l.Have)
			out = flash.Union(out, []flash.Extent{{Offset: at, Length: m.End() - at}})
		}
	}
	return out
}

// touched names the partitions that a stretch has bytes of, in order of address.
func (l *Layout) touched(r flash.Region, e flash.Extent) string {
	rows := slices.Clone(l.Table.Partitions)
	slices.SortStableFunc(rows, func(a, b flash.Partition) int { return cmp.Compare(a.Offset, b.Offset) })
	var names []string
	for _, p := range rows {
		if p.Region != r || !p.Placed() || !p.Overlaps(e) {
			continue
		}
		name := p.Name
		if !e.Contains(p.Extent) {
			name = "part of " + name
		}
		names = append(names, name)
	}
	switch {
	case len(names) > 0:
		return strings.Join(names, ", ")
	case r.IsUser():
		return "no partition"
	}
	return "part of the region" // which has no table
}
