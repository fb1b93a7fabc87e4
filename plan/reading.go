package plan

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/scatter"
)

// Reading says what to read from a phone.
type Reading struct {
	Only   []string // partitions by name or pattern, regions by name or file name, ranges a..b; empty: everything
	Skip   []string // the same; the ends of userdata are read anyway
	Ranges []Range  // in addition to Only
	Always []Range  // is always read: the tables, which have the partition names
	Align  int64    // bytes; extents begin and end at multiples of it
}

// Range is an extent of a region.
type Range struct {
	Region flash.Region
	flash.Extent
}

// keptEnds is the length of each end of userdata that is read even if userdata is left out,
// bytes: the superblock of its file system, and the footer of full-disk encryption.
const keptEnds = 1 << 20

// Extents returns what to read of each region of a device. The error is a *PatternError.
func (w Reading) Extents(dev *flash.Device, t *flash.Table) (map[flash.Region][]flash.Extent, error) {
	want := map[flash.Region][]flash.Extent{}
	for _, p := range dev.Parts {
		if len(w.Only)+len(w.Ranges) == 0 {
			want[p.Region] = []flash.Extent{{Length: p.Image.Size()}}
		}
	}
	for _, s := range w.Only {
		found, err := named(dev, t, s)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			want[f.Region] = append(want[f.Region], f.Extent)
		}
	}
	for _, r := range w.Ranges {
		want[r.Region] = append(want[r.Region], r.Extent)
	}
	for _, s := range w.Skip {
		found, err := named(dev, t, s)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			want[f.Region] = flash.Without(want[f.Region], []flash.Extent{f.skipped()})
		}
	}
	for _, r := range w.Always {
		want[r.Region] = append(want[r.Region], r.Extent)
	}
	for _, p := range dev.Parts {
		want[p.Region] = flash.Within(aligned(want[p.Region], max(w.Align, 1)), flash.Extent{Length: p.Image.Size()})
		if len(want[p.Region]) == 0 {
			delete(want, p.Region)
		}
	}
	return want, nil
}

// target is the range that a name stands for.
type target struct {
	Range
	name string // name of the partition, "" for a region
}

// skipped returns the range that is left out if the target is not wanted.
func (t target) skipped() flash.Extent {
	if scatter.Canonical(t.name) != "userdata" || t.Length <= 2*keptEnds {
		return t.Extent
	}
	return flash.Extent{Offset: t.Offset + keptEnds, Length: t.Length - 2*keptEnds}
}

// CheckPattern finds a pattern that is wrong for every table, before there is a table. The error
// is a *PatternError.
func CheckPattern(s string) error {
	if from, to, ok := strings.Cut(s, ".."); ok {
		if from == "" || to == "" {
			return &PatternError{Pattern: s, Why: "a range needs a name at both ends, as in nvram..boot"}
		}
		return errors.Join(CheckPattern(from), CheckPattern(to))
	}
	if _, err := path.Match(s, ""); err != nil {
		return &PatternError{Pattern: s, Why: "is not a valid pattern"}
	}
	return nil
}

// named finds the targets of a name, a pattern or a range of partitions (nvram..protect_s).
func named(dev *flash.Device, t *flash.Table, s string) ([]target, error) {
	if err := CheckPattern(s); err != nil {
		return nil, err
	}
	if from, to, ok := strings.Cut(s, ".."); ok {
		a, err := named(dev, t, from)
		if err != nil {
			return nil, err
		}
		b, err := named(dev, t, to)
		if err != nil {
			return nil, err
		}
		first, last := a[0], b[len(b)-1]
		if first.Region != last.Region || first.Offset > last.Offset {
			return nil, &PatternError{Pattern: s, Why: fmt.Sprintf("%s is not before %s", from, to)}
		}
		first.name, first.Length = "", last.End()-first.Offset
		return []target{first}, nil
	}
	var out []target
	var names []string
	for _, p := range dev.Parts {
		names = append(names, string(p.Region))
		if strings.EqualFold(s, string(p.Region)) {
			return []target{{Range{p.Region, flash.Extent{Length: p.Image.Size()}}, ""}}, nil
		}
	}
	for _, row := range rowsAt(t) {
		names = append(names, row.Name)
		if match(s, aliases(row.Name, row.File)) && dev.Part(row.Region) != nil {
			out = append(out, target{Range{row.Region, row.Extent}, row.Name})
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	// File names come last: a partition has one name, and a region also has the name of its file.
	for _, p := range dev.Parts {
		if strings.EqualFold(s, acquire.FileName(p.Region)) {
			return []target{{Range{p.Region, flash.Extent{Length: p.Image.Size()}}, ""}}, nil
		}
	}
	return nil, &PatternError{Pattern: s, Names: names}
}

// rowsAt lists the rows of a table that have an offset, in the table's order.
func rowsAt(t *flash.Table) []flash.Partition {
	rows := slices.DeleteFunc(slices.Clone(t.Partitions), func(p flash.Partition) bool { return !p.Placed() || p.Length <= 0 })
	slices.SortStableFunc(rows, func(a, b flash.Partition) int { return int(min(max(a.Offset-b.Offset, -1), 1)) })
	return rows
}

// aligned widens extents to multiples of n.
func aligned(list []flash.Extent, n int64) []flash.Extent {
	out := slices.Clone(list)
	for i, e := range out {
		start := e.Offset / n * n
		out[i] = flash.Extent{Offset: start, Length: (e.End()+n-1)/n*n - start}
	}
	return flash.Union(out)
}
