package main

import (
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/preloader"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/source"
)

// nearby takes what lies beside a dump and is certainly of it: a scatter file that agrees
// with its table in everything, and a boot region whose preloader proves and is for the
// same chip. All else is left where it is, and hints name it.
type nearby struct {
	c   *cli.Context
	u   *ui
	src *source.Source
	opt layout.Options

	took bool // the claim of opt is a file that lies beside the dump
}

// take returns the layout with what was taken; lay where there was nothing.
func (s *nearby) take(lay *layout.Layout, path string) (*layout.Layout, error) {
	if len(s.u.pieces) > 1 {
		return lay, nil
	}
	beside := s.src.Beside(path)
	if !namesTable(s.c) && s.opt.Claim == nil && !lay.Claimed {
		lay = s.scatter(lay, beside.Scatter)
	}
	if s.c.String("boot1") != "" || s.src.Part(s.src.Storage.Boot1()) != nil || len(beside.Boot1) != 1 {
		return lay, nil
	}
	own := s.chip(lay)
	owned := s.src.TakeBoot1(s.c.Context, beside.Boot1[0], func(img flash.Image) bool {
		r, err := preloader.Read(img)
		return err == nil && lay.Owns(r, s.src.Storage, own)
	})
	if !owned {
		return lay, nil
	}
	s.taken(beside.Boot1[0], "its preloader proves and is for "+own)
	return layout.Resolve(s.c.Context, &s.src.Device, s.opt)
}

// scatter takes the one scatter file that is certain. Where several are, nobody knows which
// is the phone's. A dump without a table of its own has nothing that could agree.
func (s *nearby) scatter(lay *layout.Layout, paths []string) *layout.Layout {
	if lay.Generation != "gpt" && lay.Generation != "ebr" {
		return lay
	}
	var (
		path  string
		claim *layout.Claim
		with  *layout.Layout
	)
	for _, p := range paths {
		c, l := s.certain(lay, p)
		switch {
		case l == nil:
		case with != nil:
			return lay
		default:
			path, claim, with = p, c, l
		}
	}
	if with == nil || s.src.TakeScatter(s.c.Context, path) != nil {
		return lay
	}
	s.opt.Claim, s.took = claim, true
	s.taken(path, "it agrees with its table in everything")
	return with
}

// certain resolves the dump with a scatter file; the layout is nil where that is not certainly
// of the dump.
func (s *nearby) certain(lay *layout.Layout, path string) (*layout.Claim, *layout.Layout) {
	f, err := source.OpenFile(path)
	if err != nil {
		return nil, nil
	}
	defer f.Close()
	opt := s.opt
	if opt.Claim, err = claimIn(path, f, s.src.Storage); err != nil {
		return nil, nil
	}
	l, err := layout.Resolve(s.c.Context, &s.src.Device, opt)
	if err != nil || !l.Certain(lay, s.src.User().Image, s.chip(lay), opt.Claim.Platform) {
		return nil, nil
	}
	return opt.Claim, l
}

// chip is what the dump says its chip is, or the user does. What a scatter file beside it says
// is no proof.
func (s *nearby) chip(lay *layout.Layout) string {
	if s.opt.Platform != "" {
		return s.opt.Platform
	}
	if s.opt.Claim != nil && !s.took && s.opt.Claim.Platform != "" {
		return s.opt.Claim.Platform
	}
	return buildChip(lay, s.src.User()).Value
}

// buildChip is what the software in the user area says the chip is.
func buildChip(lay *layout.Layout, user *flash.Part) report.Fact {
	if user == nil {
		return report.Fact{}
	}
	var rows []report.Source
	for _, p := range lay.Table.Partitions {
		if p.Region == user.Region && p.Placed() {
			rows = append(rows, report.Source{
				ManifestEntry: flash.ManifestEntry{Kind: "partition", Name: p.Name, Region: p.Region, Extent: p.Extent},
				Image:         flash.Slice(flash.Known(user.Image, user.Unread), p.Extent),
			})
		}
	}
	return report.Chip(rows)
}

// compareChips warns of a chip in a layout that the dump's own software denies: a boot region
// or a scatter file of another phone.
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
				Text: fmt.Sprintf("%s is for %s, the software (%s) for %s: they are of two phones", f.From, f.Value, build.From, build.Value)})
		}
	}
}

func (s *nearby) taken(path, why string) {
	if !s.u.json {
		s.u.note("%s lies beside the dump and is taken, as %s; --no-siblings leaves it", filepath.Base(path), why)
	}
}
