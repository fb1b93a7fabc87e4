package compare

import (
	"context"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
	"github.com/mtkkit/mtkkit/image/slot"
	"github.com/mtkkit/mtkkit/scatter"
)

// verify checks the partitions that differ against the verified boot blocks of their own side.
func (r *Result) verify(ctx context.Context, x, y *side) error {
	var names []string
	for _, row := range r.Rows {
		if row.State == Differs && row.Usual == "" {
			names = append(names, row.Name)
		}
	}
	for _, s := range []*side{x, y} {
		v, err := s.checkBoot(ctx, names)
		if err != nil || v == nil {
			return err
		}
		for _, f := range v.Findings {
			if i := slices.IndexFunc(r.Rows, func(row Row) bool { return sameName(row.Name, f.Partition) && row.State == Differs }); i >= 0 && f.Verdict != avb.Unknown {
				r.Rows[i].Said = append(r.Rows[i].Said, s.name+": "+said(f, v))
				r.Boot = append(r.Boot, f)
			}
		}
	}
	return nil
}

// said puts a finding into words.
func said(f avb.Finding, v *avb.Verification) string {
	by := f.By
	if b := v.Blocks[f.By]; b != nil && b.Signature == avb.Holds {
		by += ", which is signed"
	}
	if f.Verdict == avb.Intact {
		return "as verified boot wants it (by " + by + ")"
	}
	return "not as verified boot wants it (by " + by + ")"
}

func sameName(a, b string) bool {
	x, _ := slot.Cut(scatter.Canonical(a))
	y, _ := slot.Cut(scatter.Canonical(b))
	return scatter.Canonical(a) == scatter.Canonical(b) || x == y
}

// checkBoot checks the partitions with some names against the blocks of a side.
func (s *side) checkBoot(ctx context.Context, names []string) (*avb.Verification, error) {
	var list []avb.Partition
	for i := range s.items {
		it := &s.items[i]
		if it.kind != flash.KindPartition || it.img.Size() == 0 {
			continue
		}
		list = append(list, avb.Partition{Name: it.name, Image: flash.Known(flash.Filled(it.img), it.unread), Whole: len(it.unread) == 0})
	}
	get := func(name string) *avb.Partition {
		if !slices.ContainsFunc(names, func(n string) bool { return sameName(n, name) }) {
			return nil // it is equal: its bytes need no second reading
		}
		for i := range list {
			if sameName(list[i].Name, name) {
				return &list[i]
			}
		}
		return nil
	}
	return avb.Check(ctx, list, get, nil)
}
