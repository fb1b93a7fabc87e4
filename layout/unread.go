package layout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/preloader"
)

// tellUnread names every hole of the dump with the partitions it touches. This is the
// one place where that is done, for every command that reads a dump: what was never
// read looks like zeros, and nobody may take it for them.
func (l *Layout) tellUnread(dev *flash.Device) {
	for _, part := range dev.Parts {
		for _, hole := range part.Unread {
			l.Missing = append(l.Missing, Range{part.Region, hole})
		}
		silent := flash.Holes(part.Image)
		l.tellSilent(part.Region, flash.Without(part.Unread, flash.Without(part.Unread, silent)))
		for _, hole := range flash.Without(part.Unread, silent) {
			l.Problems.AddAt(flash.Error, string(part.Region), hole.Offset, "0x%x bytes (%s) were not read from the phone; the zeros there are not its data: %s",
				hole.Length, flash.Size(hole.Length), l.touched(part.Region, hole))
		}
		if lost := flash.Total(part.Beyond); lost > 0 && part.Region != l.User { // measure tells of the user area
			at := part.Image.Size()
			l.Problems.AddAt(flash.Error, string(part.Region), at, "0x%x bytes (%s) lie behind the end of %s, and are missing", lost, flash.Size(lost), part.Source)
			for _, e := range part.Beyond {
				l.Missing = append(l.Missing, Range{part.Region, e})
			}
		}
	}
}

// tellSilent names what no sparse file says, in one problem: there may be thousands of
// ranges.
func (l *Layout) tellSilent(r flash.Region, holes []flash.Extent) {
	if len(holes) == 0 {
		return
	}
	n, places := flash.Total(holes), ""
	if len(holes) > 1 {
		places = fmt.Sprintf(" in %d places", len(holes))
	}
	l.Problems.AddAt(flash.Error, string(r), holes[0].Offset, "0x%x bytes (%s)%s are %s; it is unknown whether they are zeros: %s",
		n, flash.Size(n), places, DontCare, l.touched(r, holes...))
}

// DontCare is in the text of the problem of what no sparse file says.
const DontCare = "\"don't care\" in the sparse image"

// leaveOutFree takes out of what is unread what a sparse file rightly leaves out: blocks
// that the file system of their partition does not use. Of a partition of which something
// is needed, all that is not said is unread.
func (l *Layout) leaveOutFree(dev *flash.Device) {
	for i := range dev.Parts {
		part := &dev.Parts[i]
		silent := flash.Holes(part.Image)
		if len(silent) == 0 {
			continue
		}
		known := flash.Known(part.Image, flash.Without(part.Unread, silent))
		for _, row := range l.Table.Partitions {
			if row.Region != part.Region || !row.Placed() {
				continue
			}
			holes := flash.Within(silent, row.Clip(part.Image.Size()))
			if len(holes) > 0 && image.FindHoleUse(flash.Slice(known, row.Extent)).Free() {
				part.Unread = flash.Without(part.Unread, holes)
			}
		}
	}
}

// Bound writes into the parts of the device what lies behind their ends, as far as is
// known: from now on their records say that they lack it.
func (l *Layout) Bound(dev *flash.Device) {
	for i := range dev.Parts {
		p, have := &dev.Parts[i], dev.Parts[i].Image.Size()
		for _, m := range l.Missing {
			if m.Region == p.Region && m.End() > have {
				at := max(m.Offset, have)
				p.Beyond = flash.Union(p.Beyond, []flash.Extent{{Offset: at, Length: m.End() - at}})
			}
		}
	}
}

// tellCut counts to what is missing the rest of a preloader whose region ends before it
// does.
func (l *Layout) tellCut(p flash.Part, r *preloader.Region) {
	for _, f := range r.Files {
		if len(p.Beyond) > 0 {
			return // and so it was known
		}
		if have := p.Image.Size(); f.Cut() && f.Extent.End() > have {
			l.Missing = append(l.Missing, Range{p.Region, flash.Extent{Offset: have, Length: f.Extent.End() - have}})
		}
	}
}

// touched names the partitions that ranges have bytes of, in order of address.
func (l *Layout) touched(r flash.Region, holes ...flash.Extent) string {
	rows := slices.Clone(l.Table.Partitions)
	slices.SortStableFunc(rows, func(a, b flash.Partition) int { return cmp.Compare(a.Offset, b.Offset) })
	var names []string
	for _, p := range rows {
		if p.Region != r || !p.Placed() {
			continue
		}
		n := flash.Total(flash.Within(holes, p.Extent))
		if n == 0 {
			continue
		}
		name := p.Name
		if n < p.Length {
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
