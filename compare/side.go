package compare

import (
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/lp"
	"github.com/mtkkit/mtkkit/image/slot"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/scatter"
)

// side is one of the two dumps of a comparison.
type side struct {
	*dump.Dump
	name     Name
	firmware bool // it is a maker's package, and no phone's dump
	plan     *plan.Plan
	items    []item
	outer    *item // super, if it is compared by the partitions in it
	problems []flash.Problem
}

// item is one partition, gap or region of a side.
type item struct {
	name    string
	region  flash.Region
	kind    flash.Kind
	class   report.Class
	logical bool
	flash.Extent
	img      flash.Image    // all of it, or as far as it is there
	unread   []flash.Extent // offsets in it, beyond its end included
	loose    bool           // its offset means nothing
	firmware bool           // it is an image of a maker's package
}

func newSide(name Name, d *dump.Dump) (*side, error) {
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		return nil, err
	}
	s := &side{Dump: d, name: name, firmware: d.Package(), plan: p, problems: flash.AtLeast(flash.Warning, p.Problems)}
	for i := range p.Items {
		it := &p.Items[i]
		if !it.Kind.IsDump() && it.Kind != flash.KindPreloader {
			continue
		}
		s.items = append(s.items, item{name: it.Name, region: it.Region, kind: it.Kind, class: report.ClassOf(&it.ManifestEntry), Extent: it.Extent,
			img: flash.Slice(it.Image, flash.Extent{Length: min(it.Present, it.Image.Size())}), unread: unreadOf(it), loose: s.firmware, firmware: s.firmware})
	}
	return s, nil
}

// unreadOf returns the ranges of a partition that nobody knows.
func unreadOf(it *plan.Item) []flash.Extent {
	out := []flash.Extent{{Offset: it.Present, Length: it.Length - it.Present}}
	for _, e := range it.Unread {
		out = append(out, flash.Extent{Offset: e.Offset - it.Offset, Length: e.Length})
	}
	return flash.Union(out)
}

// build returns the fingerprint of a side's software, "" if it is not known.
func (s *side) build() string {
	facts, err := s.Facts()
	if err != nil {
		return ""
	}
	return report.Fingerprint(facts.Rows).Value
}

// meet makes the items of a dump and a package comparable: super is compared by the partitions in it
// if both have them, and a boot region as a preloader if one side has only that. Of two dumps, all
// bytes of super are compared.
func meet(x, y *side) {
	if x.firmware || y.firmware {
		if a, b := x.inSuper(), y.inSuper(); len(a) > 0 && len(b) > 0 {
			x.open(a)
			y.open(b)
		}
	}
	switch {
	case x.hasBoot() == y.hasBoot(): // all bytes of a region are compared, or there is none
		x.drop(isPreloader)
		y.drop(isPreloader)
	case x.has(isPreloader) && y.has(isPreloaderFile):
		x.dropRegion()
	case y.has(isPreloader) && x.has(isPreloaderFile):
		y.dropRegion()
	default: // nothing to compare it with: the region says it all
		x.drop(isPreloader)
		y.drop(isPreloader)
	}
}

func isPreloader(it *item) bool { return it.kind == flash.KindPreloader }

func isPreloaderFile(it *item) bool { return it.loose && scatter.Canonical(it.name) == "preloader" }

func isBoot(it *item) bool { return it.kind == flash.KindRegion && it.region.IsBoot() }

func (s *side) hasBoot() bool { return s.has(isBoot) }

func (s *side) has(is func(*item) bool) bool {
	return slices.ContainsFunc(s.items, func(it item) bool { return is(&it) })
}

func (s *side) drop(is func(*item) bool) {
	s.items = slices.DeleteFunc(s.items, func(it item) bool { return is(&it) })
}

// dropRegion drops the regions from which preloaders come.
func (s *side) dropRegion() {
	from := map[flash.Region]bool{}
	for _, it := range s.items {
		from[it.region] = from[it.region] || isPreloader(&it)
	}
	s.drop(func(it *item) bool { return isBoot(it) && from[it.region] })
}

// within returns the couples of the partitions inside super.
func within(x, y *side) []couple {
	a, b := *x, *y
	a.items, b.items = x.inSuper(), y.inSuper()
	return pair(&a, &b)
}

// open puts the partitions inside super in its place.
func (s *side) open(list []item) {
	isSuper := func(it *item) bool { return scatter.Canonical(it.name) == "super" }
	if i := slices.IndexFunc(s.items, func(it item) bool { return isSuper(&it) }); i >= 0 {
		outer := s.items[i]
		s.outer = &outer
	}
	s.drop(isSuper)
	s.add(list)
}

// add adds logical partitions that are not items already.
func (s *side) add(list []item) {
	for _, it := range list {
		if !slices.ContainsFunc(s.items, func(have item) bool { return strings.EqualFold(have.name, it.name) }) {
			s.items = append(s.items, it)
		}
	}
}

// logicalNames are partitions that phones with a super partition have in it.
var logicalNames = []string{"system", "vendor", "product", "system_ext", "odm", "vendor_dlkm", "odm_dlkm", "system_dlkm"}

// inSuper returns the partitions in super, or those of a package that a phone has there.
func (s *side) inSuper() (out []item) {
	if super := s.super(); super != nil {
		for _, p := range super.Partitions("") {
			if p.Size > 0 {
				out = append(out, s.logical(p))
			}
		}
		return out
	}
	for _, it := range s.items {
		if base, _ := slot.Cut(scatter.Canonical(it.name)); it.loose && slices.Contains(logicalNames, base) {
			out = append(out, it)
		}
	}
	return out
}

// super returns the table of logical partitions, nil if there is none. That of a package keeps
// what its sparse file leaves out: a phone has other bytes there.
func (s *side) super() *lp.Super {
	if !s.firmware {
		super, err := dump.Super(s.plan, dump.ActiveSlot(s.plan).Suffix)
		if err != nil {
			return nil
		}
		return super
	}
	i := slices.IndexFunc(s.items, func(it item) bool { return scatter.Canonical(it.name) == "super" })
	if i < 0 || !lp.Sniff(s.items[i].img) {
		return nil
	}
	super, err := lp.Read(s.items[i].img, func(string) flash.Image { return nil })
	if err != nil {
		return nil
	}
	return super
}

// logical makes the item of a partition inside super. One of which a part is missing is unread.
func (s *side) logical(p *lp.Partition) item {
	it := item{name: p.Name, region: s.userRegion(), kind: flash.KindPartition, class: report.System, logical: true, loose: true, firmware: s.firmware,
		Extent: flash.Extent{Length: p.Size}, img: p.Image}
	switch {
	case p.Image == nil:
		it.img, it.unread = flash.NewStitched(0), []flash.Extent{it.Extent}
	case !s.firmware:
		it.unread = flash.Holes(p.Image)
	}
	return it
}

func (s *side) userRegion() flash.Region {
	if user := s.Source.User(); user != nil {
		return user.Region
	}
	return ""
}

// find finds the item that corresponds to one of the other side, nil if there is none. An image of
// a package is for both slots, if it has no other for one of them.
func (s *side) find(of *item) *item {
	name := scatter.Canonical(of.name)
	for i := range s.items {
		if it := &s.items[i]; scatter.Canonical(it.name) == name && it.comparable(of) {
			return it
		}
	}
	if !s.firmware {
		return nil
	}
	base, _ := slot.Cut(name)
	for i := range s.items {
		it := &s.items[i]
		if b, _ := slot.Cut(scatter.Canonical(it.name)); b == base && it.comparable(of) {
			return it
		}
	}
	return nil
}

// comparable reports whether two items with one name are of one kind, in one region. The files of
// a package may be of any, and a partition may be in the user area of another kind of flash.
func (it *item) comparable(of *item) bool {
	if it.loose || of.loose {
		return it.kind != flash.KindGap && of.kind != flash.KindGap && it.kind != flash.KindRegion && of.kind != flash.KindRegion
	}
	return it.kind == of.kind && (it.region == of.region || it.kind == flash.KindPartition && it.region.IsUser() && of.region.IsUser())
}
