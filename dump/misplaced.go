package dump

import (
	"context"
	"slices"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
)

// misplaced reports entries of the record whose partition is elsewhere by the dump's own table. The
// bytes of such an entry are at a wrong offset, or have the name of another partition, although
// each file has the right hash.
func (d *Dump) misplaced() (ps flash.Problems) {
	record := d.Source.Record
	if record == nil || d.opt.Table != "" || d.Layout.Generation == flash.GenerationContent {
		return nil
	}
	for _, e := range record.Entries {
		if e.Kind != flash.KindPartition && e.Was != flash.KindPartition || e.Present == 0 || record.State(&e) == flash.StateSkipped {
			continue // what has no bytes here is nowhere, and its table may be left out, too
		}
		elsewhere := int64(flash.NoOffset)
		for _, row := range d.Layout.Table.Partitions {
			if row.Name != e.Name || row.Region != e.Region || !row.Placed() {
				continue
			}
			if elsewhere = row.Offset; elsewhere == e.Offset {
				break
			}
		}
		if elsewhere != flash.NoOffset && elsewhere != e.Offset {
			ps.AddAt(flash.Error, e.Name, e.Offset, "the manifest has it at 0x%x, and the table of the dump at 0x%x", e.Offset, elsewhere)
		}
	}
	return ps
}

// Doubts reports what contradicts the record of a source without comparing hashes: the record
// itself, the dump's own table, and files that overlap and differ. It is nil for a source without a
// record. The error is that of ctx.
func Doubts(ctx context.Context, src *source.Source) (flash.Problems, error) {
	if src.Record == nil {
		return nil, nil
	}
	found := slices.Clone(flash.Problems(src.Damaged))
	files := src.RecordFiles(ctx)
	overlaps, err := split.CompareOverlaps(ctx, src.Record, files)
	if err != nil {
		return nil, err
	}
	found = append(found, overlaps...)
	d := &Dump{Source: src, opt: Options{Alone: true}}
	if err := d.find(ctx); err != nil { // without a table there is nothing to compare with
		return found, ctx.Err()
	}
	for _, p := range src.Damaged { // those that the table added
		if !slices.Contains(found, p) {
			found = append(found, p)
		}
	}
	return found, nil
}

// OpenFolder opens a parts folder to copy it, or to join it. In addition to split.Open, it compares
// the manifest with the dump's own table. A contradiction is a *split.ContradictionError. The manifest
// gets the doubts that are no contradictions as problems.
func OpenFolder(ctx context.Context, dir string) (*split.Opened, error) {
	o, err := split.Open(ctx, dir)
	if err != nil {
		return nil, err
	}
	doubts, err := refuseMisplaced(ctx, dir)
	if err != nil {
		o.Close()
		return nil, err
	}
	for _, p := range slices.Concat(o.Manifest.Unexplained(), doubts) {
		if !slices.Contains(o.Manifest.Problems, p) {
			o.Manifest.Problems = append(o.Manifest.Problems, p)
		}
	}
	return o, nil
}

// Join is split.Join, with the check of OpenFolder.
func Join(ctx context.Context, dir, out string, opt split.JoinOptions) (*split.JoinReport, error) {
	if _, err := refuseMisplaced(ctx, dir); err != nil {
		return nil, err
	}
	return split.Join(ctx, dir, out, opt)
}

// refuseMisplaced returns an error for a folder whose entries are at other offsets than the dump's own
// table says, and what else puts its bytes in doubt. A folder that cannot be opened as a dump is
// refused elsewhere.
func refuseMisplaced(ctx context.Context, dir string) (flash.Problems, error) {
	d, err := Open(ctx, dir, Options{Alone: true})
	if err != nil {
		return nil, ctx.Err()
	}
	defer d.Close()
	if err := RefusePackage(dir, d.Source.Record, noJoining); err != nil {
		return nil, err
	}
	if wrong := d.misplaced(); len(wrong) > 0 {
		return nil, &split.ContradictionError{Folder: dir, Problems: wrong}
	}
	return slices.DeleteFunc(slices.Clone(d.Source.Damaged), func(p flash.Problem) bool { return p.Severity != flash.Warning }), nil
}
