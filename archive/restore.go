package archive

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
)

// RestoreOptions says what is written where.
type RestoreOptions struct {
	Output string // path of the file or folder
	Tool   string // name and version of the program, for records

	Parts       bool         // write the folder that a flash tool takes, not the dump
	Only, Skip  []string     // with Parts: name patterns of partitions
	AcceptGuess bool         // with Parts: allow partitions that were guessed from the content
	Region      flash.Region // of a dump: only this region; "" for all

	Force   bool // replace what an earlier run wrote to the folder
	NoHoles bool // write zeros as zeros
	NoSync  bool // do not sync: the system decides when the data reach the disk

	Keys     func() ([]seal.Key, error) // keys for encrypted files; nil for no key
	Progress func(flash.Event)          // nil for none
}

// Restored describes what was written.
type Restored struct {
	Output     string
	Files      int
	Bytes      int64
	Problems   []flash.Problem // lost bytes of the archive, and missing bytes of the dump
	Map        string          // path of the ddrescue map that lists the holes of the file; "" if there are none
	Lost       bool            // some bytes are lost; the output has zeros there
	Incomplete bool            // the dump was incomplete: Map or the manifest lists the holes
	Locked     int             // number of private files that are still encrypted
}

// Restore writes the dump of an archive: one file if it was one, else a folder of regions. With
// Parts, it writes the folder that a flash tool takes. Every byte is proven while it is copied.
// Damage is reported as problems, not as an error. A refusal is a *flash.Refusal.
func Restore(ctx context.Context, path string, opt RestoreOptions) (*Restored, error) {
	a, err := Open(ctx, path, opt.Keys)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	return a.Restore(ctx, opt)
}

// Restore is the function Restore for an opened archive, with the keys that opened it.
func (a *Archive) Restore(ctx context.Context, opt RestoreOptions) (*Restored, error) {
	m, err := a.Record()
	if err != nil {
		return nil, err
	}
	r := &restoring{RestoreOptions: opt, path: a.Path, record: m}
	if opt.Parts && !opt.AcceptGuess {
		if err := dump.RefuseGuess(a.Path, m); err != nil {
			return nil, err
		}
	}
	if opt.Parts {
		return r.parts(ctx, a)
	}
	switch {
	case m == nil: // without a manifest no map can list the holes of the dump
		return nil, refuse(flash.ReasonNoRecord, a.Path, "has lost its manifest, and with it the offsets of its files in the dump")
	case m.LeavesOut():
		return nil, refuse(flash.ReasonPartial, a.Path, "contains only a part of the dump")
	}
	src, err := source.FromArchive(ctx, a.name(), a.Archive, source.Options{Progress: opt.Progress, Lost: r.lost.Add, Keys: a.keys})
	if err != nil {
		return nil, err
	}
	defer src.Close()
	return r.dump(ctx, src)
}

// restoring is one run of Restore, or of Pull with Dump.
type restoring struct {
	RestoreOptions
	path   string          // of the archive, or the folder of the store: never written to
	record *flash.Manifest // nil if the archive has lost it

	lost      Losses
	lacks     bool // the output has bytes that do not come from the phone
	problems  []flash.Problem
	rescueMap string // the map that was written
	locked    int
}

// dump restores the original files of the dump.
func (r *restoring) dump(ctx context.Context, src *source.Source) (*Restored, error) {
	r.problems = append(r.problems, src.Problems...)
	doubts, err := dump.Doubts(ctx, src)
	if err != nil {
		return nil, err
	}
	r.problems = added(r.problems, doubts)
	r.lacks = len(doubts) > 0
	if r.Region == "" {
		r.problems = added(r.problems, recorded(r.record, false))
	}
	files := dumpFiles(src.Parts)
	if r.Region != "" {
		p := src.Part(r.Region)
		if p == nil {
			return nil, &NoRegionError{r.path, r.Region}
		}
		alone := *p
		alone.Base = 0
		files = dumpFiles([]flash.Part{alone})
	}
	if len(files) == 1 {
		return r.file(ctx, files[0])
	}
	return r.folder(ctx, src, files)
}

// NoRegionError reports a region that the dump does not have.
type NoRegionError struct {
	Path   string
	Region flash.Region
}

func (e *NoRegionError) Error() string { return e.Path + " has no region " + string(e.Region) }

// dumpFile is a file of the original dump, and the regions in it.
type dumpFile struct {
	name  string
	parts []flash.Part
	img   *flash.Stitched
}

// dumpFiles groups regions by their original file.
func dumpFiles(parts []flash.Part) []*dumpFile {
	var out []*dumpFile
	for _, p := range parts {
		i := slices.IndexFunc(out, func(f *dumpFile) bool {
			// Files with the same name from different folders are separate files.
			return f.name == p.Source && !slices.ContainsFunc(f.parts, func(q flash.Part) bool { return q.Base == p.Base })
		})
		if i < 0 {
			i, out = len(out), append(out, &dumpFile{name: p.Source, img: flash.NewStitched(0)})
		}
		out[i].parts = append(out[i].parts, p)
		off, img := p.InSource()
		out[i].img.Add(off, img)
	}
	return out
}

// file restores a dump that was one file. A map beside it lists the holes.
func (r *restoring) file(ctx context.Context, f *dumpFile) (*Restored, error) {
	rescueMap := filepath.Clean(r.Output) + ".map"
	made := false
	r.tellLacking(records(f.parts))
	res, err := split.WriteImage(ctx, f.img, r.Output, split.ImageOptions{
		NoHoles: r.NoHoles, NoSync: r.NoSync, Inputs: []string{r.path}, Progress: r.Progress, Beside: rescueMap,
		Before: func() ([]byte, error) {
			b := r.mapOf(f)
			made = b != nil
			return b, nil
		},
	})
	if err != nil {
		return nil, err
	}
	if made {
		r.lacks, r.rescueMap = true, rescueMap
	}
	return r.done(1, res.Size), nil
}

// mapOf returns the ddrescue map of a file that has holes, nil if it has none.
func (r *restoring) mapOf(f *dumpFile) []byte {
	var unread, bad []flash.Extent
	for _, s := range records(f.parts) {
		unread = flash.Union(unread, s.InFile(s.Unread))
		bad = flash.Union(bad, s.InFile(r.lost.Of(r.record, s.Region)))
	}
	return RescueMap(f.img.Size(), unread, bad)
}

// records returns the manifest records of parts.
func records(parts []flash.Part) (out []flash.ManifestSource) {
	for _, p := range parts {
		out = append(out, p.Record())
	}
	return out
}

// tellLacking notes the bytes of the phone that the dump itself does not have.
func (r *restoring) tellLacking(sources []flash.ManifestSource) {
	lacking := (&flash.Manifest{Sources: sources}).Missing()
	r.problems = added(r.problems, lacking)
	r.lacks = r.lacks || len(lacking) > 0
}

// all returns all problems, the losses included.
func (r *restoring) all() []flash.Problem {
	return append(slices.Clone(r.problems), r.lost.problems()...)
}

func (r *restoring) done(files int, size int64) *Restored {
	return &Restored{Output: r.Output, Files: files, Bytes: size, Problems: r.all(), Map: r.rescueMap,
		Lost: len(r.lost.holes) > 0, Incomplete: r.lacks, Locked: r.locked}
}
