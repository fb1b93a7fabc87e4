package split

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// JoinOptions says how a dump is put together.
type JoinOptions struct {
	Region    flash.Region // region to rebuild; "": the first source
	WholeHash bool         // compute the SHA-256 of the whole result, in a second pass
	NoHoles   bool
	NoSync    bool
	Workers   int
	Inputs    []string // files that must not be written to, in addition to the parts folder
	Progress  func(flash.Event)

	// Beside is a small file in the same folder that gets its name just before the result, "" for
	// none.
	Beside string

	// Before is called after all bytes are written and before the file gets its name. It returns
	// the content of Beside, nil if it is not needed.
	Before func(*JoinReport) ([]byte, error)
}

// JoinReport is the result of Join.
type JoinReport struct {
	Source   flash.ManifestSource
	Unread   []flash.Extent  // unread ranges of the result; they are zeros in it
	Missing  []flash.Problem // bytes of the phone that the dump does not have, the unread included
	Files    int             // number of parts
	Bytes    int64           // size of the result
	Shared   bool            // at least one part shares its blocks with the result
	SHA256   string          // of the whole result, with WholeHash
	Doubts   []flash.Problem // what the folder's own record says against it, or SHA256SUMS against the record
	Unproven []string
	// Unproven names the parts without a hash in the manifest (split with NoHash): it is unknown
	// whether they have changed.
}

// Problems returns why the file out is not a complete, proven dump: bytes that the dump does not
// have, and parts without a hash.
func (r *JoinReport) Problems(out string) []flash.Problem {
	problems := slices.Concat(r.Missing, r.Doubts)
	if len(r.Unproven) > 0 {
		problems = append(problems, flash.Problem{Severity: flash.Warning, Place: out, Offset: flash.NoOffset,
			Text: fmt.Sprintf("%d of %d files have no hash in the manifest: nothing proves that they are unchanged", len(r.Unproven), r.Files)})
	}
	return problems
}

// Join puts the parts folder dir together again as the file out. Every part is proven by its
// hash while it is copied, every byte must be in a part, and parts that overlap must agree. The
// file has the name OUT.part until all of it is proven; after an error it does not exist.
//
// A refusal is a *flash.Refusal: a manifest that is partial or unfinished, an output that exists
// or is in the folder, too little space.
func Join(ctx context.Context, dir, out string, opt JoinOptions) (*JoinReport, error) {
	j := joiner{dir: dir, out: filepath.Clean(out), opt: opt}
	if err := j.load(ctx); err != nil {
		return nil, err
	}
	if err := j.refuse(); err != nil {
		return nil, err
	}
	if err := j.write(ctx); err != nil {
		return nil, err
	}
	return &j.report, nil
}

// joiner is one run of Join.
type joiner struct {
	dir, out string
	opt      JoinOptions
	spans    []span
	report   JoinReport
	mu       sync.Mutex // guards report
	noClone  atomic.Bool
}

// span is one entry of the manifest at its offset in the result.
type span struct {
	flash.Extent
	name     string
	file     string // "": zeros
	sum      string
	head     int64 // bytes at the start of its file that are not in the result
	overlaps bool
}

// load reads the manifest and arranges its entries.
func (j *joiner) load(ctx context.Context) error {
	m, err := openManifest(j.dir)
	if Unfinished(j.dir) {
		return refuse(flash.ReasonUnfinished, j.dir, "was never finished")
	}
	if err != nil {
		return err
	}
	if err := j.layOut(m); err != nil {
		return err
	}
	j.report.Doubts = slices.Concat(toldOf(m), checkSums(m, diskFiles(j.dir)), j.checkRest(ctx, m))
	return nil
}

// smallRest is the largest size of a file that is compared although the dump does not need it, bytes.
const smallRest = 1 << 20

// checkRest compares the small files that no entry has, such as the scatter file. Copies of bytes that
// are in other files, too, are not needed.
func (j *joiner) checkRest(ctx context.Context, m *flash.Manifest) (ps flash.Problems) {
	for _, f := range m.Files {
		if f.Size > smallRest || m.Has(f.Name) {
			continue
		}
		if severity, text := verifyFile(ctx, diskFiles(j.dir), f, false, make([]byte, blockSize), nil); text != "" {
			ps.Add(severity, f.Name, "%s", text)
		}
	}
	return ps
}

// layOut arranges the entries of a manifest and checks that they cover their source.
func (j *joiner) layOut(m *flash.Manifest) error {
	if wrong := m.Contradictions(); len(wrong) > 0 {
		return &ContradictionError{j.dir, wrong}
	}
	if m.IsPart() {
		return refuse(flash.ReasonPartial, j.dir, "contains only a part of the dump%s", skipped(m))
	}
	sources, err := j.sources(m)
	if err != nil {
		return err
	}
	j.report.Source = sources[0]
	files := map[string]flash.ManifestFile{}
	for _, f := range m.Files {
		files[f.Name] = f
	}
	j.report.Missing = (&flash.Manifest{Sources: sources}).Missing()
	for _, src := range sources {
		j.report.Bytes = max(j.report.Bytes, src.Offset+src.Size)
		j.report.Unread = flash.Union(j.report.Unread, src.InFile(src.Unread))
		for _, e := range m.Entries {
			if e.Region != src.Region || e.Present == 0 {
				continue
			}
			if err := j.addEntry(&e, &src, files); err != nil {
				return err
			}
		}
	}
	j.addHoles()
	return j.cover(j.report.Bytes)
}

// addHoles adds zeros for the ranges that are unread and that no part has.
func (j *joiner) addHoles() {
	var parts []flash.Extent
	for _, s := range j.spans {
		parts = append(parts, s.Extent)
	}
	for _, h := range flash.Without(j.report.Unread, parts) {
		j.spans = append(j.spans, span{Extent: h, name: "not read"})
	}
}

// addEntry adds one entry. The range of a head that is cut off is in no file.
func (j *joiner) addEntry(e *flash.ManifestEntry, src *flash.ManifestSource, files map[string]flash.ManifestFile) error {
	var s span
	switch state := e.State(src.Unread); {
	case state == flash.StateSealed:
		return refuse(flash.ReasonEncrypted, j.dir, "contains %s only encrypted", e.File)
	case !e.Kind.IsDump() || e.File == "" && !e.Zero:
		return nil
	default:
		s = newSpan(*e, files[e.File])
	}
	s.Offset += src.Offset
	s.head = min(max(-s.Offset, 0), s.Length)
	s.Offset, s.Length = s.Offset+s.head, s.Length-s.head
	if s.Length > 0 {
		j.spans = append(j.spans, s)
	}
	return nil
}

// sources returns the regions to rebuild: one region as a file of its own, or the main file with
// all regions that it contained.
func (j *joiner) sources(m *flash.Manifest) ([]flash.ManifestSource, error) {
	if j.opt.Region != "" {
		src := m.Source(j.opt.Region)
		if src == nil {
			return nil, fmt.Errorf("split: %s: the manifest has no source %q", j.dir, j.opt.Region)
		}
		alone := *src
		alone.Offset = 0
		return []flash.ManifestSource{alone}, nil
	}
	if len(m.Sources) == 0 {
		return nil, fmt.Errorf("split: %s: the manifest names no source", j.dir)
	}
	first := max(0, slices.IndexFunc(m.Sources, func(s flash.ManifestSource) bool { return s.Region.IsUser() }))
	var main []flash.ManifestSource
	for _, s := range m.Sources {
		if s.Name == m.Sources[first].Name {
			main = append(main, s)
		}
	}
	if len(main) > 1 && slices.IndexFunc(main, func(s flash.ManifestSource) bool { return s.Offset > 0 }) < 0 {
		main = main[:1] // files with the same name from different folders
	}
	return main, nil
}

// newSpan makes the span of a manifest entry and its file.
func newSpan(e flash.ManifestEntry, f flash.ManifestFile) span {
	s := span{Extent: e.AtHand(), name: e.Name, file: e.File}
	s.sum = f.SHA256
	return s
}

// skipped names the first entries that were left out.
func skipped(m *flash.Manifest) string {
	var names []string
	for _, e := range m.Entries {
		if m.State(&e) == flash.StateSkipped {
			names = append(names, e.Name)
		}
	}
	switch n := len(names); {
	case n == 0:
		return ""
	case n > 3:
		return fmt.Sprintf(": without %s and %d more", strings.Join(names[:3], ", "), n-3)
	}
	return ": without " + strings.Join(names, ", ")
}

// cover checks that the spans have every byte of the source, and marks those that overlap.
func (j *joiner) cover(size int64) error {
	slices.SortStableFunc(j.spans, func(a, b span) int { return cmp.Compare(a.Offset, b.Offset) })
	var reach int64
	widest := -1 // the span that ends at reach
	for i := range j.spans {
		s := &j.spans[i]
		if s.Offset > reach {
			return uncovered(reach, s.Offset)
		}
		if s.Offset < reach {
			s.overlaps, j.spans[widest].overlaps = true, true
		}
		if s.End() > reach {
			reach, widest = s.End(), i
		}
	}
	if reach < size {
		return uncovered(reach, size)
	}
	return nil
}

func uncovered(from, to int64) error {
	return fmt.Errorf("split: no part covers %v (%v)", flash.Extent{Offset: from, Length: to - from}, flash.Size(to-from))
}

// refuse checks everything that can prevent this run.
func (j *joiner) refuse() error {
	inputs := append([]string{j.dir}, j.opt.Inputs...)
	if err := refuseInside(j.out, inputs); err != nil {
		return err
	}
	for _, s := range j.spans {
		if s.file != "" {
			inputs = append(inputs, filepath.Join(j.dir, s.file))
		}
	}
	// A finished file is never replaced: it may be another phone's dump, and nothing in it says so.
	if err := RefuseFile(j.out, j.fileOptions(inputs...)); err != nil {
		return err
	}
	return j.refuseRoom()
}

func (j *joiner) fileOptions(inputs ...string) FileOptions {
	return FileOptions{NoSync: j.opt.NoSync, Inputs: inputs, Beside: j.opt.Beside}
}

// refuseRoom opens every part once, so that a missing one is found before anything is written,
// and adds up their sizes.
func (j *joiner) refuseRoom() error {
	base := existing(filepath.Dir(j.out))
	v, err := disk.VolumeOf(base)
	known := err == nil
	if err := refuseBig(j.out, j.report.Bytes, v); err != nil {
		return err
	}
	var need int64
	for _, s := range j.spans {
		if s.file == "" {
			if j.opt.NoHoles || !v.Holes {
				need += s.Length
			}
			continue
		}
		p, err := j.open(s)
		if err != nil {
			return err
		}
		n, err := room(v, base, p, j.opt.NoHoles)
		p.Close()
		if err != nil {
			return fmt.Errorf("split: %s: %w", s.file, err)
		}
		need += n
	}
	if !known {
		return nil
	}
	if st, err := os.Lstat(partOf(j.out)); err == nil { // this file is removed before anything is written
		v.Free += disk.Allocated(st)
	}
	return refuseSpace(j.out, need, v)
}

// open opens a part and compares its size with the manifest.
func (j *joiner) open(s span) (*partFile, error) {
	p, err := openPart(j.dir, s.file)
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	if p.Size() != s.head+s.Length {
		p.Close()
		return nil, fmt.Errorf("split: %s has 0x%x bytes, the manifest says 0x%x", s.file, p.Size(), s.head+s.Length)
	}
	return p, nil
}
