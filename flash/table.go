package flash

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Partition is one row of a partition table of any format.
type Partition struct {
	Index  int    // place in its table, from 0
	Name   string // as the table writes it; untrusted, see plan.SafeName
	Region Region
	Extent      // bytes within the region
	ToEnd  bool // the table gives no true length: the row runs to the region's end

	File      string // image file a flash tool looks for, "" when none is named
	Download  bool   // the scatter's is_download
	Type      string // payload class: NORMAL_ROM, EXT4_IMG, SV5_BL_BIN …
	Operation string // UPDATE, PROTECTED, INVISIBLE, RESERVED, BINREGION, BOOTLOADERS …
	Reserved  bool   // address counted from the end; never downloaded

	GUID       string  // GPT unique partition GUID, upper case, "" elsewhere
	TypeGUID   string  // GPT partition type GUID, upper case, "" elsewhere
	Attributes uint64  // GPT attribute bits, raw
	Witness    Witness // which table or scatter vouches for the row
	Guess      string  // what the content calls itself, where the table gives no name; "" nothing
}

// Unplaced is the Offset of a row whose address counts from the end of a region of
// unknown size.
const Unplaced = -1

// Placed reports whether the row has an address at all.
func (p Partition) Placed() bool { return p.Offset != Unplaced }

// Carved reports whether the row is a partition to be cut out: it has a place, and somebody
// other than a scatter file's sentinel vouches for it. Reserved rows of an MBR device (BMTPOOL)
// are promises of the flash tool, not partitions; their bytes stay in a gap.
func (p Partition) Carved() bool {
	return p.Placed() && !(p.Reserved && p.Witness == WitnessScatter)
}

// Table is what a reader understood of a partition table.
type Table struct {
	Format     string // "gpt", "ebr", "scatter" …
	SectorSize int64  // bytes; 0 when the format knows no sectors
	DeviceSize int64  // size of the user region that the table itself states, bytes; 0 unknown
	AtLeast    int64  // the user region has at least so many bytes, where the table proves that and no size
	Partitions []Partition
	Problems   Problems
}

// Find returns the first partition with exactly that name, or nil.
func (t *Table) Find(name string) *Partition {
	for i := range t.Partitions {
		if t.Partitions[i].Name == name {
			return &t.Partitions[i]
		}
	}
	return nil
}

// Check compares the rows of one region with each other and with the region's size
// in bytes (0 or less: unknown). It reports overlaps, rows that run past the end and
// rows wholly outside; it deletes nothing.
func (t *Table) Check(r Region, size int64) []Problem {
	var rows []Partition
	for _, p := range t.Partitions {
		if p.Region == r && p.Length > 0 && p.Placed() {
			rows = append(rows, p)
		}
	}
	slices.SortStableFunc(rows, func(a, b Partition) int {
		return cmp.Compare(a.Offset, b.Offset)
	})
	var out []Problem
	var outside []string
	reach := -1 // the row that has reached furthest so far
	for i, p := range rows {
		if reach >= 0 && rows[reach].End() > p.Offset {
			over := min(rows[reach].End(), p.End()) - p.Offset
			out = append(out, Problem{Warning, p.Name, p.Offset, fmt.Sprintf(
				"overlaps %s by %s", rows[reach].Name, Size(over))})
		}
		if reach < 0 || p.End() > rows[reach].End() {
			reach = i
		}
		switch {
		case size <= 0 || p.ToEnd:
		case p.Offset >= size:
			outside = append(outside, p.Name)
		case p.End() > size:
			out = append(out, Problem{Warning, p.Name, p.Offset, fmt.Sprintf(
				"is cut: %s of %s are here", Size(size-p.Offset), Size(p.Length))})
		}
	}
	switch n := len(outside); {
	case n == 1:
		out = append(out, Problem{Warning, outside[0], size, "lies beyond the end of the image: nothing of it is here"})
	case n > 1:
		out = append(out, Problem{Warning, outside[0], size, fmt.Sprintf(
			"and %d more partitions lie beyond the end of the image, nothing of them is here: %s", n-1, strings.Join(outside[1:], " "))})
	}
	return out
}
