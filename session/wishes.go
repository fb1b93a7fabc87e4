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

// Wishes are what is to be read of an origin, and where to.
type Wishes struct {
	Folder string // where to; "": a new folder, in the current one, named after board and time
	Resume bool   // Folder is a dump to go on with

	Complete   bool         // all the rest, for a dump to go on with; else what was wanted before
	Only, Skip []string     // names and patterns, as plan.Reading has them
	Ranges     []plan.Range // besides Only; a region may be called as its file is, "" is the user area

	Claim     *layout.Claim // partitions that a file tells; nil: what the origin itself tells, if anything
	Reread    int           // so many of a hundred chunks are read twice
	KeepIDs   bool          // the phone's identities go into the manifest in clear
	AcceptBad bool          // a region with places that cannot be read may be finished
	AnyRoom   bool          // begin also when the disk may be too small

	Tool     string            // name and version of the program, for the manifest
	Began    time.Time         // goes into the manifest, and into the name of a new folder
	Progress func(flash.Event) // nil for none
}

// Check finds patterns that can be nobody's, before there is a table to look in. The error is
// a *plan.PatternError.
func (w *Wishes) Check() error {
	for _, s := range slices.Concat(w.Only, w.Skip) {
		if err := plan.CheckPattern(s); err != nil {
			return err
		}
	}
	return nil
}

// some reports whether only some of the phone is asked for.
func (w *Wishes) some() bool { return len(w.Only)+len(w.Skip)+len(w.Ranges) > 0 }

// RangeError is a range that begins behind the end of its region, or in no region of the phone.
type RangeError struct{ plan.Range }

func (e *RangeError) Error() string {
	return fmt.Sprintf("this phone has nothing at 0x%x of %s", e.Offset, e.Region)
}

// ParseRange reads a range as people write it, START+LENGTH of the user area or
// REGION:START+LENGTH: 0x8000+0x4000, EMMC_BOOT_1:0x0+4K. The region of the first is "".
func ParseRange(s string) (r plan.Range, err error) {
	text := s
	if region, rest, ok := strings.Cut(s, ":"); ok {
		r.Region, text = flash.Region(strings.ToUpper(region)), rest
	}
	if r.Extent, err = flash.ParseExtent(text); err != nil {
		return plan.Range{}, fmt.Errorf("%q is no range START+LENGTH or REGION:START+LENGTH", s)
	}
	return r, nil
}

// extents turns wishes into what to read of each region, by the tables of the phone. Named are
// the ranges among them, tables what is read whatever is asked.
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

// regionCalled is the region of a name, which may be that of its file in a dump.
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

// tableTail is what the backup of a partition table takes at the end of the user area, bytes.
const tableTail = 1 << 20

// tableRanges are the stretches of the user area without which nothing in a dump has a name.
// They are read whatever is asked, and twice.
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
	for _, off := range l.TableSectors { // EBRs stand between the partitions
		out = append(out, add(off, 512))
	}
	return out
}

// ownPlaces are the partitions that make a phone this phone: what tells it from others of its
// model.
func ownPlaces(l *layout.Layout) map[flash.Region][]flash.Extent {
	own := map[flash.Region][]flash.Extent{}
	for _, p := range l.Table.Partitions {
		if _, yes := scatter.Identity(p.Name); yes && p.Placed() {
			own[p.Region] = append(own[p.Region], p.Extent)
		}
	}
	return own
}
