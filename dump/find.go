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

// NameError reports a name that no partition has, or that several have.
type NameError struct {
	Name  string
	Hits  int      // number of partitions with this name: 0 or more than 1
	Names []string // the names that exist
}

func (e *NameError) Error() string {
	if e.Hits > 0 {
		return fmt.Sprintf("%d partitions have the name %q: use the name of the file", e.Hits, e.Name)
	}
	return fmt.Sprintf("no partition %q; there are: %s", e.Name, flash.ShownAll(e.Names, " "))
}

// Partition finds the one partition that a name means. It tries the name in the table, then the
// usual name (boot for BOOTIMG), then the name of the file. A name without a slot suffix means
// the partition of the active slot. The error is a *NameError.
func (d *Dump) Partition(name string) (*plan.Item, error) {
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		return nil, err
	}
	it, _, err := Slotted(p, name)
	return it, err
}

// Slotted is Find for a name that may lack its slot suffix: it then takes the partition of the
// active slot, on a phone with two of each. Slot says how the slot was chosen; nil if there was
// no choice.
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

// Find returns the one item of a plan with a name. The error is a *NameError.
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

// Slot is the slot that is used for partition names without one.
type Slot struct {
	Suffix string // "a" or "b"
	From   string // the partition that names the active slot; "" if none does and slot a is used
	Single bool   // the phone has no slots: its logical partitions are all in slot a
}

// ActiveSlot returns the slot from which the phone would start.
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

// Known returns the bytes of an item, with holes where they are unknown. Bytes that a sparse file
// leaves out and the item's file system does not use count as zeros, not as a hole.
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

// Strict returns an image in which reading a hole is an error: unread bytes, and bytes that sparse
// files leave out.
func Strict(img flash.Image, unread []flash.Extent) flash.Image {
	silent := flash.Holes(img)
	return flash.Known(flash.Strict(img, "are in no file (\"don't care\" in the sparse image)"), flash.Without(unread, silent))
}
