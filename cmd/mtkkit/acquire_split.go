package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
	"github.com/mtkkit/mtkkit/words"
)

// What --split adds to a dump folder.
const (
	partsName = "parts"
	mapName   = "blocks.html"
)

// openFolder opens the dump folder. Rows that were told besides the flash help as they
// did while it was read.
func (a *acquisition) openFolder(ctx context.Context) (*input, error) {
	u, dir := a.u, a.dir()
	src, err := source.Open(ctx, dir, source.Options{Progress: u.Bars.Event})
	if err != nil {
		return nil, err
	}
	lay, err := layout.Resolve(ctx, &src.Device, layout.Options{Claim: a.run.Told, Progress: u.Bars.Event})
	u.Bars.Clear()
	src.Record = nil // its hashes were made a moment ago
	if err != nil {
		src.Close()
		return nil, fmt.Errorf("%s: %w", dir, a.explainForeign(err))
	}
	return &input{Dump: dump.With(dir, src, lay, dump.Options{Table: a.namesTable(), Tool: tool(), Progress: u.Bars.Event}), u: u}, nil
}

// splitFolder cuts the dump into images and draws its map. It returns what is to be read
// about them.
func (a *acquisition) splitFolder(ctx context.Context) ([]flash.Problem, error) {
	d, err := a.openFolder(ctx)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		return nil, err
	}
	u, dir := *a.u, filepath.Join(a.dir(), partsName)
	if u.JSON {
		u.Out = io.Discard // one document is out already
	}
	err = splitDump(ctx, &u, d, p, dir, split.Options{Inputs: d.Source.Files, Progress: u.Bars.Event})
	if err != nil && err != words.ErrProblems {
		return nil, err
	}
	facts, err := d.Facts()
	if err != nil {
		return nil, err
	}
	if err := d.AddHashes(&facts, dir); err != nil {
		return nil, err
	}
	r, err := report.Build(ctx, facts)
	if err != nil {
		return nil, err
	}
	page := outFile{path: filepath.Join(a.dir(), mapName), inputs: d.Source.Files, force: true, ours: report.Generator}
	if err := page.refuse(); err != nil {
		return nil, err
	}
	if err := page.write(func(w io.Writer) error { return r.HTML(w) }); err != nil {
		return nil, err
	}
	a.u.Say("map:    %s", page.path)
	return p.Problems, nil
}

// splitDump writes the files of a plan, and says what was done.
func splitDump(ctx context.Context, u *ui, d *input, p *plan.Plan, dir string, opt split.Options) error {
	return (&splitJob{ctx: ctx, u: u, d: d, p: p, dir: dir, opt: opt}).run()
}
