package dump

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/split"
)

// ChangedError is a folder of which something is not what it was when it was written.
type ChangedError struct {
	Folder string
	Text   string // what has changed
}

func (e *ChangedError) Error() string { return e.Folder + ": " + e.Text }

// Changed holds what was copied out of a folder against the hashes that the folder's
// manifest has: otherwise a byte that has changed since would be packed anew, with a hash
// that proves it. An entry that was copied as it is costs nothing. One that other rows cut
// otherwise, such as the region of a dump folder, is read once more when at least half of
// it was copied; to read 60 GB for one small partition is verify's business, says a note.
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
		if size == 0 {
			continue
		}
		if sum == "" && size < here.Length/2 {
			found = append(found, flash.Problem{Severity: flash.Note, Place: old.Name, Offset: flash.NoOffset,
				Text: fmt.Sprintf("%s was copied in part, and not held against its hash: verify does that", old.File)})
			continue
		}
		if sum == "" {
			if sum, err = split.Sum(ctx, old.File, flash.Slice(d.Source.Image(old.Region), here), d.opt.Progress); err != nil {
				return nil, err
			}
		}
		if sum != old.SHA256 {
			found = append(found, flash.Problem{Severity: flash.Error, Place: old.Name, Offset: flash.NoOffset,
				Text: ChangedText(old.File, sum, old.SHA256)})
		}
	}
	return found, nil
}

// Proven holds an unfinished dump, which has no manifest, against the hashes that its
// journals have.
func (d *Dump) Proven(ctx context.Context) ([]flash.Problem, error) {
	if !d.Source.Unfinished {
		return nil, nil
	}
	proof, err := acquire.Prove(ctx, d.Path, d.opt.Progress)
	if errors.Is(err, acquire.ErrNoDump) || errors.Is(err, syscall.ENOTDIR) { // a file, or what split left
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return proof.Problems, nil
}

// Recorded returns what the folder's manifest says of a range that is one file there,
// with its hash, or nil.
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

// isLost reports whether some of an entry is not there any more, which was said already.
func (d *Dump) isLost(e flash.ManifestEntry) bool {
	now, then := d.Source.Part(e.Region), d.Source.Record.Source(e.Region)
	return now == nil || then == nil ||
		len(flash.Within(flash.Without(now.Unread, then.Unread), flash.Extent{Offset: e.Offset, Length: e.Present})) > 0
}

// RefuseChanged is Changed for who writes what others will trust: it is an error.
func (d *Dump) RefuseChanged(ctx context.Context, m *flash.Manifest, written []flash.Written) error {
	found, err := d.Changed(ctx, WithSums(m.Entries, written))
	for _, p := range found {
		if err == nil && p.Severity == flash.Error {
			err = &ChangedError{d.Path, p.Text}
		}
	}
	return err
}

// ChangedText is said of a file that is not what its folder's manifest lists.
func ChangedText(file, sum, want string) string {
	return fmt.Sprintf("%s "+split.Changed+": its sha-256 is %s, the manifest has %s", file, sum, want)
}

// WithSums are the entries with the hashes of the files that were written of them.
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
