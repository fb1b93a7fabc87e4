package main

import (
	"context"
	"path/filepath"
	"slices"

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
// is the phone's.
func (s *nearby) scatter(lay *layout.Layout, paths []string) *layout.Layout {
	var found []string
	with := map[string]*layout.Layout{}
	claims := map[string]*layout.Claim{}
	for _, path := range paths {
		claims[path], with[path] = s.claim(s.c.Context, path)
		if with[path] != nil && with[path].Certain(lay, s.src.User().Image) {
			found = append(found, path)
		}
	}
	if len(found) != 1 {
		s.src.TakeScatter(s.c.Context, "")
		return lay
	}
	path := found[0]
	s.src.Scatter = path
	if i := slices.Index(paths, path); i != len(paths)-1 { // another was opened since
		if s.src.TakeScatter(s.c.Context, path) != nil {
			return lay
		}
	}
	s.opt.Claim = claims[path]
	s.taken(path, "it agrees with its table in everything")
	return with[path]
}

// claim resolves the dump with a scatter file; nil where that cannot be.
func (s *nearby) claim(ctx context.Context, path string) (*layout.Claim, *layout.Layout) {
	if s.src.TakeScatter(ctx, path) != nil {
		return nil, nil
	}
	opt := s.opt
	var err error
	if opt.Claim, err = openClaim(s.c, s.src); err != nil || opt.Claim == nil {
		return nil, nil
	}
	l, err := layout.Resolve(ctx, &s.src.Device, opt)
	if err != nil {
		return nil, nil
	}
	return opt.Claim, l
}

func (s *nearby) taken(path, why string) {
	if !s.u.json {
		s.u.note("%s lies beside the dump and is taken, as %s; --no-siblings leaves it", filepath.Base(path), why)
	}
}
