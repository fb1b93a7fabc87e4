package stock

import (
	"context"
	"fmt"
	"slices"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/slot"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/scatter"
)

// Verdict says whether an image of the package may be written.
type Verdict string

// The verdicts.
const (
	Fits    Verdict = "fits"    // it is of the right version
	Wrong   Verdict = "wrong"   // of another model or version, or too large
	Unknown Verdict = "unknown" // nothing proves its version
	Own     Verdict = "own"     // it belongs to one phone alone: no package has it
	Absent  Verdict = "absent"  // the package has no such image
)

// Row is a partition of the dump that is not whole, with the image of the package.
type Row struct {
	Name   string
	Region flash.Region
	flash.Extent
	Hurt    string // what is wrong with it in the dump
	Verdict Verdict
	Why     string // of the verdict
	Part    string // name of the partition in the package; "" if it has none
	File    string // name of the image when the package is split
	In      string // the file in the package that has the image
	Size    int64  // of the image, in bytes
}

// Advice has all rows for one dump and one package.
type Advice struct {
	Path     string   // of the package
	Builds   []string // build fingerprints of the package
	Wanted   []string // build fingerprints of the dump
	Rows     []Row
	Problems flash.Problems // damage of the package
}

// Fitting returns the rows whose image may be written.
func (a *Advice) Fitting() []Row {
	return slices.DeleteFunc(slices.Clone(a.Rows), func(r Row) bool { return r.Verdict != Fits })
}

// Options has what a caller knows or wants.
type Options struct {
	// Lost returns the ranges of a region that a backup has lost, as far as its files were read.
	// nil: the dump is no backup.
	Lost     func(flash.Region) []flash.Extent
	Progress func(flash.Event) // nil for none
}

// NoPackageError reports that what was given as a firmware package is something else.
type NoPackageError struct{ Path string }

func (e *NoPackageError) Error() string {
	return e.Path + " is no firmware package of a maker: what is in another phone's dump may be changed, or that phone's own"
}

// Advise judges the package for each partition of the dump that is lost, cut or damaged. All of the
// dump is read once.
func Advise(ctx context.Context, phone, pkg *dump.Dump, opt Options) (*Advice, error) {
	if !pkg.Package() {
		return nil, &NoPackageError{pkg.Path}
	}
	h, err := findHurt(ctx, phone, opt)
	if err != nil {
		return nil, err
	}
	images, err := pkg.Plan(plan.Wishes{})
	if err != nil {
		return nil, err
	}
	j := newJudge(h, phone, pkg, images)
	a := &Advice{Path: pkg.Path, Builds: j.builds, Wanted: j.allWanted(), Problems: flash.AtLeast(flash.Warning, images.Problems)}
	for _, hurt := range h.list {
		row := Row{Name: hurt.name, Region: hurt.item.Region, Extent: hurt.item.Extent, Hurt: hurt.text}
		if err := j.judge(ctx, hurt, &row); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			row.Verdict, row.Why = Unknown, fmt.Sprintf("it cannot be judged: %v", err)
		}
		a.Rows = append(a.Rows, row)
	}
	return a, nil
}

// imageFor returns the image of a package for a partition of the phone; a package without slots is
// for both.
func imageFor(images *plan.Plan, name string) *plan.Item {
	find := func(name string) *plan.Item {
		i := slices.IndexFunc(images.Items, func(it plan.Item) bool {
			return it.Kind == flash.KindPartition && scatter.Canonical(it.Name) == name
		})
		if i < 0 {
			return nil
		}
		return &images.Items[i]
	}
	name = scatter.Canonical(name)
	if it := find(name); it != nil {
		return it
	}
	if base, suffix := slot.Cut(name); suffix != "" {
		return find(base)
	}
	return nil
}
