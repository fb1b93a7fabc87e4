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

// LogicalTable is the table of logical partitions of a super image by itself, or of a dump.
type LogicalTable struct {
	*lp.Super
	Opened *Opened // where it was found
}

// OpenLogical opens a super image, or the dump with one, and reads its table. Several paths are
// the pieces of one sparse image. The slot, "" for a, is the one whose partitions may hold parts
// of it on phones that got it by an update.
func OpenLogical(ctx context.Context, paths []string, slot string, opt Options) (*LogicalTable, error) {
	o, err := openEither(ctx, paths, opt, lp.Sniff)
	if err != nil {
		return nil, err
	}
	s, err := o.logical(slot)
	if err == nil && s == nil {
		err = fmt.Errorf("%s: no partition of it holds a table of logical partitions", paths[0])
	}
	if err != nil {
		return nil, errors.Join(err, o.Close())
	}
	s.Problems = append(notable(o.Problems), s.Problems...)
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

// Lacks tells which logical partitions are not whole.
func Lacks(list []*lp.Partition) (out flash.Problems) {
	for _, p := range list {
		if p.Image == nil {
			continue
		}
		if text, severity := image.FindLack(p.Image).Tell(); text != "" {
			out.Add(severity, p.Name, "%s", text)
		}
	}
	return out
}

// Holds says in words what a logical partition holds, or why that is not known.
func Holds(p *lp.Partition) string {
	switch {
	case len(p.Needs) > 0:
		return "needs " + strings.Join(p.Needs, " and ")
	case p.Missing > 0:
		return flash.Size(p.Missing).String() + " of it are not here"
	case p.Size == 0:
		return "empty"
	}
	kind := image.Sniff(p.Image).Kind.String()
	switch n := flash.Total(flash.Holes(p.Image)); n {
	case 0:
		return kind
	case p.Size:
		return "nothing of it is here"
	default:
		return fmt.Sprintf("%s, %s of it in no file", kind, flash.Size(n))
	}
}

// Outputs are files of those partitions of a list that can be written, with what is wrong with
// the others. Whole reports whether each file has all that its content needs.
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
			problems.Add(flash.Error, p.Name, "is not written: nothing of it is here")
		case slices.ContainsFunc(outputs, func(o flash.Output) bool { return strings.EqualFold(o.Name, name) }):
			problems.Add(flash.Error, p.Name, "is not written: another partition has its name")
		default:
			if text, severity := image.FindLack(p.Image).Tell(); text != "" {
				whole = false
				if severity == flash.Error {
					text = "is written in part: " + text
				}
				problems.Add(severity, p.Name, "%s; zeros stand there", text)
			}
			outputs = append(outputs, flash.Output{Name: name, Image: flash.Filled(p.Image)})
		}
	}
	return outputs, problems, whole
}

// Extract writes those partitions of a list that can be written into a folder, which Verify
// understands. The manifest lists what was written, and its problems say what was not; it comes
// with an error, too, where none can be written.
func (t *LogicalTable) Extract(ctx context.Context, list []*lp.Partition, dir string, opt split.Options) (*flash.Manifest, []flash.Output, error) {
	outputs, problems, whole := t.Outputs(list)
	m := &flash.Manifest{Schema: flash.ManifestSchema, Tool: t.Opened.tool, Kind: "logical", Complete: whole && flash.Worst(problems) < flash.Error, Problems: problems}
	if len(outputs) == 0 {
		return m, nil, fmt.Errorf("%s: nothing of its %d logical partitions can be written", t.Opened.Name, len(list))
	}
	opt.Inputs = append(slices.Clone(opt.Inputs), t.Opened.Files...)
	if err := split.WriteFolder(ctx, dir, outputs, m, opt); err != nil {
		return nil, nil, err
	}
	return m, outputs, nil
}
