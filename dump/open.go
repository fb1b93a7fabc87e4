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

// Options has what the user says about a dump. The zero value opens a dump with its own content and
// the files beside it.
type Options struct {
	Table              string        // file with the partitions: a scatter file or a captured list; "" for none
	Trust              bool          // use that table even if it contradicts the dump
	Boot1, Boot2, RPMB string        // files with the other regions, "" for none
	Storage            flash.Storage // flash type, "" to detect it
	Platform           string        // chip name, such as MT6592; "" to detect it

	Alone    bool          // do not use files beside the dump
	Image    bool          // accept an image as a dump of one partition, instead of *NotDump
	Recorded *layout.Claim // table of a record, for a dump without a table that is as good; nil for none

	TempDir  string                            // folder for unpacking compressed dumps, "" for the system's
	Keys     func() ([]seal.Key, error)        // keys for encrypted files; nil for no key
	Lost     func(string, flash.Extent, error) // see source.Options
	Tool     string                            // name and version of the program, for records
	Progress func(flash.Event)                 // nil for none
}

// Dump is an opened dump, or a connected phone that is read as one, with its partitions.
type Dump struct {
	Path   string // as it was given; for a phone, a name for it
	Source *source.Source
	Layout *layout.Layout

	// Taken are the files that were used although the user did not name them.
	Taken []Taken

	opt    Options
	pieces []string
}

// Taken is a file that was used although the user did not name it.
type Taken struct {
	Path   string
	Why    string // why it certainly belongs to this dump
	Inside bool   // it is in the dump's own folder or archive; otherwise beside the dump
}

// Open opens the dump at a path and finds its partitions. The path is one for source.Open: a
// file, a folder, an archive, a block device or "-".
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
		return nil, err // no single one of several files can explain it
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

// open is Open without a check for other kinds of files.
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

// With makes a dump from a source and a layout that were made elsewhere.
func With(path string, src *source.Source, lay *layout.Layout, opt Options) *Dump {
	return &Dump{Path: path, Source: src, Layout: lay, opt: opt}
}

// Close closes the files of the dump and removes what was unpacked.
func (d *Dump) Close() error { return d.Source.Close() }

// Check returns an error if a file of the dump has changed since it was opened. Then nothing
// that was made from it can be trusted.
func (d *Dump) Check() error { return d.Source.Check() }

// Moved returns an error if a file of the dump was removed or replaced since it was opened.
func (d *Dump) Moved() error { return d.Source.Moved() }

// Record returns the manifest of a split by p. The manifest of an unfinished dump is not complete,
// because nothing proves the dump.
func (d *Dump) Record(p *plan.Plan) *flash.Manifest {
	m := p.Record(d.opt.Tool)
	m.Complete = m.Complete && !d.Source.Unfinished
	if d.Guessed() {
		m.Table = flash.WitnessContent
	}
	return m
}

// Plan lists the files that a split would make. The error is ErrNothingShared if wishes to share
// leave nothing, an *UnreadError if nothing was read yet, plan.ErrNothing if the wishes leave
// nothing, and a *plan.PatternError for an unknown name in them.
func (d *Dump) Plan(w plan.Wishes) (*plan.Plan, error) {
	l := d.Layout
	f := plan.Description{
		Table: &l.Table, Witness: l.Witness, Chip: l.Chip.Value, Project: l.Project.Value,
		DeviceSize: l.DeviceSize, Problems: l.Problems, Unnamed: l.Unnamed,
	}
	if err := d.addScatter(&f); err != nil {
		return nil, err
	}
	p, err := plan.Make(&d.Source.Device, f, w)
	if errors.Is(err, plan.ErrNothing) {
		err = d.whyNothing(w, err)
	}
	return p, err
}
