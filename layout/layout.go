package layout

import (
	"errors"
	"fmt"

	"github.com/mtkkit/mtkkit/ebr"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/gpt"
	"github.com/mtkkit/mtkkit/scatter"
)

// Options are what the user knows besides the dump.
type Options struct {
	Scatter     *scatter.File // nil for none
	ScatterName string        // what to call it to a person
	Trust       bool          // believe the scatter file against the dump
	Platform    string        // chip name that overrides all evidence, "" for none
}

// Layout is what is known of a device's partitions and where the knowledge comes from.
type Layout struct {
	Generation string        // "gpt", "ebr", "scatter", "boot" (a boot region alone)
	Witness    string        // the witness the rows come from: "gpt primary", "ebr", "scatter"
	Table      flash.Table   // the one table: rows of all regions
	User       flash.Region  // the region the table is about
	Boot1      flash.Region  // the region this kind of device starts from
	Have       int64         // bytes of the user region at hand
	DeviceSize int64         // true size of the user region, bytes; 0 unknown
	AtLeast    int64         // the user region is at least so large, bytes
	Missing    []Range       // what is still to be read from the phone
	Boots      []Boot        // boot regions at hand and what is in them
	Chip       Fact          // MT6592 …
	Project    Fact          // board or project name
	Scatter    *scatter.File // as given, nil for none
	Differ     []Difference  // scatter against the dump, when it was trusted all the same
	Problems   []flash.Problem
}

// Fact is a finding with its source; an empty Value is "unknown".
type Fact struct {
	Value string `json:"value"`
	From  string `json:"from,omitempty"`
}

// Range is a stretch of a region that the dump should hold and does not.
type Range struct {
	Region flash.Region `json:"region"`
	flash.Extent
}

// Difference is one point in which a scatter file and the dump disagree.
type Difference struct {
	Name    string `json:"name"`
	Scatter int64  `json:"scatter"` // address the scatter gives, bytes
	Dump    int64  `json:"dump"`    // address the dump's table gives, bytes; NoOffset when content denies the row
	Text    string `json:"text"`
}

// ForeignError says that the scatter file is not of this dump.
type ForeignError struct {
	Scatter string
	Differ  []Difference
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("layout: %s is not of this dump: %d rows disagree, first: %s",
		e.Scatter, len(e.Differ), e.Differ[0].Text)
}

// ErrNoTable means that no witness of any kind speaks for the dump.
var ErrNoTable = errors.New("layout: no partition table found: no GPT, no MBR, and no scatter file given")

// Resolve makes one Layout of all witnesses. The error is ErrNoTable, a
// *ForeignError, or one of reading.
func Resolve(dev *flash.Device, opt Options) (*Layout, error) {
	l := &Layout{User: dev.Storage.User(), Boot1: dev.Storage.Boot1(), Scatter: opt.Scatter}
	l.Problems = append(l.Problems, dev.Problems...)
	l.readBoots(dev)

	user := dev.User()
	if user == nil {
		if len(l.Boots) == 0 {
			return nil, ErrNoTable
		}
		l.Generation, l.Witness = "boot", "boot region header"
		l.identify(opt)
		return l, nil
	}
	l.Have = user.Image.Size()

	own := l.ownTable(user.Image)
	var err error
	switch {
	case own == nil && opt.Scatter == nil:
		return nil, ErrNoTable
	case own == nil:
		err = l.fromScatter(user.Image, opt)
	case opt.Scatter == nil:
		l.Table = *own
		l.checkContent(user.Image, flash.Warning)
	default:
		err = l.merge(user.Image, own, opt)
	}
	if err != nil {
		return nil, err
	}
	l.closeEnds()
	l.measure()
	l.tellWhatIsNormal()
	l.Problems = append(l.Problems, l.Table.Check(l.User, l.Have)...)
	l.identify(opt)
	return l, nil
}

// ownTable reads the dump's own table, nil when it has none that can be used.
func (l *Layout) ownTable(img flash.Image) *flash.Table {
	if g, err := gpt.Read(img); err == nil {
		t := g.Table(l.User)
		if len(t.Partitions) > 0 {
			l.Generation, l.Witness = "gpt", t.Partitions[0].Witness
			l.DeviceSize = t.DeviceSize
			l.Problems = append(l.Problems, t.Problems...)
			addTableRows(t, g)
			return t
		}
	} else if !errors.Is(err, flash.ErrNotThis) {
		l.note(flash.Warning, "gpt", "no usable GPT: %v", err)
	}
	if c, err := ebr.Read(img); err == nil {
		t := c.Table(l.User, l.Have)
		if len(t.Partitions) > 0 {
			l.Generation, l.Witness = "ebr", "ebr"
			l.AtLeast = c.AtLeast()
			for i := range t.Partitions {
				t.Partitions[i].Witness = "ebr"
			}
			l.Problems = append(l.Problems, t.Problems...)
			return t
		}
	} else if !errors.Is(err, flash.ErrNotThis) {
		l.note(flash.Warning, "mbr", "no usable MBR: %v", err)
	}
	return nil
}

// addTableRows gives the GPT's own two copies the rows that scatter files have for
// them: pgpt from the start of the device to the first partition, sgpt from behind
// the last usable sector to the end. They stand in no GPT.
func addTableRows(t *flash.Table, g *gpt.GPT) {
	first, last := int64(-1), int64(0)
	for _, p := range t.Partitions {
		if p.Placed() && p.Length > 0 {
			if first < 0 || p.Offset < first {
				first = p.Offset
			}
			last = max(last, p.End())
		}
	}
	row := func(name string, start, end int64) flash.Partition {
		return flash.Partition{
			Name: name, Region: t.Partitions[0].Region, Extent: flash.Extent{Offset: start, Length: end - start},
			Witness: t.Partitions[0].Witness,
		}
	}
	if first > 0 && t.Find("pgpt") == nil {
		t.Partitions = append([]flash.Partition{row("pgpt", 0, first)}, t.Partitions...)
	}
	start := g.Usable().End()
	if start < last {
		start = last
	}
	if t.DeviceSize > start && t.Find("sgpt") == nil {
		p := row("sgpt", start, t.DeviceSize)
		p.Reserved = true
		t.Partitions = append(t.Partitions, p)
	}
	for i := range t.Partitions {
		t.Partitions[i].Index = i
	}
}

func (l *Layout) note(s flash.Severity, place, format string, a ...any) {
	l.Problems = append(l.Problems, flash.Problem{Severity: s, Place: place, Offset: flash.NoOffset, Text: fmt.Sprintf(format, a...)})
}

// closeEnds gives rows that run to the end of the device the length that is at hand.
func (l *Layout) closeEnds() {
	for i := range l.Table.Partitions {
		p := &l.Table.Partitions[i]
		if p.ToEnd && p.Length == 0 && p.Region == l.User && p.Placed() {
			p.Length = max(max(l.DeviceSize, l.Have)-p.Offset, 0)
		}
	}
}

// tellWhatIsNormal notes what every such dump lacks, so that nobody has to wonder.
func (l *Layout) tellWhatIsNormal() {
	if len(l.Boots) == 0 {
		l.note(flash.Note, string(l.Boot1), "is not at hand: the preloader is never in the user area, so it is not in this dump")
	}
	if l.Generation == "ebr" && l.Scatter == nil {
		l.note(flash.Note, "mbr", "an MBR lists only some partitions, and no names: all others (nvram, uboot, bootimg …) stay together in gap files; a scatter file tells them apart")
	}
}

// measure compares what is at hand with what the device must hold.
func (l *Layout) measure() {
	for _, p := range l.Table.Partitions {
		if p.Region == l.User && p.Placed() {
			l.AtLeast = max(l.AtLeast, p.End())
			if p.ToEnd {
				l.AtLeast = max(l.AtLeast, p.Offset)
			}
		}
	}
	want, about := l.DeviceSize, ""
	if want == 0 {
		want, about = l.AtLeast, "at least "
	}
	switch {
	case l.Have < want:
		l.Missing = append(l.Missing, Range{l.User, flash.Extent{Offset: l.Have, Length: want - l.Have}})
		l.Problems = append(l.Problems, flash.Problem{
			Severity: flash.Error, Place: string(l.User), Offset: l.Have,
			Text: fmt.Sprintf("the dump is shorter than the phone's %s: 0x%x of %s0x%x bytes (%.1f %%), 0x%x bytes are missing",
				l.User, l.Have, about, want, 100*float64(l.Have)/float64(want), want-l.Have),
		})
	case l.Have > want && l.DeviceSize > 0:
		l.Problems = append(l.Problems, flash.Problem{
			Severity: flash.Warning, Place: string(l.User), Offset: want,
			Text: fmt.Sprintf("the dump is longer than the phone's %s: 0x%x bytes instead of 0x%x (%.1f %%), 0x%x bytes follow the end",
				l.User, l.Have, want, 100*float64(l.Have)/float64(want), l.Have-want),
		})
	}
	if l.Have%512 != 0 {
		l.Problems = append(l.Problems, flash.Problem{
			Severity: flash.Warning, Place: string(l.User), Offset: l.Have - l.Have%512,
			Text: fmt.Sprintf("the dump is not a whole number of 512-byte sectors: %d bytes follow the last one", l.Have%512),
		})
	}
}
