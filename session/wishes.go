package session

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/scatter"
)

// Wishes tell what to read of an origin, and the folder for it.
type Wishes struct {
	Folder string // output folder; "": a new folder in the current one, with the board and the time as its name
	Resume bool   // Folder is a dump to resume

	Complete   bool         // with Resume: read everything that is missing, not only what was wanted before
	Only, Skip []string     // names and patterns, see plan.Reading
	Ranges     []plan.Range // in addition to Only; a region may have the name of its file; "" is the user area

	Claim           *layout.Claim // partitions that a file lists; nil: those that the origin lists, if any
	Reread          int           // percent of the chunks that are read twice
	KeepIDs         bool          // the manifest gets the phone's identities in plain form, too
	AcceptBad       bool          // finish regions that have unreadable ranges
	IgnoreFreeSpace bool          // begin although the disk may be too small

	Tool     string            // name and version of the program, for the manifest
	Began    time.Time         // is in the manifest and in the name of a new folder
	Progress func(flash.Event) // nil for none
}

// Check checks the patterns without a table: a pattern that can match no name is a
// *plan.PatternError.
func (w *Wishes) Check() error {
	for _, s := range slices.Concat(w.Only, w.Skip) {
		if err := plan.CheckPattern(s); err != nil {
			return err
		}
	}
	return nil
}

// some reports whether the wishes ask for only a part of the phone.
func (w *Wishes) some() bool { return len(w.Only)+len(w.Skip)+len(w.Ranges) > 0 }

// RangeError is a range that begins after the end of its region, or whose region the phone does not
// have.
type RangeError struct{ plan.Range }

func (e *RangeError) Error() string {
	return fmt.Sprintf("this phone has nothing at 0x%x of %s", e.Offset, e.Region)
}

// ParseRange parses a range, START+LENGTH in the user area or REGION:START+LENGTH: 0x8000+0x4000,
// EMMC_BOOT_1:0x0+4K. In the first form the region is "".
func ParseRange(s string) (r plan.Range, err error) {
	text := s
	if region, rest, ok := strings.Cut(s, ":"); ok {
		r.Region, text = flash.Region(strings.ToUpper(region)), rest
	}
	if r.Extent, err = flash.ParseExtent(text); err != nil {
		return plan.Range{}, fmt.Errorf("%q is not a range START+LENGTH or REGION:START+LENGTH", s)
	}
	return r, nil
}

// extents returns the ranges to read of each region, from the wishes and the phone's tables. named
// has those from Wishes.Ranges. The ranges in tables are always read.
func (w *Wishes) extents(o *Origin, l *layout.Layout, tables []plan.Range) (want, named map[flash.Region][]flash.Extent, err error) {
	dev := &o.Source.Device
	r := plan.Reading{Only: w.Only, Skip: w.Skip, Align: o.sector, Always: tables}
	for _, one := range w.Ranges {
		if one.Region == "" {
			one.Region = dev.Storage.User()
		}
		one.Region = regionCalled(dev, one.Region)
		if p := dev.Part(one.Region); p == nil || one.Offset >= p.Image.Size() {
			return nil, nil, &RangeError{one}
		}
		r.Ranges = append(r.Ranges, one)
	}
	if want, err = r.Extents(dev, &l.Table); err != nil {
		return nil, nil, err
	}
	for region, holes := range o.Holes {
		if want[region] = flash.Without(want[region], holes); len(want[region]) == 0 {
			delete(want, region)
		}
	}
	return want, byRegion(r.Ranges), nil
}

// regionCalled returns the region with a name, which may be the name of its file in a dump.
func regionCalled(dev *flash.Device, name flash.Region) flash.Region {
	if dev.Part(name) != nil {
		return name
	}
	for _, p := range dev.Parts {
		if strings.EqualFold(acquire.FileName(p.Region), string(name)) {
			return p.Region
		}
	}
	return name
}

func byRegion(list []plan.Range) map[flash.Region][]flash.Extent {
	out := map[flash.Region][]flash.Extent{}
	for _, r := range list {
		out[r.Region] = append(out[r.Region], r.Extent)
	}
	return out
}

// tableTail is the size of the area for the backup table at the end of the user area, bytes.
const tableTail = 1 << 20

// tableRanges returns the ranges of the user area with the partition tables, without which a dump
// has no names. They are always read, and read twice.
func tableRanges(dev *flash.Device, l *layout.Layout) []plan.Range {
	user := dev.User()
	if user == nil {
		return nil
	}
	size := user.Image.Size()
	add := func(off, n int64) plan.Range {
		return plan.Range{Region: user.Region, Extent: flash.Extent{Offset: off, Length: n}.Clip(size)}
	}
	out := []plan.Range{add(0, dump.TableHead), add(max(size-tableTail, 0), tableTail)}
	for _, off := range l.TableSectors { // EBRs are between the partitions
		out = append(out, add(off, 512))
	}
	return out
}

// distinct returns the ranges of the partitions that identify the phone: those that differ between
// phones of one model.
func distinct(l *layout.Layout) map[flash.Region][]flash.Extent {
	own := map[flash.Region][]flash.Extent{}
	for _, p := range l.Table.Partitions {
		if _, yes := scatter.Identity(p.Name); yes && p.Placed() {
			own[p.Region] = append(own[p.Region], p.Extent)
		}
	}
	return own
}
