package layout

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/preloader"
)

// tellUnread reports every hole of the dump with the partitions in it, for every command that
// reads a dump: unread bytes look like zeros and must not be taken for zeros.
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
		if lost := flash.Total(part.Beyond); lost > 0 && part.Region != l.User { // measure reports the user area
			at := part.Image.Size()
			l.Problems.AddAt(flash.Error, string(part.Region), at, "0x%x bytes (%s) behind the end of %s are missing", lost, flash.Size(lost), part.Source)
			for _, e := range part.Beyond {
				l.Missing = append(l.Missing, Range{part.Region, e})
			}
		}
	}
}

// tellSilent reports the ranges that no sparse file has, in one problem, because there may be
// thousands.
func (l *Layout) tellSilent(r flash.Region, holes []flash.Extent) {
	if len(holes) == 0 {
		return
	}
	n, places := flash.Total(holes), ""
	if len(holes) > 1 {
		places = fmt.Sprintf(" in %d ranges", len(holes))
	}
	l.Problems.AddAt(flash.Error, string(r), holes[0].Offset, "0x%x bytes (%s)%s are %s; it is unknown whether they are zeros: %s",
		n, flash.Size(n), places, DontCare, l.touched(r, holes...))
}

// DontCare is part of the text of the problem of tellSilent.
const DontCare = "\"don't care\" in the sparse image"

// leaveOutFree removes from the unread ranges the blocks that the file system of their partition
// does not use: a sparse file may leave these out. If a partition needs some of the missing
// blocks, all of its missing ranges stay unread.
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

// Bound adds to the parts of the device the ranges behind their ends, as far as they are known.
// Their records then list them.
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

// tellCut adds the rest of a preloader whose region ends too early to the missing ranges.
func (l *Layout) tellCut(p flash.Part, r *preloader.Region) {
	for _, f := range r.Files {
		if len(p.Beyond) > 0 {
			return // this was known before
		}
		if have := p.Image.Size(); f.Cut() && f.Extent.End() > have {
			l.Missing = append(l.Missing, Range{p.Region, flash.Extent{Offset: have, Length: f.Extent.End() - have}})
		}
	}
}

// touched names the partitions that have bytes in the ranges, in order of their offsets.
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
		return flash.ShownAll(names, ", ")
	case r.IsUser():
		return "no partition"
	}
	return "part of the region" // which has no table
}
