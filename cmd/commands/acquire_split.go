package commands

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
	"github.com/mtkkit/mtkkit/words"
)

// What --split adds to a dump folder.
const (
	partsName = "parts"
	mapName   = "blocks.html"
)

// openFolder opens the dump folder with the same additional table as while it was read.
func (a *acquisition) openFolder(ctx context.Context) (*input, error) {
	u, dir := a.u, a.dir()
	src, err := source.Open(ctx, dir, source.Options{Progress: u.Bars.Event})
	if err != nil {
		return nil, err
	}
	lay, err := layout.Resolve(ctx, &src.Device, layout.Options{Claim: a.run.Told, Progress: u.Bars.Event})
	u.Bars.Clear()
	src.Record = nil // the hashes are new: no need to compare with them
	if err != nil {
		src.Close()
		return nil, fmt.Errorf("%s: %w", dir, a.explainForeign(err))
	}
	return &input{Dump: dump.With(dir, src, lay, dump.Options{Table: a.namesTable(), Tool: tool(), Progress: u.Bars.Event}), u: u}, nil
}

// splitFolder splits the dump into images and writes its blocks map. It returns the problems of the
// plan.
func (a *acquisition) splitFolder(ctx context.Context) ([]flash.Problem, error) {
	d, err := a.openFolder(ctx)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if err := d.RefuseGuess(); err != nil {
		return nil, words.Refused(err)
	}
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		return nil, err
	}
	u, dir := a.u, filepath.Join(a.dir(), partsName)
	r, err := d.Split(ctx, p, dir, split.Options{Progress: u.Bars.Event})
	if err != nil {
		return nil, words.Refused(err)
	}
	(&splitJob{u: u, d: d, p: p, dir: dir}).tell(r)
	page := filepath.Join(a.dir(), mapName)
	if _, err := d.WritePage(ctx, page, dump.PageOptions{Parts: dir, Force: true}); err != nil {
		return nil, refusedFile(err)
	}
	u.Bars.Clear()
	u.Say("map:    %s", page)
	return p.Problems, nil
}
