package dump

import (
	"context"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
	"github.com/mtkkit/mtkkit/image/lp"
	"github.com/mtkkit/mtkkit/plan"
)

// Boot checks the partitions against the dump's AVB blocks. Logical partitions are read from
// super.
func (d *Dump) Boot(ctx context.Context) (*avb.Verification, error) {
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		return nil, err
	}
	var list []avb.Partition
	for i := range p.Items {
		if it := &p.Items[i]; it.Kind == flash.KindPartition && it.Present > 0 {
			list = append(list, avb.Partition{Name: it.Name, Image: Known(it), Whole: it.Present == it.Length && len(it.Unread) == 0})
		}
	}
	var problems []flash.Problem
	if s, err := Super(p, "a"); err != nil {
		problems = append(problems, flash.Problem{Severity: flash.Warning, Place: "super", Offset: flash.NoOffset, Text: err.Error()})
	} else if s != nil {
		problems = s.Problems
		list = append(list, logicalParts(s)...)
	}
	get := func(name string) *avb.Partition {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
		return nil
	}
	r, err := avb.Check(ctx, list, get, func(partition string, done, total int64) {
		if d.opt.Progress != nil {
			d.opt.Progress(flash.Event{Op: "check", Name: partition, Done: done, Total: total})
		}
	})
	if err != nil {
		return nil, err
	}
	r.Problems = append(problems, r.Problems...)
	return r, nil
}

// logicalParts lists the logical partitions that are not empty.
func logicalParts(s *lp.Super) []avb.Partition {
	var list []avb.Partition
	for _, p := range s.Partitions("") {
		switch {
		case p.Size == 0:
		case p.Image == nil:
			list = append(list, avb.Partition{Name: p.Name, Image: flash.NewStitched(0)})
		default:
			list = append(list, avb.Partition{Name: p.Name, Image: p.Image, Whole: true})
		}
	}
	return list
}
