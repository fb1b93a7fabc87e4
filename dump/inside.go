package dump

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/image/files"
	"github.com/mtkkit/mtkkit/image/lp"
	"github.com/mtkkit/mtkkit/image/slot"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/scatter"
)

// Slice is an image, or one partition of a dump, from its table or inside super.
type Slice struct {
	Name  string // name of the partition in its table
	Image flash.Image
	Slot  *Slot // how the slot was chosen; nil if the name has one, or if there was no choice
}

// Slice finds a partition in the table, or else in super. A name without a slot means the active
// slot.
func (d *Dump) Slice(name string) (s Slice, err error) {
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		return s, err
	}
	it, missing := Find(p, name)
	if missing == nil {
		return sliceOf(it, nil)
	}
	base, suffix := slot.Cut(scatter.Canonical(name))
	if suffix == "" {
		active := ActiveSlot(p)
		suffix, s.Slot = active.Suffix, &active
	}
	if it, err := Find(p, base+"_"+suffix); err == nil {
		return sliceOf(it, s.Slot)
	}
	super, err := Super(p, suffix)
	if err != nil {
		return s, err
	}
	if super == nil {
		return s, missing
	}
	logical, err := Logical(super, base, suffix)
	logical.Slot = s.Slot
	return logical, err
}

// sliceOf returns the slice of a row of the table. Reading its unread bytes is an error.
func sliceOf(it *plan.Item, slot *Slot) (Slice, error) {
	if it.Present == 0 {
		return Slice{}, fmt.Errorf("%s: the dump has no bytes of it", it.Name)
	}
	return Slice{it.Name, Raw(it), slot}, nil
}

// shipped returns the problems of partitions that contain a file as it comes in firmware packages.
func (d *Dump) shipped() []flash.Problem {
	return slices.DeleteFunc(slices.Clone([]flash.Problem(d.Layout.Problems)), func(p flash.Problem) bool { return !strings.Contains(p.Text, layout.AsShipped) })
}

// Raw is Known of what the phone should have in the item: if a partition contains an Android sparse
// file as it comes in firmware packages, it is the image in that file.
func Raw(it *plan.Item) flash.Image {
	img := Known(it)
	found, ok := image.FindShipped(scatter.Canonical(it.Name), it.Length, img)
	if it.Kind != flash.KindPartition || !ok || found.Kind != image.SparseAndroid {
		return img
	}
	s, err := image.ReadSparse(img)
	switch {
	case err != nil:
		return img
	case image.FindHoleUse(s).Free():
		return flash.Filled(s)
	}
	return Strict(s, nil)
}

// Logical returns a partition inside super. Suffix is the slot for a name without one.
func Logical(s *lp.Super, name, suffix string) (Slice, error) {
	part := s.Find(name, suffix)
	switch {
	case part == nil:
		var names []string
		for _, p := range s.Partitions("") {
			names = append(names, p.Name)
		}
		return Slice{}, fmt.Errorf("no partition %q; in super there are: %s", name, flash.ShownAll(names, " "))
	case part.Image == nil && len(part.Needs) > 0:
		return Slice{}, fmt.Errorf("%s: a part of it is on %s, which is missing", part.Name, strings.Join(part.Needs, " and "))
	case part.Image == nil:
		return Slice{}, fmt.Errorf("%s: 0x%x of its 0x%x bytes are not in the dump", part.Name, part.Missing, part.Size)
	}
	return Slice{Name: part.Name, Image: part.Image}, nil
}

// Super reads the table of logical partitions; nil if the dump has none. Phones that got it with an
// update have it in their system partition. Suffix is the slot of the partitions that may contain
// parts of it.
func Super(p *plan.Plan, suffix string) (*lp.Super, error) {
	for _, name := range []string{"super", "system_" + suffix, "system"} {
		it, err := Find(p, name)
		if err != nil || it.Present == 0 {
			continue
		}
		img := Raw(it)
		if !lp.Sniff(img) {
			continue
		}
		return lp.Read(img, func(device string) flash.Image {
			for _, name := range []string{device, device + "_" + suffix} {
				if other, err := Find(p, name); err == nil {
					return Raw(other)
				}
			}
			return nil
		})
	}
	return nil, nil
}

// Files opens the file system in a slice. Its Mount is the path where the phone mounts the
// partition, or "" if the file system contains a folder with the partition's own name: it is the
// phone's root.
func (s Slice) Files() (*files.Tree, error) {
	tree, err := image.Files(s.Image)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	name, _ := slot.Cut(scatter.Canonical(s.Name))
	if e, err := tree.FindLink(name); err == nil && e.Mode.IsDir() {
		return tree, nil
	}
	if slices.Contains([]string{"system", "vendor", "product", "system_ext", "odm", "oem", "data"}, name) {
		tree.Mount = "/" + name
	}
	return tree, nil
}
