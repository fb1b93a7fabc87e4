package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/mtkkit/mtkkit/acquire/mapfile"
	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
)

func backupRestoreCommand(u *ui) *cli.Command {
	return &cli.Command{
		Name:      "restore",
		Usage:     "the dump again, byte for byte, or the files to flash",
		ArgsUsage: "phone.tar.zst",
		Description: "Writes the dump: one file when it was one, a folder of regions otherwise. With --parts, the folder\n" +
			"that a flash tool takes; with --only and --skip, some partitions of it. Nothing is flashed: what a\n" +
			"flash tool would do with it is what --plan tells.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FILE` or FOLDER to write"},
			&cli.BoolFlag{Name: "parts", Usage: "the folder to flash: images, scatter file, manifest"},
			&cli.StringSliceFlag{Name: "only", Usage: "only partitions that match these `PATTERNS`, as in 'boot,recovery,nv*'"},
			&cli.StringSliceFlag{Name: "skip", Usage: "leave out partitions that match these `PATTERNS`"},
			&cli.StringFlag{Name: "region", Usage: "one `REGION` only, such as EMMC_BOOT_1"},
			&cli.BoolFlag{Name: "plan", Usage: "write nothing: say what a flash tool would write where, what would be lost, and the commands"},
			&cli.StringFlag{Name: "target", Usage: "with --plan: a scatter `FILE` or dump of the phone to be written; another model is refused"},
			noSiblingsFlag(),
			&cli.BoolFlag{Name: "foreign", Usage: "with --plan: the target may be of another model"},
			&cli.BoolFlag{Name: "force", Aliases: []string{"f"}, Usage: "replace what an earlier run wrote to the folder"},
			&cli.BoolFlag{Name: "no-holes", Usage: "write zeros as zeros, not as holes"},
			&cli.BoolFlag{Name: "no-sync", Usage: "end when the system has all of it, not when it is on the disk: faster, and lost if the power goes"},
			keyFlag(), jsonFlag(), quietFlag(), progressFlag(),
		},
		Action: withArchive(u, 1, func(c *cli.Context, a *archive) (err error) {
			if c.String("output") == "" && !c.Bool("plan") {
				return usage("mtkkit backup restore: where to? (mtkkit backup restore %s -o ROM_1)", a.path)
			}
			r := &restoring{u: u, c: c, a: a, kind: "archive", path: a.path, out: c.String("output"), noSync: c.Bool("no-sync")}
			if r.record, err = a.manifest(); err != nil {
				return err
			}
			defer r.close()
			if c.Bool("plan") {
				return r.plan()
			}
			if c.Bool("parts") || c.IsSet("only") || c.IsSet("skip") {
				return r.parts()
			}
			return r.dump()
		}),
	}
}

// manifest reads the archive's manifest, nil when it has lost it.
func (a *archive) manifest() (*flash.Manifest, error) {
	m := a.Member(flash.ManifestName)
	if m == nil {
		return nil, nil
	}
	r, err := flash.ReadManifest(io.NewSectionReader(a.Image(m), 0, m.Size))
	var lost *backup.ChunkError
	if errors.As(err, &lost) {
		return nil, nil
	}
	return r, err
}

// restoring is one run of restore.
type restoring struct {
	u      *ui
	c      *cli.Context
	a      *archive        // nil when it is pulled from a place
	kind   string          // "archive" or "backup"
	path   string          // of that, never written to
	record *flash.Manifest // nil when the archive has lost it
	out    string
	noSync bool
	opened map[string]flash.Output // private files of the archive that a key has opened
	locked int                     // private files that none has
	files  []io.Closer             // of those that are opened

	lacks    bool // not all that is written are the phone's bytes
	mu       sync.Mutex
	problems []flash.Problem
	holes    map[string][]flash.Extent // what is lost, by file of the archive
	why      map[string][]lostAt       // and why, one or more for each
}

// dumpFile is a file of the original dump, and the regions in it.
type dumpFile struct {
	name  string
	parts []flash.Part
	img   *flash.Stitched
}

// dump restores the files that were dumped.
func (r *restoring) dump() error {
	if r.record != nil && r.record.LeavesOut() {
		return refusal{fmt.Errorf("%s holds a part of the dump only", r.path), []string{"--parts restores what it holds"}}
	}
	if r.record == nil { // no map could say which bytes of the dump are not the phone's
		return refusal{fmt.Errorf("%s has lost its manifest, and with it where in the dump its files lie", r.path), []string{"--parts restores what it holds, and names what is lost"}}
	}
	src, err := source.Open(r.c.Context, r.path, source.Options{Progress: r.u.bars.event, Lost: r.lost, Keys: r.a.keys})
	if err != nil {
		return err
	}
	defer src.Close()
	r.problems = append(r.problems, src.Problems...)
	files := dumpFiles(src.Parts)
	if region := flash.Region(strings.ToUpper(r.c.String("region"))); region != "" {
		p := src.Part(region)
		if p == nil {
			return fmt.Errorf("%s has no region %s", r.path, region)
		}
		alone := *p
		alone.Base = 0
		files = dumpFiles([]flash.Part{alone})
	}
	if len(files) == 1 {
		return r.file(files[0])
	}
	return r.folder(src, files)
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
func (r *restoring) file(f *dumpFile) error {
	chart := filepath.Clean(r.out) + ".map"
	made := false
	r.tellLacking(records(f.parts))
	res, err := split.WriteImage(r.c.Context, f.img, r.out, split.ImageOptions{
		NoHoles: r.c.Bool("no-holes"), NoSync: r.noSync, Inputs: []string{r.path}, Progress: renamed(r.u.bars.event, "restore"), Beside: []string{chart},
		Before: func() (err error) {
			made, err = r.writeMap(f, chart)
			return err
		},
	})
	if err != nil {
		if made {
			err = errors.Join(err, os.Remove(chart))
		}
		return refused(err)
	}
	if made {
		r.lacks = true
		r.problems = append(r.problems, flash.Problem{Severity: flash.Warning, Place: r.out, Offset: flash.NoOffset,
			Text: "not all of it are the phone's bytes: " + chart + " says which are not"})
	}
	return r.report(1, res.Size)
}

// writeMap writes ddrescue's map of a file that has holes.
func (r *restoring) writeMap(f *dumpFile, name string) (bool, error) {
	var unread, bad []flash.Extent
	for _, s := range records(f.parts) {
		unread = flash.Union(unread, s.InFile(s.Unread))
		bad = flash.Union(bad, s.InFile(r.lostOf(s.Region)))
	}
	return writeHoles(name, f.img.Size(), unread, bad)
}

// writeHoles writes ddrescue's map of a file of which stretches were not read, or are lost:
// none when there are none.
func writeHoles(name string, size int64, unread, bad []flash.Extent) (made bool, err error) {
	if len(unread)+len(bad) == 0 {
		return false, nil
	}
	whole := []flash.Extent{{Length: size}}
	b := mapfile.Make(size, flash.Without(whole, flash.Union(unread, bad)), bad).Encode()
	return true, outFile{path: name}.write(func(w io.Writer) error { _, err := w.Write(b); return err })
}

// records is what a manifest says of parts.
func records(parts []flash.Part) (out []flash.ManifestSource) {
	for _, p := range parts {
		out = append(out, p.Record())
	}
	return out
}

// folder restores a dump of several files as the folder that acquire would leave.
func (r *restoring) folder(src *source.Source, files []*dumpFile) error {
	m := &flash.Manifest{Schema: flash.ManifestSchema, Tool: "mtkkit " + version(), Kind: flash.KindDump, Storage: src.Storage, Complete: true}
	if r.record != nil {
		m.Chip, m.Project, m.Created, m.Phone = r.record.Chip, r.record.Project, r.record.Created, r.record.Phone
	}
	var outputs []flash.Output
	for _, f := range files {
		name, img := freeName(outputs, path.Base(f.name)), flash.NewStitched(0)
		outputs = append(outputs, flash.Output{Name: name, Image: img})
		for _, p := range f.parts {
			p.Source, p.Base = name, max(p.Base, 0) // a folder has the regions whole, with the hole of a head that is cut off
			img.Add(p.Base, p.Image)
			m.Sources = append(m.Sources, p.Record())
			m.Entries = append(m.Entries, flash.ManifestEntry{Kind: "region", Name: string(p.Region), Region: p.Region,
				Extent: flash.Extent{Length: p.Image.Size()}, Present: p.Image.Size(), File: name})
		}
	}
	m.Complete = m.Covers()
	r.tellLacking(m.Sources)
	return r.write(outputs, m, func([]split.Result) error {
		for i := range m.Sources {
			lost := r.lostOf(m.Sources[i].Region)
			m.Sources[i].Unread = flash.Union(m.Sources[i].Unread, lost)
			m.Complete = m.Complete && len(lost) == 0
		}
		return nil
	})
}

// freeName makes a name that no output has.
func freeName(outputs []flash.Output, name string) string {
	for i := 2; slices.ContainsFunc(outputs, func(o flash.Output) bool { return strings.EqualFold(o.Name, name) }); i++ {
		name = fmt.Sprintf("%s_%d", name, i)
	}
	return name
}

// parts restores the files of the archive as they are in it, or some of them.
func (r *restoring) parts() error {
	m := r.record
	if m == nil {
		m = &flash.Manifest{Schema: flash.ManifestSchema, Tool: "mtkkit " + version(), Problems: r.a.Problems}
	}
	r.problems = append(r.problems, r.a.Problems...)
	r.tellLacking(m.Sources)
	m.Kind = flash.KindParts
	wanted, err := r.choose(m)
	if err != nil {
		return err
	}
	if err := r.unlock(m, wanted); err != nil {
		return err
	}
	var outputs []flash.Output
	for i, members := 0, r.a.Members(); i < len(members); i++ {
		f := &members[i]
		if o, ok := r.opened[f.Name]; ok {
			outputs = append(outputs, o)
			continue
		}
		if f.Name == flash.ManifestName || f.Name == flash.SumsName || !wanted(f.Name) {
			continue
		}
		img := r.a.Salvage(f, func(e flash.Extent, err error) { r.lost(f.Name, e, err) })
		outputs = append(outputs, flash.Output{Name: f.Name, Image: img})
	}
	return r.write(outputs, m, func(results []split.Result) error {
		for _, res := range results {
			want := res.SHA256
			if f := r.a.Member(res.Name); f != nil { // what was encrypted has proven itself
				want = cmp.Or(f.SHA256, want)
			}
			if len(r.holes[res.Name]) == 0 && want != res.SHA256 {
				return fmt.Errorf("%s is not what was packed: its sha-256 is %s, the archive has %s", res.Name, res.SHA256, want)
			}
		}
		for i := range m.Sources {
			m.Sources[i].Unread = flash.Union(m.Sources[i].Unread, r.lostOf(m.Sources[i].Region))
		}
		m.Complete = m.Complete && len(r.holes) == 0
		m.Problems = append(m.Problems, r.all()...)
		if n := sealedIn(&flash.Manifest{Files: filesOf(results)}); n > 0 {
			r.problems = append(r.problems, flash.Problem{Severity: flash.Warning, Place: r.out, Offset: flash.NoOffset,
				Text: fmt.Sprintf("%d files are encrypted still (NAME%s): --key FILE opens them, as age -d and zstd -d do", n, sealedEnding)})
		}
		return nil
	})
}

// choose drops from the manifest what is not wanted, and tells which files are.
func (r *restoring) choose(m *flash.Manifest) (func(file string) bool, error) {
	w := plan.Wishes{Only: r.c.StringSlice("only"), Skip: r.c.StringSlice("skip")}
	if len(w.Only)+len(w.Skip) == 0 {
		return func(string) bool { return true }, nil
	}
	open := slices.Clone(m.Entries) // whose files are asked for by the names that they will have
	for i := range open {
		open[i] = asUnlocked(open[i])
	}
	wants, err := w.Select(open)
	if err != nil {
		return nil, patternHelp(r.c, err)
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
	// What describes the phone goes along: scatter file, blocks map. Not when it is locked:
	// who wants boot is not to be asked for a key to the map.
	return func(file string) bool {
		return keep[file] || !known[file] && !strings.HasSuffix(file, sealedEnding)
	}, nil
}

// write makes the folder; check sees the results before the manifest is written.
func (r *restoring) write(outputs []flash.Output, m *flash.Manifest, check func([]split.Result) error) error {
	f, err := split.Create(r.out, outputs, nil, split.Options{Force: r.c.Bool("force"), NoHoles: r.c.Bool("no-holes"),
		NoSync: r.noSync, Inputs: []string{r.path}, Progress: renamed(r.u.bars.event, "restore")})
	if err != nil {
		return refused(err)
	}
	results, err := f.Copy(r.c.Context)
	if err == nil {
		err = check(results)
	}
	if err == nil {
		err = f.Finish(m)
	}
	if err != nil {
		return errors.Join(err, f.Abandon())
	}
	var size int64
	for _, res := range results {
		size += res.Size
	}
	return r.report(len(results), size)
}

// restoreDoc is the JSON document of restore.
type restoreDoc struct {
	Schema   string          `json:"schema"`
	Output   string          `json:"output"`
	Files    int             `json:"files"`
	Bytes    int64           `json:"bytes"`
	Problems []flash.Problem `json:"problems"`
}

func (r *restoring) report(files int, size int64) error {
	r.u.bars.clear()
	problems := r.all()
	if r.u.json {
		if err := r.u.document(restoreDoc{"mtkkit.restore/1", r.out, files, size, problems}); err != nil {
			return err
		}
	}
	r.u.problems(problems)
	what := flash.Size(size).String()
	if files > 1 {
		what = fmt.Sprintf("%d files, %s", files, what)
	}
	if len(r.holes) > 0 {
		r.u.say("%s: %s, without what is lost", r.out, what)
	} else if r.lacks {
		r.u.say("%s: %s, without what the %s has not; the rest is proven by its hashes", r.out, what, r.kind)
	} else {
		r.u.say("%s: %s, every byte proven by the %s's hashes", r.out, what, r.kind)
	}
	return verdict(problems)
}
