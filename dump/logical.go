package dump

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image"
	"github.com/mtkkit/mtkkit/image/lp"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/split"
)

// LogicalTable is the table of logical partitions of a super image or of a dump.
type LogicalTable struct {
	*lp.Super
	Opened *Opened // the file that contains it
}

// OpenLogical opens a super image, or a dump with one, and reads its table. Several paths are the
// pieces of one sparse image. Slot ("" means a) selects the partitions that may contain parts of
// super, on phones that got it with an update.
func OpenLogical(ctx context.Context, paths []string, slot string, opt Options) (*LogicalTable, error) {
	o, err := openEither(ctx, paths, opt, lp.Sniff)
	if err != nil {
		return nil, err
	}
	s, err := o.logical(slot)
	if err == nil && s == nil {
		err = fmt.Errorf("%s: none of its partitions has a table of logical partitions", paths[0])
	}
	if err != nil {
		return nil, errors.Join(err, o.Close())
	}
	s.Problems = append(flash.AtLeast(flash.Warning, o.Problems), s.Problems...)
	return &LogicalTable{s, o}, nil
}

func (o *Opened) logical(slot string) (*lp.Super, error) {
	if o.Dump == nil {
		return lp.Read(o.Image, nil)
	}
	p, err := o.Dump.Plan(plan.Wishes{})
	if err != nil {
		return nil, err
	}
	return Super(p, cmp.Or(slot, "a"))
}

// Lacks returns a problem for each logical partition that is not whole.
func Lacks(list []*lp.Partition) (out flash.Problems) {
	for _, p := range list {
		if p.Image == nil {
			continue
		}
		if text, severity := image.FindHoleUse(p.Image).Tell(); text != "" {
			out.Add(severity, p.Name, "%s", text)
		}
	}
	return out
}

// Holds says what a logical partition contains, or why that is unknown.
func Holds(p *lp.Partition) string {
	switch {
	case len(p.Needs) > 0:
		return "needs " + strings.Join(p.Needs, " and ")
	case p.Missing > 0:
		return flash.Size(p.Missing).String() + " of it are missing"
	case p.Size == 0:
		return "empty"
	}
	kind := image.Sniff(p.Image).Kind.String()
	switch n := flash.Total(flash.Holes(p.Image)); n {
	case 0:
		return kind
	case p.Size:
		return "all of it is missing"
	default:
		return fmt.Sprintf("%s, %s of it in no file", kind, flash.Size(n))
	}
}

// Outputs returns files for the partitions of a list that can be written, and problems for the
// others. Whole reports whether each file has all bytes that its content needs.
func (t *LogicalTable) Outputs(list []*lp.Partition) (outputs []flash.Output, problems flash.Problems, whole bool) {
	problems, whole = slices.Clone(t.Problems), true
	for _, p := range list {
		name, _ := plan.SafeName(p.Name)
		name += ".img"
		switch {
		case p.Missing > 0:
			problems.Add(flash.Error, p.Name, "is not written: %s", Holds(p))
		case p.Size == 0:
		case flash.Total(flash.Holes(p.Image)) == p.Size:
			problems.Add(flash.Error, p.Name, "is not written: all of it is missing")
		case slices.ContainsFunc(outputs, func(o flash.Output) bool { return strings.EqualFold(o.Name, name) }):
			problems.Add(flash.Error, p.Name, "is not written: another partition has the same name")
		default:
			if text, severity := image.FindHoleUse(p.Image).Tell(); text != "" {
				whole = false
				if severity == flash.Error {
					text = "is written in part: " + text
				}
				problems.Add(severity, p.Name, "%s; the file has zeros there", text)
			}
			outputs = append(outputs, flash.Output{Name: name, Image: flash.Filled(p.Image)})
		}
	}
	return outputs, problems, whole
}

// Extract writes the partitions of a list that can be written into a folder, which Verify can
// check. The manifest lists what was written, and its problems what was not. The manifest is
// returned with the error, too, if nothing can be written.
func (t *LogicalTable) Extract(ctx context.Context, list []*lp.Partition, dir string, opt split.Options) (*flash.Manifest, []flash.Output, error) {
	outputs, problems, whole := t.Outputs(list)
	m := &flash.Manifest{Schema: flash.ManifestSchema, Tool: t.Opened.tool, Kind: "logical", Complete: whole && flash.Worst(problems) < flash.Error, Problems: problems}
	if len(outputs) == 0 {
		return m, nil, fmt.Errorf("%s: none of its %d logical partitions can be written", t.Opened.Name, len(list))
	}
	opt.Inputs = append(slices.Clone(opt.Inputs), t.Opened.Files...)
	if err := split.WriteFolder(ctx, dir, outputs, m, opt); err != nil {
		return nil, nil, err
	}
	return m, outputs, nil
}
