package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
)

// folder restores a dump of several files as a folder like the one that reading the phone would
// make.
func (r *restoring) folder(ctx context.Context, src *source.Source, files []*dumpFile) (*Restored, error) {
	m := &flash.Manifest{Schema: flash.ManifestSchema, Tool: r.Tool, Kind: flash.KindDump, Storage: src.Storage, Complete: true}
	if r.record != nil {
		m.Chip, m.Project, m.Created, m.Phone = r.record.Chip, r.record.Project, r.record.Created, r.record.Phone
	}
	var outputs []flash.Output
	for _, f := range files {
		name, img := freeName(outputs, path.Base(f.name)), flash.NewStitched(0)
		outputs = append(outputs, flash.Output{Name: name, Image: img})
		for _, p := range f.parts {
			p.Source, p.Base = name, max(p.Base, 0) // a folder has whole regions: a head that is cut off becomes a hole
			img.Add(p.Base, p.Image)
			m.Sources = append(m.Sources, p.Record())
			m.Entries = append(m.Entries, flash.ManifestEntry{Kind: flash.KindRegion, Name: string(p.Region), Region: p.Region,
				Extent: flash.Extent{Length: p.Image.Size()}, Present: p.Image.Size(), File: name})
		}
	}
	m.Complete = m.Covers()
	r.tellLacking(m.Sources)
	return r.write(ctx, outputs, m, func([]split.Result) error {
		for i := range m.Sources {
			lost := r.lost.Of(r.record, m.Sources[i].Region)
			m.Sources[i].Unread = flash.Union(m.Sources[i].Unread, lost)
			m.Complete = m.Complete && len(lost) == 0
		}
		return nil
	})
}

// freeName returns a name that no output has.
func freeName(outputs []flash.Output, name string) string {
	for i := 2; slices.ContainsFunc(outputs, func(o flash.Output) bool { return strings.EqualFold(o.Name, name) }); i++ {
		name = fmt.Sprintf("%s_%d", name, i)
	}
	return name
}

// parts restores the files of the archive as they are, or the chosen ones.
func (r *restoring) parts(ctx context.Context, a *Archive) (*Restored, error) {
	m := r.record
	if m == nil && len(a.Members()) == 0 {
		return nil, fmt.Errorf("%s: the archive has no files", a.Path)
	}
	if m == nil {
		m = &flash.Manifest{Schema: flash.ManifestSchema, Tool: r.Tool, Problems: a.Problems}
	}
	r.problems = append(r.problems, a.Problems...)
	r.problems = append(r.problems, a.contradictions(m)...)
	r.lacks = flash.Worst(r.problems) == flash.Error
	r.problems = added(r.problems, recorded(r.record, len(r.Only)+len(r.Skip) > 0))
	r.tellLacking(m.Sources)
	m.Kind = flash.KindParts
	wanted, err := choose(m, r.Only, r.Skip)
	if err != nil {
		return nil, err
	}
	u := &unlocking{a: a, lost: r.lost.Add}
	defer u.close()
	if err := u.all(ctx, m, wanted); err != nil {
		return nil, err
	}
	r.problems = append(r.problems, u.problems...)
	var outputs []flash.Output
	for i, members := 0, a.Members(); i < len(members); i++ {
		f := &members[i]
		if o, ok := u.opened[f.Name]; ok {
			outputs = append(outputs, o)
			continue
		}
		if f.Name == flash.ManifestName || f.Name == flash.SumsName || f.Name == flash.DraftName || !wanted(f.Name) {
			continue
		}
		if a.IsZip() && r.record != nil && !lists(r.record, f.Name) { // anybody may add a file to a zip
			r.problems = append(r.problems, flash.NewProblem(flash.Note, f.Name, flash.NoOffset, "is not in the manifest of the archive, and is not restored"))
			continue
		}
		img := a.Salvage(f, func(e flash.Extent, err error) { r.lost.Add(f.Name, e, err) })
		outputs = append(outputs, flash.Output{Name: f.Name, Image: img})
	}
	return r.write(ctx, outputs, m, func(results []split.Result) error { return r.checkParts(a, m, results) })
}

// lists reports whether a record has a file in its list.
func lists(m *flash.Manifest, file string) bool {
	return slices.ContainsFunc(m.Files, func(f flash.ManifestFile) bool { return f.Name == file })
}

// checkParts compares what was written with what was packed, and adds the lost ranges to the
// record.
func (r *restoring) checkParts(a *Archive, m *flash.Manifest, results []split.Result) error {
	old := map[string]string{}
	for _, f := range m.Files {
		old[f.Name] = f.SHA256
	}
	for _, res := range results {
		want := res.SHA256
		f := a.Member(res.Name)
		if f != nil { // decryption has already proven encrypted files
			want = cmp.Or(f.SHA256, want)
		}
		if len(r.lost.holes[res.Name]) == 0 && want != res.SHA256 {
			return fmt.Errorf("%s differs from what was packed: its sha-256 is %s, the archive has %s", res.Name, res.SHA256, want)
		}
		// Without an index, only the manifest proves a file.
		if sum := old[res.Name]; f != nil && f.SHA256 == "" && sum != "" && sum != res.SHA256 && len(r.lost.holes[res.Name]) == 0 {
			r.problems = append(r.problems, flash.NewProblem(flash.Error, res.Name, flash.NoOffset, "differs from what was packed: its sha-256 is %s, the archive's manifest has %s", res.SHA256, sum))
			m.Complete = false
		}
	}
	for i := range m.Sources {
		m.Sources[i].Unread = flash.Union(m.Sources[i].Unread, r.lost.Of(r.record, m.Sources[i].Region))
	}
	m.Complete = m.Complete && len(r.lost.holes) == 0
	m.Problems = added(m.Problems, r.all())
	r.locked = LockedIn(&flash.Manifest{Files: filesOf(results)})
	return nil
}

func filesOf(results []split.Result) []flash.ManifestFile {
	var out []flash.ManifestFile
	for _, r := range results {
		out = append(out, flash.ManifestFile{Name: r.Name, Size: r.Size, SHA256: r.SHA256})
	}
	return out
}

// choose removes unwanted entries from the manifest, and returns a function that reports whether a
// file is wanted. The error is a *plan.PatternError.
func choose(m *flash.Manifest, only, skip []string) (func(file string) bool, error) {
	if len(only)+len(skip) == 0 {
		return func(string) bool { return true }, nil
	}
	open := slices.Clone(m.Entries) // with the names that the files have after decryption
	for i := range open {
		open[i] = asUnlocked(open[i])
	}
	wants, err := plan.Wishes{Only: only, Skip: skip}.Select(open)
	if err != nil {
		return nil, err
	}
	keep, known := map[string]bool{}, map[string]bool{}
	for i := range m.Entries {
		e := &m.Entries[i]
		known[e.File] = true
		if wants(&open[i]) {
			keep[e.File] = true
			continue
		}
		if e.Present > 0 {
			m.Complete = false
		}
		e.File, e.SHA256, e.Zero, e.Skipped = "", "", false, e.Present > 0
	}
	// Files that describe the phone (scatter file, blocks map) are wanted, too, unless they are
	// encrypted: for boot alone, no key to the map should be needed.
	return func(file string) bool {
		return keep[file] || !known[file] && !strings.HasSuffix(file, LockedEnding)
	}, nil
}

// write makes the folder. Check gets the results before the manifest is written.
func (r *restoring) write(ctx context.Context, outputs []flash.Output, m *flash.Manifest, check func([]split.Result) error) (*Restored, error) {
	f, err := split.Create(ctx, r.Output, outputs, nil, split.Options{Force: r.Force, NoHoles: r.NoHoles,
		NoSync: r.NoSync, Inputs: []string{r.path}, Progress: r.Progress})
	if err != nil {
		return nil, err
	}
	results, err := f.Copy(ctx)
	if err == nil {
		err = check(results)
	}
	if err == nil {
		err = f.Finish(m)
	}
	if err != nil {
		return nil, errors.Join(err, f.Abandon())
	}
	if r.Parts {
		doubts, err := folderDoubts(ctx, r.Output)
		if err != nil {
			return nil, err
		}
		r.problems, r.lacks = added(r.problems, doubts), r.lacks || len(doubts) > 0
	}
	var size int64
	for _, res := range results {
		size += res.Size
	}
	return r.done(len(results), size), nil
}
