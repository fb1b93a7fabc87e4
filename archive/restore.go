package archive

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
)

// RestoreOptions say what is written where.
type RestoreOptions struct {
	Output string // file, or folder
	Tool   string // name and version of the program, for records

	Parts      bool         // the folder that a flash tool takes, not the dump
	Only, Skip []string     // with Parts: name patterns of partitions
	Region     flash.Region // of a dump: this one alone; "" for all

	Force   bool // replace what an earlier run wrote to the folder
	NoHoles bool // write zeros as zeros
	NoSync  bool // leave it to the system when the data reach the disk

	Keys     func() ([]seal.Key, error) // opens what is encrypted; nil for no key
	Progress func(flash.Event)          // nil for none
}

// Restored is what was written.
type Restored struct {
	Output     string
	Files      int
	Bytes      int64
	Problems   []flash.Problem // lost bytes of the archive, and missing bytes of the dump
	Map        string          // path of the ddrescue map that lists the holes of the file; "" when it has none
	Lost       bool            // some bytes are lost; the output has zeros there
	Incomplete bool            // the dump was incomplete: Map or the manifest lists the holes
	Locked     int             // private files that are encrypted still
}

// Restore writes the dump of an archive: one file when it was one, a folder of regions
// otherwise; with Parts, the folder that a flash tool takes. Every byte is proven while it
// is copied, and what is damaged is a problem, and no error. What it refuses is a
// *flash.Refusal.
func Restore(ctx context.Context, path string, opt RestoreOptions) (*Restored, error) {
	a, err := Open(ctx, path, opt.Keys)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	return a.Restore(ctx, opt)
}

// Restore is Restore for an opened archive, which has its keys.
func (a *Archive) Restore(ctx context.Context, opt RestoreOptions) (*Restored, error) {
	m, err := a.Record()
	if err != nil {
		return nil, err
	}
	r := &restoring{RestoreOptions: opt, path: a.Path, record: m}
	if opt.Parts {
		return r.parts(ctx, a)
	}
	switch {
	case m == nil: // without a manifest no map can list the holes of the dump
		return nil, refuse(flash.ReasonNoRecord, a.Path, "has lost its manifest, and with it where in the dump its files lie")
	case m.LeavesOut():
		return nil, refuse(flash.ReasonPartial, a.Path, "holds a part of the dump only")
	}
	src, err := source.FromArchive(ctx, a.name(), a.Archive, source.Options{Progress: opt.Progress, Lost: r.lost.add, Keys: a.keys})
	if err != nil {
		return nil, err
	}
	defer src.Close()
	return r.dump(ctx, src)
}

// restoring is one run of Restore, or of Pull with the dump.
type restoring struct {
	RestoreOptions
	path   string          // of the archive, or the folder of the store: never written to
	record *flash.Manifest // nil when the archive has lost it

	lost      losses
	lacks     bool // the output has bytes that are not the phone's
	problems  []flash.Problem
	rescueMap string // the map that was written
	locked    int
}

// dump restores the files that were dumped.
func (r *restoring) dump(ctx context.Context, src *source.Source) (*Restored, error) {
	r.problems = append(r.problems, src.Problems...)
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

// NoRegionError is a region that a dump has not.
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

// dumpFiles sorts regions by the file that they were in.
func dumpFiles(parts []flash.Part) []*dumpFile {
	var out []*dumpFile
	for _, p := range parts {
		i := slices.IndexFunc(out, func(f *dumpFile) bool {
			// Of files of one name from different folders each is one.
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

// file restores a dump of one file. What of it is no data stands in a map beside it.
func (r *restoring) file(ctx context.Context, f *dumpFile) (*Restored, error) {
	rescueMap := filepath.Clean(r.Output) + ".map"
	made := false
	r.tellLacking(records(f.parts))
	res, err := split.WriteImage(ctx, f.img, r.Output, split.ImageOptions{
		NoHoles: r.NoHoles, NoSync: r.NoSync, Inputs: []string{r.path}, Progress: r.Progress, Beside: []string{rescueMap},
		Before: func() (err error) {
			made, err = r.writeMap(f, rescueMap)
			return err
		},
	})
	if err != nil {
		if made {
			err = errors.Join(err, os.Remove(rescueMap))
		}
		return nil, err
	}
	if made {
		r.lacks, r.rescueMap = true, rescueMap
	}
	return r.done(1, res.Size), nil
}

// writeMap writes ddrescue's map of a file that has holes.
func (r *restoring) writeMap(f *dumpFile, name string) (bool, error) {
	var unread, bad []flash.Extent
	for _, s := range records(f.parts) {
		unread = flash.Union(unread, s.InFile(s.Unread))
		bad = flash.Union(bad, s.InFile(r.lost.of(r.record, s.Region)))
	}
	return WriteMap(name, f.img.Size(), unread, bad)
}

// records is what a manifest says of parts.
func records(parts []flash.Part) (out []flash.ManifestSource) {
	for _, p := range parts {
		out = append(out, p.Record())
	}
	return out
}

// tellLacking notes what of the phone the dump itself lacks.
func (r *restoring) tellLacking(sources []flash.ManifestSource) {
	lacking := (&flash.Manifest{Sources: sources}).Missing()
	r.problems = append(r.problems, lacking...)
	r.lacks = r.lacks || len(lacking) > 0
}

// all are the problems, and those of what is lost.
func (r *restoring) all() []flash.Problem {
	return append(slices.Clone(r.problems), r.lost.problems()...)
}

func (r *restoring) done(files int, size int64) *Restored {
	return &Restored{Output: r.Output, Files: files, Bytes: size, Problems: r.all(), Map: r.rescueMap,
		Lost: len(r.lost.holes) > 0, Incomplete: r.lacks, Locked: r.locked}
}
