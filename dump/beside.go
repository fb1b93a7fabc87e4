package dump

import (
	"context"
	"fmt"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/source"
)

// nearby uses files beside a dump that certainly belong to it: a scatter file that agrees with the
// dump's table in everything, and a boot region whose preloader is proven and is for the same
// chip. Other files are not used.
type nearby struct {
	ctx context.Context
	d   *Dump
	opt layout.Options

	took bool // the claim of opt is a file beside the dump
}

// take returns the layout with the files that were taken, or lay if there are none.
func (n *nearby) take(lay *layout.Layout) (*layout.Layout, error) {
	d, src := n.d, n.d.Source
	if len(d.pieces) > 0 {
		return lay, nil
	}
	beside := src.Beside(d.Path)
	if d.opt.Table == "" && n.opt.Claim == nil && !lay.Claimed {
		lay = n.scatter(lay, beside.Scatter)
	}
	if d.opt.Boot1 != "" || src.Part(src.Storage.Boot1()) != nil || len(beside.Boot1) != 1 {
		return lay, nil
	}
	own := n.chip(lay)
	owned := src.TakeBoot1(n.ctx, beside.Boot1[0], func(img flash.Image) bool {
		r, err := preloader.Read(img)
		return err == nil && lay.Owns(r, src.Storage, own)
	})
	if !owned {
		return lay, nil
	}
	n.taken(beside.Boot1[0], "its preloader has a correct hash and is for "+own)
	return layout.Resolve(n.ctx, &src.Device, n.opt)
}

// scatter uses the scatter file beside the dump that certainly belongs to it. If several qualify,
// none is used. A dump without a table of its own has nothing to compare with.
func (n *nearby) scatter(lay *layout.Layout, paths []string) *layout.Layout {
	if lay.Generation != flash.GenerationGPT && lay.Generation != flash.GenerationEBR {
		return lay
	}
	var (
		path  string
		claim *layout.Claim
		with  *layout.Layout
	)
	for _, p := range paths {
		c, l := n.certain(lay, p)
		switch {
		case l == nil:
		case with != nil:
			return lay
		default:
			path, claim, with = p, c, l
		}
	}
	if with == nil || n.d.Source.TakeScatter(n.ctx, path) != nil {
		return lay
	}
	n.opt.Claim, n.took = claim, true
	n.taken(path, "it agrees with the dump's table in everything")
	return with
}

// certain resolves the dump with a scatter file. The layout is nil if the file does not certainly
// belong to the dump.
func (n *nearby) certain(lay *layout.Layout, path string) (*layout.Claim, *layout.Layout) {
	f, err := source.OpenFile(path)
	if err != nil {
		return nil, nil
	}
	defer f.Close()
	opt, src := n.opt, n.d.Source
	if opt.Claim, err = claimIn(path, f, src.Storage); err != nil {
		return nil, nil
	}
	l, err := layout.Resolve(n.ctx, &src.Device, opt)
	if err != nil || !l.Certain(lay, src.User().Image, n.chip(lay), opt.Claim.Platform) {
		return nil, nil
	}
	return opt.Claim, l
}

// chip returns the chip that the dump or the user names. A scatter file beside the dump is no proof
// of it.
func (n *nearby) chip(lay *layout.Layout) string {
	if n.opt.Platform != "" {
		return n.opt.Platform
	}
	if n.opt.Claim != nil && !n.took && n.opt.Claim.Platform != "" {
		return n.opt.Claim.Platform
	}
	return buildChip(lay, n.d.Source.User()).Value
}

func (n *nearby) taken(path, why string) {
	n.d.Taken = append(n.d.Taken, Taken{Path: path, Why: why})
}

// buildChip returns the chip that the build.prop in the user area names.
func buildChip(lay *layout.Layout, user *flash.Part) report.Fact {
	if user == nil {
		return report.Fact{}
	}
	var rows []report.Source
	for _, p := range lay.Table.Partitions {
		if p.Region == user.Region && p.Placed() {
			rows = append(rows, report.Source{
				ManifestEntry: flash.ManifestEntry{Kind: flash.KindPartition, Name: p.Name, Region: p.Region, Extent: p.Extent},
				Image:         flash.Slice(flash.Known(user.Image, user.Unread), p.Extent),
			})
		}
	}
	return report.Chip(rows)
}

// compareChips warns if the dump's own software is for another chip than a boot region or a scatter
// file: these come from another phone.
func compareChips(lay *layout.Layout, user *flash.Part) {
	var said []layout.Fact
	for _, b := range lay.Boots {
		if b.Header == nil || b.Header.Main() == nil {
			continue
		}
		if chip, sure := b.Header.Main().Chip(); sure == preloader.ConfidenceHigh {
			said = append(said, layout.Fact{Value: chip, From: "the preloader in " + b.Part.Source})
		}
	}
	if lay.Claimed && lay.Chip.Value != "" {
		said = append(said, lay.Chip)
	}
	if len(said) == 0 {
		return
	}
	build := buildChip(lay, user)
	for _, f := range said {
		if build.Value != "" && f.From != layout.FromCaller && !preloader.Related(f.Value, build.Value) {
			lay.Problems = append(lay.Problems, flash.Problem{Severity: flash.Warning, Place: "chip", Offset: flash.NoOffset,
				Text: fmt.Sprintf("%s is for %s, but the software (%s) is for %s: they belong to two phones", f.From, f.Value, build.From, build.Value)})
		}
	}
}
