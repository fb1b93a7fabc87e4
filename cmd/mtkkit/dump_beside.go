package main

import (
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/preloader"
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
}

// take returns the layout with what was taken; lay where there was nothing.
func (s *nearby) take(lay *layout.Layout, path string) (*layout.Layout, error) {
	if len(s.u.pieces) > 1 {
		return lay, nil
	}
	beside := s.src.Beside(path)
	if s.c.String("scatter")+s.c.String("table") == "" && s.opt.Claim == nil && !lay.Claimed {
		lay = s.scatter(lay, beside.Scatter)
	}
	if s.c.String("boot1") != "" || s.src.Part(s.src.Storage.Boot1()) != nil || len(beside.Boot1) != 1 {
		return lay, nil
	}
	owned := s.src.TakeBoot1(s.c.Context, beside.Boot1[0], func(img flash.Image) bool {
		r, err := preloader.Read(img)
		return err == nil && lay.Owns(r, s.src.Storage)
	})
	if !owned {
		return lay, nil
	}
	s.taken(beside.Boot1[0], "its preloader proves and is for "+lay.Chip.Value)
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
	s.opt.Claim = claim
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
	if err != nil || !l.Certain(lay, s.src.User().Image) {
		return nil, nil
	}
	return opt.Claim, l
}

func (s *nearby) taken(path, why string) {
	if !s.u.json {
		s.u.note("%s lies beside the dump and is taken, as %s; --no-siblings leaves it", filepath.Base(path), why)
	}
}
