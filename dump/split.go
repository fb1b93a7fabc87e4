package dump

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/split"
)

// SplitResult describes what a split wrote.
type SplitResult struct {
	Record *flash.Manifest // the folder's manifest; its problems include changes since the dump was made
	Files  int             // number of images
	Bytes  int64           // size of the images
	Data   int64           // the part of Bytes that was written; the rest is holes or shared blocks
	Shared int             // number of images that share their blocks with the dump
}

// Split writes the outputs of a plan of the dump, a scatter file if there is one, and a manifest into
// a parts folder. It never writes to the dump's own files. Unless opt.NoHash is set, it compares the
// copies with the hashes in the dump's folder, or in a firmware package. An image of a package that is
// damaged is left out, and is a problem of the record. After an error no file is left. A refusal is a
// *flash.Refusal.
func (d *Dump) Split(ctx context.Context, p *plan.Plan, dir string, opt split.Options) (*SplitResult, error) {
	opt.Inputs = append(slices.Clone(opt.Inputs), d.Source.Files...)
	text := p.Scatter()
	var extra []string
	if p.ScatterName != "" {
		extra = append(extra, p.ScatterName)
	}
	opt.GoOn = d.Package()
	folder, err := split.Create(ctx, dir, p.Outputs(), extra, opt)
	if err != nil {
		return nil, err
	}
	results, err := folder.Copy(ctx)
	if err == nil && p.ScatterName != "" {
		err = folder.WriteFile(p.ScatterName, text)
	}
	m := d.Record(p)
	if err == nil {
		err = d.Check()
	}
	if err == nil && !opt.NoHash {
		err = d.compare(ctx, m, results)
		m.Problems = append(m.Problems, d.wrongSums(m, results)...)
	}
	m.Problems = append(m.Problems, damaged(results)...)
	if err == nil {
		err = folder.Finish(m)
	}
	if err != nil {
		return nil, errors.Join(err, folder.Abandon())
	}
	r := &SplitResult{Record: m}
	for _, f := range results {
		if f.Omitted || f.Damaged != nil {
			continue
		}
		r.Files++
		r.Bytes += f.Size
		r.Data += f.DataBytes
		if f.Shared {
			r.Shared++
		}
	}
	return r, nil
}

// compare adds changes of the source since it was written to a record.
func (d *Dump) compare(ctx context.Context, m *flash.Manifest, results []split.Result) error {
	written := make([]flash.Written, len(results))
	for i, r := range results {
		written[i].Name, written[i].SHA256 = r.Name, r.SHA256
	}
	found, err := d.Changed(ctx, WithSums(m.Entries, written))
	for _, p := range found {
		if !slices.ContainsFunc(m.Problems, func(q flash.Problem) bool { return q.Text == p.Text }) { // reported when it was opened
			m.Problems = append(m.Problems, p)
		}
	}
	return err
}

// damaged returns problems of images that could not be read.
func damaged(results []split.Result) (ps flash.Problems) {
	for _, r := range results {
		if r.Damaged != nil {
			ps.Add(flash.Error, r.Name, "cannot be read, and is left out: %v", r.Damaged)
		}
	}
	return ps
}

// PageOptions says what a page contains, and which files it may replace. With the zero value it
// replaces none.
type PageOptions struct {
	Parts  string   // folder of an earlier split with hashes for the map; "" for none
	Full   bool     // read every byte instead of a few samples of each partition
	Force  bool     // replace a page that WritePage wrote
	Inputs []string // files that must never be written to, besides the dump's own
}

// Report makes the map of the whole flash.
func (d *Dump) Report(ctx context.Context, opt PageOptions) (*report.Report, error) {
	if err := d.RefusePackage(noMap); err != nil {
		return nil, err
	}
	facts, err := d.Facts()
	if err == nil && opt.Parts != "" {
		err = d.AddHashes(&facts, opt.Parts)
	}
	if err != nil {
		return nil, err
	}
	facts.Full, facts.Progress = opt.Full, d.opt.Progress
	return report.Build(ctx, facts)
}

// WritePage writes the map as one HTML file. Refusals are checked before the dump is read; they
// are a *flash.Refusal.
func (d *Dump) WritePage(ctx context.Context, path string, opt PageOptions) (*report.Report, error) {
	file := split.FileOptions{Inputs: append(slices.Clone(opt.Inputs), d.Source.Files...), Force: opt.Force, Ours: split.Says(report.Generator)}
	if err := split.RefuseFile(path, file); err != nil {
		return nil, err
	}
	r, err := d.Report(ctx, opt)
	if err != nil {
		return nil, err
	}
	return r, split.WriteFile(path, file, func(w io.Writer) error { return r.HTML(w) })
}
