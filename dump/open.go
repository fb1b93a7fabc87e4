package dump

import (
	"context"
	"errors"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/source"
)

// Options is what the user knows of a dump in addition to its bytes. The zero value opens a dump by
// what is in it and beside it.
type Options struct {
	Table              string        // file with the partitions: a scatter file or a captured list; "" for none
	Trust              bool          // believe that table against the dump
	Boot1, Boot2, RPMB string        // files with the other regions, "" for none
	Storage            flash.Storage // kind of flash, "" to find out
	Platform           string        // chip name, such as MT6592; "" to find out

	Alone    bool          // leave the files that lie beside the dump
	Image    bool          // an image by itself is a dump of one partition, and no *NotDump
	Recorded *layout.Claim // table of a record, for a dump that has none as good; nil for none

	TempDir  string                            // where compressed dumps are unpacked, "" for the system's place
	Keys     func() ([]seal.Key, error)        // opens what is encrypted; nil for no key
	Lost     func(string, flash.Extent, error) // see source.Options
	Tool     string                            // name and version of the program, for records
	Progress func(flash.Event)                 // nil for none
}

// Dump is an opened dump, or a connected phone that is read as one, with its partitions.
type Dump struct {
	Path   string // as it was given; of a phone: what to call it
	Source *source.Source
	Layout *layout.Layout

	// Taken are the files that the user did not name and that were used all the same.
	Taken []Taken

	opt    Options
	pieces []string
}

// Taken is a file that was used though the user did not name it.
type Taken struct {
	Path   string
	Why    string // what makes it certain that it is of this dump
	Inside bool   // it is in the dump's own folder or archive; else it lies beside the dump
}

// Open opens the dump at a path and finds its partitions. The path is what source.Open takes:
// a file, a folder, an archive, a block device or "-".
func Open(ctx context.Context, path string, opt Options) (*Dump, error) {
	return OpenPieces(ctx, []string{path}, opt)
}

// OpenPieces opens the pieces of one Android sparse image, in any order, as one dump. Its path
// is that of the first piece.
func OpenPieces(ctx context.Context, paths []string, opt Options) (*Dump, error) {
	k := kinds{ctx: ctx, path: paths[0], pieces: paths, opt: opt}
	if !opt.Image {
		if err := k.before(); err != nil {
			return nil, err
		}
	}
	d, err := open(ctx, paths, opt)
	switch {
	case err != nil && (opt.Image || len(paths) > 1):
		return nil, err // of several pieces, no file by itself says why
	case err != nil:
		return nil, k.after(err)
	case opt.Image:
		return d, nil
	}
	if err := k.alone(d); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// open is Open without a look at what the file may be else.
func open(ctx context.Context, paths []string, opt Options) (*Dump, error) {
	path := paths[0]
	src, err := OpenBytes(ctx, paths, opt)
	if err != nil {
		return nil, notBegun(err, path)
	}
	if opt.Storage != "" {
		src.SetStorage(opt.Storage)
	}
	d := &Dump{Path: path, Source: src, opt: opt}
	if len(paths) > 1 {
		d.pieces = paths
	}
	if err := d.find(ctx); err != nil {
		return nil, errors.Join(err, src.Close())
	}
	return d, nil
}

// OpenBytes opens the regions of a dump without looking for partitions.
func OpenBytes(ctx context.Context, paths []string, opt Options) (*source.Source, error) {
	return source.OpenPieces(ctx, paths, source.Options{
		Boot1: opt.Boot1, Boot2: opt.Boot2, RPMB: opt.RPMB,
		TempDir: opt.TempDir, Progress: opt.Progress, Lost: opt.Lost, Keys: opt.Keys,
	})
}

// OfPhone finds the partitions of a connected phone. Only its tables are read. Closing the
// dump does not close the phone.
func OfPhone(ctx context.Context, dev flash.Device, opt Options) (*Dump, error) {
	d := &Dump{Path: "phone", Source: &source.Source{Device: dev}, opt: opt}
	claim, err := ReadTable(opt.Table, d.Source)
	if err != nil {
		return nil, err
	}
	d.Layout, err = layout.Resolve(ctx, &d.Source.Device, d.layoutOptions(claim))
	if err != nil {
		return nil, err
	}
	return d, nil
}

// With gives a source and a layout that were made elsewhere as a dump.
func With(path string, src *source.Source, lay *layout.Layout, opt Options) *Dump {
	return &Dump{Path: path, Source: src, Layout: lay, opt: opt}
}

// Close closes the files of the dump and removes what was unpacked.
func (d *Dump) Close() error { return d.Source.Close() }

// Check reports whether a file of the dump is not what it was when it was opened: then nothing
// that was made of it can be believed.
func (d *Dump) Check() error { return d.Source.Check() }

// Record is the manifest of what a split by p makes. What was never finished is not complete,
// for nothing proves it.
func (d *Dump) Record(p *plan.Plan) *flash.Manifest {
	m := p.Record(d.opt.Tool)
	m.Complete = m.Complete && !d.Source.Unfinished
	return m
}

// Plan lists the files that a split would make. The error is ErrNothingShared where wishes to
// share leave nothing, an *UnreadError where nothing was read yet, plan.ErrNothing where the
// wishes leave nothing, and a *plan.PatternError where a name of them is unknown.
func (d *Dump) Plan(w plan.Wishes) (*plan.Plan, error) {
	l := d.Layout
	p, err := plan.Make(&d.Source.Device, plan.Description{
		Table: &l.Table, Witness: l.Witness, Chip: l.Chip.Value, Project: l.Project.Value,
		DeviceSize: l.DeviceSize, Problems: l.Problems, Unnamed: l.Unnamed,
	}, w)
	if errors.Is(err, plan.ErrNothing) {
		err = d.whyNothing(w, err)
	}
	return p, err
}
