package layout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/capture"
	"github.com/mtkkit/mtkkit/ebr"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/gpt"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/scatter"
)

// Options has what the user says about the dump.
type Options struct {
	Claim    *Claim // the table in a file, nil for none
	Trust    bool   // use the claim even if it contradicts the dump
	Platform string // chip name that overrides all evidence, "" for none
	Progress func(flash.Event)

	// TablesOnly is for a phone, which is slow to read: without a table, nothing is guessed from
	// content.
	TablesOnly bool

	// Storage is the flash type that the user gave, "" for none.
	Storage flash.Storage

	// Rows are the images of a firmware package, for a device of type flash.Package.
	Rows []flash.Partition
}

// Claim is a table from outside the dump: a scatter file, or a list captured from the running
// phone. It is checked against the dump before it is used.
type Claim struct {
	Name     string        // name for messages: a file name
	Kind     flash.Witness // "scatter", "dumchar_info", "pmt" …
	Platform string        // its chip, "" if unknown
	Project  string
	Table    func(userSize int64) *flash.Table // its rows, for a user area of that size (0 unknown)

	// Others are other interpretations of a list that does not say where its rows begin. The
	// dump's content decides between them.
	Others []*flash.Table

	otherFlash string // message if it is for another flash type than the dump
}

// place returns the Place of problems about the claim.
func (c *Claim) place() string { return string(c.Kind) }

// Layout has what is known about a device's partitions, with the evidence.
type Layout struct {
	Generation flash.Generation
	Witness    flash.Witness // the witness of the rows: "gpt primary", "ebr", "scatter", "content"
	Table      flash.Table   // the one table: rows of all regions
	User       flash.Region  // the region of the table
	Boot1      flash.Region  // the region from which such a device starts
	Have       int64         // bytes of the user region in the dump
	DeviceSize int64         // true size of the user region, bytes; 0 unknown
	AtLeast    int64         // smallest possible size of the user region, bytes
	Missing    []Range       // ranges that are still to be read from the phone
	Boots      []Boot        // boot regions of the dump
	Chip       Fact          // MT6592 …
	Project    Fact          // board or project name
	Contents   []Content     // content at the start of each row of Table, in the same order
	Claimed    bool          // a claim was given
	Differ     []Difference  // contradictions between claim and dump, if the claim is trusted anyway
	Problems   flash.Problems

	Between []Stretch // ranges without a name, if the table does not name all partitions
	matched int       // number of rows of the dump's own table that are equal in the claim
	loose   int       // number of differences between the two, small ones included

	TableSectors []int64 // offsets of the sectors of an MBR phone's table, bytes
}

// Fact is a value with its source; an empty Value means unknown.
type Fact struct {
	Value string `json:"value"`
	From  string `json:"from,omitempty"`
}

// FromCaller is the From of a chip that Options.Platform gave.
const FromCaller = "the name given"

// Range is a range of a region that the dump should have and does not.
type Range struct {
	Region flash.Region `json:"region"`
	flash.Extent
}

// Content is the content at the start of a row, and whether it belongs there.
type Content struct {
	image.Content
	Verdict image.Verdict
}

// Difference is one contradiction between a claim and the dump.
type Difference struct {
	Name  string `json:"name"`
	Claim int64  `json:"claim"` // offset in the claim, bytes
	Dump  int64  `json:"dump"`  // offset in the dump's table, bytes; NoOffset if content contradicts the row
	Text  string `json:"text"`
}

// rest returns the text without the name in front.
func (d Difference) rest() string { return strings.TrimPrefix(d.Text, d.Name+": ") }

// ForeignError reports that the claim does not belong to this dump.
type ForeignError struct {
	Claim  *Claim
	Differ []Difference
	Alone  bool // the dump has no table of its own
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("layout: %s does not belong to this dump: %d rows disagree, first: %s",
		e.Claim.Name, len(e.Differ), e.Differ[0].Text)
}

// ErrNoTable means that there is no witness at all.
var ErrNoTable = errors.New("layout: no partition table found: no GPT, no MBR, no scatter file given, and no known content")

// Resolve makes one Layout from all witnesses. The error is ErrNoTable, a *ForeignError, that of
// ctx, or a read error. Without any table, the whole dump is read. If only the claim says which
// flash type the dump has, the device's storage is set to it.
func Resolve(ctx context.Context, dev *flash.Device, opt Options) (*Layout, error) {
	l := &Layout{User: dev.Storage.User(), Boot1: dev.Storage.Boot1(), Claimed: opt.Claim != nil}
	l.Problems = append(l.Problems, dev.Problems...)
	l.readBoots(ctx, dev)
	if err := ctx.Err(); err != nil { // the copies may not have been compared
		return nil, err
	}

	user := dev.User()
	if dev.Storage == flash.Package && user != nil {
		return l.ofPackage(dev, opt), nil
	}
	if user == nil {
		if len(l.Boots) == 0 {
			return nil, ErrNoTable
		}
		l.Generation, l.Witness = flash.GenerationBoot, flash.WitnessBoot
		if opt.Claim != nil {
			l.note(flash.Note, opt.Claim.place(), "%s lists partitions of the user area, which is not in the dump: only its chip and project are used", opt.Claim.Name)
		}
		l.tellUnread(dev)
		l.identify(opt)
		return l, nil
	}
	l.Have = user.Image.Size()
	if err := l.findTable(ctx, dev, opt); err != nil {
		return nil, err
	}
	l.closeEnds()
	l.leaveOutFree(dev)
	l.measure(user.Beyond)
	l.tellUnread(dev)
	l.tellShipped(flash.Known(user.Image, user.Unread), opt.TablesOnly)
	if err := l.lookBetween(ctx, flash.Known(user.Image, user.Unread), opt.TablesOnly); err != nil {
		return nil, err
	}
	l.lookForTwin(user.Image)
	l.tellWhatIsNormal()
	l.Problems = append(l.Problems, l.Table.Check(l.User, l.Have)...)
	l.identify(opt)
	return l, nil
}

// findTable asks the witnesses in the order of trust.
func (l *Layout) findTable(ctx context.Context, dev *flash.Device, opt Options) error {
	img := dev.User().Image
	own := l.ownTable(img)
	if own != nil && l.User == flash.NANDWhole {
		l.note(flash.Warning, string(l.Generation), "only eMMC and UFS have such a table, but the dump should be of a NAND chip")
	}
	if opt.Claim != nil {
		opt.Claim = l.suit(dev, own, opt)
	}
	if opt.Claim != nil && l.Generation == flash.GenerationEBR && opt.Claim.namesNothing(l.User) {
		opt.Claim, l.Claimed = nil, false // it was made from such a dump; its chip is used
	}
	if opt.Claim == nil && (own == nil && l.User == flash.NANDWhole || own != nil && l.Generation == flash.GenerationEBR) {
		opt.Claim = findPMT(img)
	}
	switch {
	case own == nil && opt.Claim == nil && opt.TablesOnly:
		return ErrNoTable
	case own == nil && opt.Claim == nil:
		return l.guess(ctx, img, opt.Progress)
	case own == nil:
		return l.fromClaim(img, opt)
	case opt.Claim != nil:
		return l.merge(img, own, opt)
	}
	l.Table = *own
	l.lookAt(img)
	for i, c := range l.Contents {
		if c.Verdict == image.Contradicted {
			p := l.Table.Partitions[i]
			l.problem(flash.Warning, p, "contains %s, which does not belong in this partition", describe(c.Content))
		}
	}
	return nil
}

const noPhone = "it may be from a memory card or a computer's disk"

// ownTable reads the dump's own table; nil if it has none that can be used.
func (l *Layout) ownTable(img flash.Image) *flash.Table {
	if g, err := gpt.Read(img); err == nil {
		t := g.Table(l.User)
		if len(t.Partitions) > 0 {
			l.Generation, l.Witness = flash.GenerationGPT, t.Partitions[0].Witness
			l.DeviceSize = t.DeviceSize
			if t.DeviceSize == 0 {
				l.AtLeast = t.AtLeast
			}
			l.Problems = append(l.Problems, t.Problems...)
			if !slices.ContainsFunc(t.Partitions, func(p flash.Partition) bool { return scatter.Known(p.Name) }) {
				l.note(flash.Warning, "gpt", "no partition has a name that phones use: %s", noPhone)
			}
			addTableRows(t, g)
			return t
		}
	} else if !errors.Is(err, flash.ErrNotThis) {
		l.note(flash.Warning, "gpt", "no usable GPT: %v", err)
	}
	if c, err := ebr.Read(img); err == nil {
		t := c.Table(l.User, l.Have)
		if len(t.Partitions) > 0 {
			l.Generation, l.Witness = flash.GenerationEBR, flash.WitnessEBR
			if !c.LikePhones() {
				l.note(flash.Warning, "mbr", "is not like those of phones, which have links to EBRs and rows of type 0x83: %s", noPhone)
			}
			for _, s := range c.Sectors {
				l.TableSectors = append(l.TableSectors, s.Offset)
			}
			for i := range t.Partitions {
				t.Partitions[i].Witness = flash.WitnessEBR
			}
			l.Problems = append(l.Problems, t.Problems...)
			return t
		}
	} else if !errors.Is(err, flash.ErrNotThis) {
		l.note(flash.Warning, "mbr", "no usable MBR: %v", err)
	}
	return nil
}

// addTableRows adds the rows that scatter files have for the two copies of the GPT, which no GPT
// lists: pgpt from the start of the device to the first partition, sgpt from behind the last
// usable sector to the end.
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
	start := max(g.Usable().End(), last)
	if t.DeviceSize > start && t.Find("sgpt") == nil {
		p := row("sgpt", start, t.DeviceSize)
		p.Reserved = true
		t.Partitions = append(t.Partitions, p)
	}
	for i := range t.Partitions {
		t.Partitions[i].Index = i
	}
}

// findPMT looks for the table that boot loaders of the MBR generation keep in addition to the
// MBR. It has the names and the raw partitions that an MBR lacks, so it is as good as a scatter
// file that came with the dump.
func findPMT(img flash.Image) *Claim {
	t, at, err := capture.FindPMT(img)
	if err != nil {
		return nil
	}
	return &Claim{Name: fmt.Sprintf("the PMT at 0x%x of the dump", at), Kind: flash.WitnessPMT, Table: func(int64) *flash.Table { return t }}
}

func (l *Layout) problem(s flash.Severity, p flash.Partition, format string, a ...any) {
	l.Problems.AddAt(s, p.Name, p.Offset, format, a...)
}

func (l *Layout) note(s flash.Severity, place, format string, a ...any) {
	l.Problems.Add(s, place, format, a...)
}

// closeEnds sets the length of rows that run to the end of the device, from the size of the dump.
func (l *Layout) closeEnds() {
	for i := range l.Table.Partitions {
		p := &l.Table.Partitions[i]
		if p.ToEnd && p.Length == 0 && p.Region == l.User && p.Placed() {
			p.Length = max(max(l.DeviceSize, l.Have)-p.Offset, 0)
		}
	}
}

// tellWhatIsNormal notes what every such dump lacks, so that users do not take it for a fault.
func (l *Layout) tellWhatIsNormal() {
	if len(l.Boots) == 0 && l.Boot1 != l.User {
		l.note(flash.Note, string(l.Boot1), "is not in this dump: the preloader is never in the user area")
	}
	if l.Witness == flash.WitnessEBR {
		l.note(flash.Note, "mbr", "an MBR lists only some partitions, and no names: all others (nvram, uboot, bootimg …) stay together in gap files; a scatter file separates them")
	}
}
