package dump

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
)

// ChangedError reports that a folder has changed since it was written.
type ChangedError struct {
	Folder string
	Text   string // what has changed
}

func (e *ChangedError) Error() string { return e.Folder + ": " + e.Text }

// Changed compares what was copied from a folder with the hashes in its manifest. Otherwise a byte
// that has changed would be packed again with a hash that proves it. An entry that was copied as it
// is costs nothing. If the copies divide an entry differently (for instance the region of a dump
// folder), it is read once more if at least half of it was copied. A smaller copy only gets a note,
// because reading 60 GB for one small partition is the task of verify. In an archive or a store
// only copies that are exactly an entry are compared, because it proves the other bytes itself.
func (d *Dump) Changed(ctx context.Context, copied []flash.ManifestEntry) (found []flash.Problem, err error) {
	record := d.Source.Record
	if record == nil {
		return d.Proven(ctx)
	}
	for _, old := range record.Entries {
		if !old.Kind.IsDump() || old.SHA256 == "" || old.Present == 0 || d.isLost(old) {
			continue
		}
		here := flash.Extent{Offset: old.Offset, Length: old.Present}
		sum, size := "", int64(0)
		for _, e := range copied {
			if e.Region != old.Region || !e.Kind.IsDump() || e.Skipped {
				continue
			}
			size += flash.Total(flash.Within([]flash.Extent{{Offset: e.Offset, Length: e.Present}}, here))
			if e.Offset == old.Offset && e.Present == old.Present {
				sum = e.SHA256
			}
		}
		if size == 0 || sum == "" && d.Source.Proves {
			continue
		}
		if sum == "" && size < here.Length/2 {
			found = append(found, flash.Problem{Severity: flash.Note, Place: old.Name, Offset: flash.NoOffset,
				Text: fmt.Sprintf("%s was copied in part and not compared with its hash: verify compares it", old.File)})
			continue
		}
		if sum == "" {
			if sum, err = split.Sum(ctx, old.File, flash.Slice(d.Source.Image(old.Region), here), d.opt.Progress); err != nil {
				return nil, err
			}
		}
		if sum != old.SHA256 {
			found = append(found, flash.Problem{Severity: flash.Error, Place: old.Name, Offset: flash.NoOffset,
				Text: source.ChangedText(old.File, sum, old.SHA256)})
		}
	}
	return found, nil
}

// Proven compares an unfinished dump, which has no manifest, with the hashes in its journals.
func (d *Dump) Proven(ctx context.Context) ([]flash.Problem, error) {
	if !d.Source.Unfinished {
		return nil, nil
	}
	proof, err := acquire.Prove(ctx, d.Path, d.opt.Progress)
	if errors.Is(err, acquire.ErrNoDump) || errors.Is(err, syscall.ENOTDIR) { // a file, or a parts folder
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return proof.Problems, nil
}

// Recorded returns the manifest's entry for a range that is exactly one file with a hash, or nil.
func (d *Dump) Recorded(r flash.Region, offset, present int64) *flash.ManifestEntry {
	if d.Source.Record == nil {
		return nil
	}
	for i := range d.Source.Record.Entries {
		e := &d.Source.Record.Entries[i]
		if e.Kind.IsDump() && e.SHA256 != "" && e.Region == r && e.Offset == offset && e.Present == present && !d.isLost(*e) {
			return e
		}
	}
	return nil
}

// isLost reports whether bytes of an entry are lost. This was reported before.
func (d *Dump) isLost(e flash.ManifestEntry) bool {
	now, then := d.Source.Part(e.Region), d.Source.Record.Source(e.Region)
	return now == nil || then == nil ||
		len(flash.Within(flash.Without(now.Unread, then.Unread), flash.Extent{Offset: e.Offset, Length: e.Present})) > 0
}

// RefuseChanged is Changed for output that others will trust: a change is an error.
func (d *Dump) RefuseChanged(ctx context.Context, m *flash.Manifest, written []flash.Written) error {
	found, err := d.Changed(ctx, WithSums(m.Entries, written))
	for _, p := range found {
		if err == nil && p.Severity == flash.Error {
			err = &ChangedError{d.Path, p.Text}
		}
	}
	return err
}

// WithSums returns the entries with the hashes of the files that were written from them.
func WithSums(entries []flash.ManifestEntry, written []flash.Written) []flash.ManifestEntry {
	sums := make(map[string]string, len(written))
	for _, w := range written {
		sums[w.Name] = w.SHA256
	}
	entries = slices.Clone(entries)
	for i := range entries {
		entries[i].SHA256 = sums[entries[i].File]
	}
	return entries
}
