package layout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mtkkit/mtkkit/capture"
	"github.com/mtkkit/mtkkit/ebr"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/gpt"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/scatter"
)

// Options is what the user knows in addition to the dump.
type Options struct {
	Claim    *Claim // what a file says of the partitions, nil for none
	Trust    bool   // believe the claim against the dump
	Platform string // chip name that overrides all evidence, "" for none
	Progress func(flash.Event)

	// TablesOnly is for a phone, which is slow to read: where no witness speaks, nothing
	// is guessed from content.
	TablesOnly bool

	// Storage is the kind of flash by the user's word, "" where nothing was said.
	Storage flash.Storage
}

// Claim is a table from outside the dump: a scatter file, or what somebody captured
// from the running phone. It is checked against the dump before it is believed.
type Claim struct {
	Name     string        // what to call it to the user: a file name
	Kind     flash.Witness // "scatter", "dumchar_info", "pmt" …
	Platform string        // chip it is for, "" when it does not say
	Project  string
	Table    func(userSize int64) *flash.Table // its rows, for a user area of that size (0 unknown)

	// Others are other ways to read a list that does not say where its rows begin. What
	// stands in the dump decides between them.
	Others []*flash.Table

	otherFlash string // what to say where it is of another kind of flash than the dump
}

// place is what a problem with the claim is about.
func (c *Claim) place() string { return string(c.Kind) }

// Layout is what is known of a device's partitions and where the knowledge comes from.
type Layout struct {
	Generation flash.Generation
	Witness    flash.Witness // the witness the rows come from: "gpt primary", "ebr", "scatter", "content"
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
	Contents   []Content     // what stands at the start of each row of Table, same order
	Claimed    bool          // a claim was given
	Differ     []Difference  // claim against the dump, when it was trusted all the same
	Problems   flash.Problems

	Between []Stretch // where the table does not name all partitions: what it leaves without a name
	matched int       // rows of the dump's own table that are in the claim, alike
	loose   int       // points, however small, in which the two differ

	TableSectors []int64 // of an MBR phone: where the sectors of its table stand, bytes
}

// Fact is a finding with its source; an empty Value is "unknown".
type Fact struct {
	Value string `json:"value"`
	From  string `json:"from,omitempty"`
}

// FromCaller is the From of a chip that Options.Platform names.
const FromCaller = "the name given"

// Range is a range of a region that the dump should hold and does not.
type Range struct {
	Region flash.Region `json:"region"`
	flash.Extent
}

// Content is what stands at the start of a row, and whether it belongs there.
type Content struct {
	image.Content
	Verdict image.Verdict
}

// Difference is one point in which a claim and the dump disagree.
type Difference struct {
	Name  string `json:"name"`
	Claim int64  `json:"claim"` // address the claim gives, bytes
	Dump  int64  `json:"dump"`  // address the dump's table gives, bytes; NoOffset when content denies the row
	Text  string `json:"text"`
}

// rest is the text for where the name stands before it already.
func (d Difference) rest() string { return strings.TrimPrefix(d.Text, d.Name+": ") }

// ForeignError says that the claim is not of this dump.
type ForeignError struct {
	Claim  *Claim
	Differ []Difference
	Alone  bool // the dump has no table of its own
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("layout: %s is not of this dump: %d rows disagree, first: %s",
		e.Claim.Name, len(e.Differ), e.Differ[0].Text)
}

// ErrNoTable means that no witness of any kind speaks for the dump.
var ErrNoTable = errors.New("layout: no partition table found: no GPT, no MBR, no scatter file given, and no content that is known")

// Resolve makes one Layout of all witnesses. The error is ErrNoTable, a
// *ForeignError, ctx's, or one of reading. Without any table the whole dump is read.
// Where only the claim tells what kind of flash the dump is of, the device's storage is
// set to that.
func Resolve(ctx context.Context, dev *flash.Device, opt Options) (*Layout, error) {
	l := &Layout{User: dev.Storage.User(), Boot1: dev.Storage.Boot1(), Claimed: opt.Claim != nil}
	l.Problems = append(l.Problems, dev.Problems...)
	l.readBoots(ctx, dev)
	if err := ctx.Err(); err != nil { // they may not be compared
		return nil, err
	}

	user := dev.User()
	if user == nil {
		if len(l.Boots) == 0 {
			return nil, ErrNoTable
		}
		l.Generation, l.Witness = flash.GenerationBoot, flash.WitnessBoot
		if opt.Claim != nil {
			l.note(flash.Note, opt.Claim.place(), "%s lists partitions of the user area, which is not here: only its chip and project are used", opt.Claim.Name)
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
	if err := l.lookBetween(ctx, flash.Known(user.Image, user.Unread), opt.TablesOnly); err != nil {
		return nil, err
	}
	l.lookForTwin(user.Image)
	l.tellWhatIsNormal()
	l.Problems = append(l.Problems, l.Table.Check(l.User, l.Have)...)
	l.identify(opt)
	return l, nil
}

// findTable asks the witnesses in the order of belief.
func (l *Layout) findTable(ctx context.Context, dev *flash.Device, opt Options) error {
	img := dev.User().Image
	own := l.ownTable(img)
	if own != nil && l.User == flash.NANDWhole {
		l.note(flash.Warning, string(l.Generation), "this table stands on eMMC and UFS only, and the dump is said to be of a NAND chip")
	}
	if opt.Claim != nil {
		opt.Claim = l.suit(dev, own, opt)
	}
	if opt.Claim != nil && l.Generation == flash.GenerationEBR && opt.Claim.namesNothing(l.User) {
		opt.Claim, l.Claimed = nil, false // it was made of such a dump; its chip counts
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
			l.problem(flash.Warning, p, "holds %s, which does not belong in this partition", describe(c.Content))
		}
	}
	return nil
}

const noPhone = "it may be of a memory card, or of a computer's disk"

// ownTable reads the dump's own table, nil when it has none that can be used.
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
				l.note(flash.Warning, "gpt", "no partition has a name that is known of phones: %s", noPhone)
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
				l.note(flash.Warning, "mbr", "is not as phones have it, with links to EBRs and rows of type 0x83: %s", noPhone)
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
// MBR. It has the names and the raw partitions that an MBR lacks, so it is as good as a
// scatter file that came with the dump.
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
	if len(l.Boots) == 0 && l.Boot1 != l.User {
		l.note(flash.Note, string(l.Boot1), "is not at hand: the preloader is never in the user area, so it is not in this dump")
	}
	if l.Witness == flash.WitnessEBR {
		l.note(flash.Note, "mbr", "an MBR lists only some partitions, and no names: all others (nvram, uboot, bootimg …) stay together in gap files; a scatter file tells them apart")
	}
}

// tooFar is beyond any phone whose size no GPT states: an address there is a damaged
// entry, not a reason to read on for days.
const tooFar = 512 << 30

// measure compares what is at hand with what the device must hold, by its table and by
// what is known to lie beyond the end of the dump.
func (l *Layout) measure(beyond []flash.Extent) {
	for _, p := range l.Table.Partitions {
		switch {
		case p.Region != l.User || !p.Placed():
		case l.DeviceSize == 0 && p.End() > tooFar:
			l.problem(flash.Warning, p, "its entry is wild: no phone of this kind reaches there")
		case p.ToEnd:
			l.AtLeast = max(l.AtLeast, p.Offset)
		default:
			l.AtLeast = max(l.AtLeast, p.End())
		}
	}
	l.measureContents()
	want, about := l.DeviceSize, ""
	if want == 0 {
		want, about = l.AtLeast, "at least "
	}
	for _, e := range beyond {
		l.AtLeast = max(l.AtLeast, e.End())
		if e.End() > want {
			want, about = e.End(), "at least "
		}
	}
	switch {
	case l.Have < want:
		start := l.Have - l.Have%l.sector() // a sector that is cut is read again
		l.Missing = append(l.Missing, Range{l.User, flash.Extent{Offset: start, Length: want - start}})
		l.Problems.AddAt(flash.Error, string(l.User), l.Have, "the dump is shorter than the phone's %s: 0x%x of %s0x%x bytes (%s), 0x%x bytes are missing",
			l.User, l.Have, about, want, percent(l.Have, want), want-l.Have)
	case l.Have > want && l.DeviceSize > 0:
		l.Problems.AddAt(flash.Warning, string(l.User), want, "the dump is longer than the phone's %s: 0x%x bytes instead of 0x%x (%s), 0x%x bytes follow the end",
			l.User, l.Have, want, percent(l.Have, want), l.Have-want)
	}
	if l.Have%512 != 0 {
		l.Problems.AddAt(flash.Warning, string(l.User), l.Have-l.Have%512, "the dump is not a whole number of 512-byte sectors: %d bytes follow the last one", l.Have%512)
	}
}

// sector is the unit that flash tools read in, bytes.
func (l *Layout) sector() int64 {
	return cmp.Or(l.Table.SectorSize, 512)
}

// Complete reports whether the dump is known to hold all of the user area.
func (l *Layout) Complete() bool {
	return len(l.Missing) == 0 && l.DeviceSize > 0 && l.Have > 0
}

// percent never rounds to 100 what is not.
func percent(part, whole int64) string {
	for digits := 1; ; digits++ {
		if s := strconv.FormatFloat(100*float64(part)/float64(whole), 'f', digits, 64); digits == 9 || strings.Trim(s, "0.") != "1" && part != 0 {
			return s + " %"
		}
	}
}

// measureContents asks the file systems: one that states more bytes than its partition
// has in the dump was cut off. This is the only witness of a cut where an MBR lets the
// last partition run to the end of the device.
func (l *Layout) measureContents() {
	for i, c := range l.Contents {
		p := l.Table.Partitions[i]
		switch c.Kind {
		case image.Ext4, image.F2FS, image.EROFS, image.SquashFS, image.Super:
		default:
			continue
		}
		switch {
		case c.Stated <= p.Length:
		case p.ToEnd:
			l.AtLeast = max(l.AtLeast, p.Offset+c.Stated)
		default:
			l.problem(flash.Warning, p, "holds a %s of 0x%x bytes, more than the partition's 0x%x", c.Kind, c.Stated, p.Length)
		}
	}
}
