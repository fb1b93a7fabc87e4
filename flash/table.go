package flash

import (
	"cmp"
	"fmt"
	"slices"
)

// Partition is one row of a partition table of any format.
type Partition struct {
	Index  int    // index in its table, from 0
	Name   string // name in the table; untrusted, see plan.SafeName
	Region Region
	Extent      // bytes within the region
	ToEnd  bool // the table has no true length: the row ends with the region

	File      string // name of the image file for flash tools, "" for none
	Download  bool   // is_download of the scatter file
	Type      string // payload class: NORMAL_ROM, EXT4_IMG, SV5_BL_BIN …
	Operation string // UPDATE, PROTECTED, INVISIBLE, RESERVED, BINREGION, BOOTLOADERS …
	Reserved  bool   // its address counts from the end; it is never downloaded

	GUID       string  // GPT unique partition GUID, upper case, "" elsewhere
	TypeGUID   string  // GPT partition type GUID, upper case, "" elsewhere
	Attributes uint64  // GPT attribute bits, raw
	Witness    Witness // the table or scatter file that has the row
	Guess      string  // name from the content, if the table has none; "" for none
}

// Unplaced is the Offset of a row whose address counts from the end of a region of unknown size.
const Unplaced = -1

// Placed reports whether the row has an offset.
func (p Partition) Placed() bool { return p.Offset != Unplaced }

// Carved reports whether a split makes a file from the row: the row has an offset, and a source
// other than a reserved row of a scatter file. Reserved rows of an MBR device (BMTPOOL) only
// have a meaning for flash tools; their bytes stay in a gap.
func (p Partition) Carved() bool {
	return p.Placed() && !(p.Reserved && p.Witness == WitnessScatter)
}

// Table is a partition table, as far as a reader understood it.
type Table struct {
	Format     string // "gpt", "ebr", "scatter" …
	SectorSize int64  // bytes; 0 if the format has no sectors
	DeviceSize int64  // size of the user region that the table itself states, bytes; 0 unknown
	AtLeast    int64  // smallest possible size of the user region, bytes, if the table proves no exact size
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

// Check compares the rows of one region with each other and with the region's size in bytes (0
// or less: unknown). It reports overlaps, rows that end behind the region, and rows that are
// completely outside. It does not change the table.
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
	reach := -1 // the row with the largest end so far
	for i, p := range rows {
		if reach >= 0 && rows[reach].End() > p.Offset {
			over := min(rows[reach].End(), p.End()) - p.Offset
			out = append(out, Problem{Warning, p.Name, p.Offset, fmt.Sprintf(
				"overlaps %s by %s", Shown(rows[reach].Name), Size(over))})
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
				"is cut: only %s of %s are in the image", Size(size-p.Offset), Size(p.Length))})
		}
	}
	switch n := len(outside); {
	case n == 1:
		out = append(out, Problem{Warning, outside[0], size, "is beyond the end of the image: all of it is missing"})
	case n > 1:
		out = append(out, Problem{Warning, outside[0], size, fmt.Sprintf(
			"and %d more partitions are beyond the end of the image: %s", n-1, ShownAll(outside[1:], " "))})
	}
	return out
}
