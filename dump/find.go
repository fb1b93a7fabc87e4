package dump

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/slot"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/scatter"
)

// NameError is a name that no partition has, or several have.
type NameError struct {
	Name  string
	Hits  int      // how many partitions are called so: 0 or more than 1
	Names []string // what there is
}

func (e *NameError) Error() string {
	if e.Hits > 0 {
		return fmt.Sprintf("%d partitions are called %q: use the name of the file", e.Hits, e.Name)
	}
	return fmt.Sprintf("no partition %q; there are: %s", e.Name, strings.Join(e.Names, " "))
}

// Partition finds the one partition that a name can mean: as the table writes it, else as people
// write it today (boot for BOOTIMG), else the name of its file; without the suffix of a slot, the
// one of the active slot. The error is a *NameError.
func (d *Dump) Partition(name string) (*plan.Item, error) {
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		return nil, err
	}
	it, _, err := Slotted(p, name)
	return it, err
}

// Slotted is Find that takes a name without a slot for the partition of the active one, on a
// phone with two of each. The slot says how it was chosen, nil where there was no choice.
func Slotted(p *plan.Plan, name string) (*plan.Item, *Slot, error) {
	it, err := Find(p, name)
	base, suffix := slot.Cut(scatter.Canonical(name))
	if err == nil || suffix != "" {
		return it, nil, err
	}
	for _, s := range []string{"a", "b"} {
		if _, none := Find(p, base+"_"+s); none != nil {
			return nil, nil, err
		}
	}
	active := ActiveSlot(p)
	it, err = Find(p, base+"_"+active.Suffix)
	return it, &active, err
}

// Find picks the one item of a plan that has a name. The error is a *NameError.
func Find(p *plan.Plan, name string) (*plan.Item, error) {
	for _, is := range []func(it *plan.Item) bool{
		func(it *plan.Item) bool { return it.Name == name },
		func(it *plan.Item) bool { return strings.EqualFold(it.Name, name) },
		func(it *plan.Item) bool { return scatter.Canonical(it.Name) == scatter.Canonical(name) },
		func(it *plan.Item) bool { return strings.EqualFold(it.File, name) },
	} {
		var hits []*plan.Item
		for i := range p.Items {
			if is(&p.Items[i]) {
				hits = append(hits, &p.Items[i])
			}
		}
		switch len(hits) {
		case 0:
		case 1:
			return hits[0], nil
		default:
			return nil, &NameError{Name: name, Hits: len(hits)}
		}
	}
	e := &NameError{Name: name}
	for _, it := range p.Items {
		if it.Kind != flash.KindGap {
			e.Names = append(e.Names, it.Name)
		}
	}
	return nil, e
}

// Slot is the slot that stands for partition names without one.
type Slot struct {
	Suffix string // "a" or "b"
	From   string // the partition that says that it is active; "" when nothing does and a was taken
	Single bool   // the phone has one of each: its logical partitions are all in slot a
}

// ActiveSlot is the slot that the phone would start.
func ActiveSlot(p *plan.Plan) Slot {
	if !slices.ContainsFunc(p.Items, func(it plan.Item) bool {
		_, suffix := slot.Cut(scatter.Canonical(it.Name))
		return suffix != ""
	}) {
		return Slot{Suffix: "a", Single: true}
	}
	for _, name := range []string{"misc", "para"} {
		if it, err := Find(p, name); err == nil && it.Present > 0 {
			if s := slot.Active(Known(it)); s != "" {
				return Slot{Suffix: s, From: it.Name}
			}
		}
	}
	return Slot{Suffix: "a"}
}

// Known is the bytes of an item, with holes where nobody knows them. What a sparse file leaves
// out and the item's file system does not use is no hole any more: it is as good as zeros.
func Known(it *plan.Item) flash.Image {
	holes := slices.Clone(it.Unread)
	for i := range holes {
		holes[i].Offset -= it.Offset
	}
	if silent := flash.Holes(it.Image); flash.Total(flash.Without(silent, holes)) == flash.Total(silent) {
		return flash.Known(flash.Filled(it.Image), holes)
	}
	return Strict(it.Image, holes)
}

// Strict returns an image whose holes are no zeros: neither what was not read from the phone,
// nor what sparse files leave out.
func Strict(img flash.Image, unread []flash.Extent) flash.Image {
	silent := flash.Holes(img)
	return flash.Known(flash.Strict(img, "are said by no file (\"don't care\" in the sparse image)"), flash.Without(unread, silent))
}
