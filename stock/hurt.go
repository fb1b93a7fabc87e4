package stock

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
	"github.com/mtkkit/mtkkit/plan"
)

// hurt is a partition that is not whole.
type hurt struct {
	name string
	item *plan.Item
	text string // what is wrong with it
}

// hurts are the partitions of a dump that are not whole, and what its verified boot blocks say.
type hurts struct {
	plan *plan.Plan
	list []hurt
	boot *avb.Verification
}

// findHurt reads a dump and finds the partitions that are lost, cut or damaged.
func findHurt(ctx context.Context, phone *dump.Dump, opt Options) (*hurts, error) {
	p, err := phone.Plan(plan.Wishes{})
	if err != nil {
		return nil, err
	}
	h := &hurts{plan: p}
	if opt.Lost != nil {
		if err := readAll(ctx, p, opt.Progress); err != nil {
			return nil, err
		}
	}
	if h.boot, err = phone.Boot(ctx); err != nil {
		return nil, err
	}
	for i := range p.Items {
		it := &p.Items[i]
		if name := nameOf(it); name != "" {
			if text := h.wrongWith(it, opt); text != "" {
				h.list = append(h.list, hurt{name, it, text})
			}
		}
	}
	return h, nil
}

// nameOf returns the name under which a package has an item, "" if it cannot have it.
func nameOf(it *plan.Item) string {
	switch {
	case it.Kind == flash.KindPartition:
		return it.Name
	case it.Kind == flash.KindRegion && it.Region.IsBoot():
		return "preloader"
	}
	return ""
}

// readAll reads all bytes, so that a backup finds what it has lost. What cannot be read at all is
// in the lost ranges, too.
func readAll(ctx context.Context, p *plan.Plan, progress func(flash.Event)) error {
	for i := range p.Items {
		it := &p.Items[i]
		if nameOf(it) == "" || it.Image == nil {
			continue
		}
		if progress != nil {
			progress(flash.Event{Op: "read", Name: it.Name, Done: int64(i), Total: int64(len(p.Items))})
		}
		if _, err := dump.CopyImage(ctx, io.Discard, it.Image); err != nil {
			return fmt.Errorf("%s: %w", it.Name, err)
		}
	}
	return nil
}

// wrongWith says what is wrong with a partition of the dump, "" for nothing.
func (h *hurts) wrongWith(it *plan.Item, opt Options) string {
	missing := []flash.Extent{{Offset: it.Offset + it.Present, Length: it.Length - it.Present}}
	missing = flash.Union(append(missing, it.Unread...))
	var lost []flash.Extent
	if opt.Lost != nil {
		lost = flash.Within(opt.Lost(it.Region), it.Extent)
	}
	switch n, m := flash.Total(missing), flash.Total(lost); {
	case n >= it.Length:
		return "nothing of it is in the dump"
	case n > 0:
		return fmt.Sprintf("%s of %s are not in the dump", flash.Size(n), flash.Size(it.Length))
	case m > 0:
		return fmt.Sprintf("%s of %s are damaged in the backup, from 0x%x on", flash.Size(m), flash.Size(it.Length), lost[0].Offset-it.Offset)
	}
	if f := h.finding(it.Name); f != nil && f.Verdict == avb.Different {
		return fmt.Sprintf("changed or damaged: %s (by %s)", f.Text, f.By)
	}
	return ""
}

// finding returns what verified boot says of a partition, nil for nothing.
func (h *hurts) finding(name string) *avb.Finding {
	i := slices.IndexFunc(h.boot.Findings, func(f avb.Finding) bool { return f.Partition == name })
	if i < 0 {
		return nil
	}
	return &h.boot.Findings[i]
}

// whole reports whether a partition of the dump is not hurt.
func (h *hurts) whole(name string) bool {
	return !slices.ContainsFunc(h.list, func(x hurt) bool { return x.name == name })
}
