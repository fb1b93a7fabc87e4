package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
	"github.com/mtkkit/mtkkit/image/lp"
	"github.com/mtkkit/mtkkit/plan"
)

// bootReport compares the partitions of a dump with what its AVB blocks say of them.
// Logical partitions are looked at inside super.
func bootReport(c *cli.Context, u *ui, p *plan.Plan) (*avb.Report, error) {
	var list []avb.Partition
	for i := range p.Items {
		if it := &p.Items[i]; it.Kind == "partition" && it.Present > 0 {
			list = append(list, avb.Partition{Name: it.Name, Image: dump.Known(it), Whole: it.Present == it.Length && len(it.Unread) == 0})
		}
	}
	var problems []flash.Problem
	if s, err := dump.Super(p, "a"); err != nil {
		problems = append(problems, flash.Problem{Severity: flash.Warning, Place: "super", Offset: flash.NoOffset, Text: plain(err.Error())})
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
	r, err := avb.Check(c.Context, list, get, func(partition string, done, total int64) {
		u.bars.event(flash.Event{Op: "check", Name: partition, Done: done, Total: total})
	})
	r.Problems = append(problems, r.Problems...)
	return r, err
}

// logicalParts lists the logical partitions that hold something.
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

// bootWords sums a report up, "" when the dump has no AVB block.
func bootWords(r *avb.Report) string {
	names := map[avb.Verdict][]string{}
	for _, f := range r.Findings {
		names[f.Verdict] = append(names[f.Verdict], f.Partition)
	}
	var out []string
	add := func(v avb.Verdict, one, many string) {
		if n := names[v]; len(n) > 0 {
			out = append(out, fmt.Sprintf("%s %s", strings.Join(n, " "), map[bool]string{true: one, false: many}[len(n) == 1]))
		}
	}
	add(avb.Intact, "is bit for bit what it says", "are bit for bit what it says")
	add(avb.Different, "is NOT what it says", "are NOT what it says")
	add(avb.Unknown, "could not be checked", "could not be checked")
	if len(r.Blocks) == 0 {
		return ""
	}
	return "verified boot: " + cmp.Or(strings.Join(out, "; "), "it describes no partition that is here")
}

// checkBoot adds what verified boot says to a verdict. It reports whether that
// contradicts the partitions.
func (v *verdictDoc) checkBoot(c *cli.Context, u *ui, d *input) (changed bool, err error) {
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		return false, err
	}
	r, err := bootReport(c, u, p)
	u.bars.clear()
	if err != nil {
		return false, err
	}
	v.Boot, v.bootWords = r.Findings, bootWords(r)
	v.Problems = append(v.Problems, r.Problems...)
	return flash.Worst(r.Problems) > flash.Note, nil
}
