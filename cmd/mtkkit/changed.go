package main

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

// changed holds what was copied out of a folder against the hashes that the folder's
// manifest has: otherwise a byte that has changed since would be packed anew, with a hash
// that proves it. An entry that was copied as it is costs nothing. One that other rows cut
// otherwise, such as the region of a dump folder, is read once more when at least half of
// it was copied; to read 60 GB for one small partition is verify's business, says a note.
func (d *dump) changed(ctx context.Context, copied []flash.ManifestEntry, progress func(flash.Event)) (found []flash.Problem, err error) {
	record := d.src.Record
	if record == nil {
		return d.proven(ctx, progress)
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
			if sum, err = split.Sum(ctx, old.File, flash.Slice(d.src.Image(old.Region), here), progress); err != nil {
				return nil, err
			}
		}
		if sum != old.SHA256 {
			found = append(found, flash.Problem{Severity: flash.Error, Place: old.Name, Offset: flash.NoOffset,
				Text: changedText(old.File, sum, old.SHA256)})
		}
	}
	return found, nil
}

// proven holds an unfinished dump, which has no manifest, against the hashes that its
// journals have.
func (d *dump) proven(ctx context.Context, progress func(flash.Event)) ([]flash.Problem, error) {
	if !d.src.Unfinished {
		return nil, nil
	}
	proof, err := acquire.Prove(ctx, d.path, progress)
	if errors.Is(err, acquire.ErrNoDump) || errors.Is(err, syscall.ENOTDIR) { // a file, or what split left
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return proof.Problems, nil
}

// recorded returns what the folder's manifest says of a stretch that is one file there,
// with its hash, or nil.
func (d *dump) recorded(r flash.Region, offset, present int64) *flash.ManifestEntry {
	if d.src.Record == nil {
		return nil
	}
	for i := range d.src.Record.Entries {
		e := &d.src.Record.Entries[i]
		if e.Kind.IsDump() && e.SHA256 != "" && e.Region == r && e.Offset == offset && e.Present == present && !d.isLost(*e) {
			return e
		}
	}
	return nil
}

// isLost reports whether some of an entry is not there any more, which was said already.
func (d *dump) isLost(e flash.ManifestEntry) bool {
	now, then := d.src.Part(e.Region), d.src.Record.Source(e.Region)
	return now == nil || then == nil ||
		len(flash.Within(flash.Without(now.Unread, then.Unread), flash.Extent{Offset: e.Offset, Length: e.Present})) > 0
}

// refuseChanged is changed for who writes what others will trust: it is an error.
func (d *dump) refuseChanged(ctx context.Context, m *flash.Manifest, written []flash.Written, progress func(flash.Event)) error {
	found, err := d.changed(ctx, withSums(m.Entries, written), progress)
	for _, p := range found {
		if err == nil && p.Severity == flash.Error {
			err = refuseOld(p.Text, d.path)
		}
	}
	return err
}

// changedText is said of a file that is not what its folder's manifest lists.
func changedText(file, sum, want string) string {
	return fmt.Sprintf("%s "+split.Changed+": its sha-256 is %s, the manifest has %s", file, sum, want)
}

// refuseOld is the error of who would have to trust a folder that has changed.
func refuseOld(text, folder string) error {
	return hinted{fmt.Errorf("%s: %s", folder, text), []string{
		fmt.Sprintf("mtkkit verify %s names all that has changed; make the folder anew from the dump or the phone", quoted(folder))}}
}

// withSums are the entries with the hashes of the files that were written of them.
func withSums(entries []flash.ManifestEntry, written []flash.Written) []flash.ManifestEntry {
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
