package split

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// VerifyOptions says how a folder is verified.
type VerifyOptions struct {
	Workers  int
	NoSums   bool // there is no SHA256SUMS, and none is needed
	Progress func(flash.Event)

	doubts flash.Problems // found before
}

// Verification is the result of Verify for a parts folder.
type Verification struct {
	OK       bool // every file exists and is as in the manifest; no Problem is an Error
	Partial  bool // the folder never had all of the dump
	Problems flash.Problems
	Damaged  bool            // the dump was damaged when the folder was made
	Files    int             // number of files that were checked
	Unproven int             // number of files without a hash in the manifest: only their sizes were compared
	Bytes    int64           // size of the files
	Manifest *flash.Manifest // nil if the folder is unfinished and has none
}

// ErrNoFolder is wrapped by the error of Verify if there is no parts folder.
var ErrNoFolder = errors.New("not a parts folder")

// Verify hashes every file of a parts folder and compares it with the manifest, and the manifest
// with SHA256SUMS and with itself. Differences are in the result. An error means that nothing
// could be checked (ErrNoFolder, an invalid manifest) or that ctx ended.
func Verify(ctx context.Context, dir string, opt VerifyOptions) (*Verification, error) {
	m, err := openManifest(dir)
	switch unfinished := Unfinished(dir); {
	case unfinished && err != nil:
		r := &Verification{}
		r.add(flash.Error, flash.MarkerName, "the folder was never finished: split the dump again")
		return r, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("split: %s: no %s: %w", dir, flash.ManifestName, ErrNoFolder)
	case err != nil:
		return nil, err
	case unfinished:
		opt.doubts.Add(flash.Error, flash.MarkerName, "the folder was not finished, or is being written")
	}
	return VerifyFiles(ctx, m, diskFiles(dir), opt)
}

// VerifyFiles is Verify for the files of a folder, with their manifest. With more than one worker,
// files is used by several goroutines. The error is that of ctx.
func VerifyFiles(ctx context.Context, m *flash.Manifest, files Files, opt VerifyOptions) (*Verification, error) {
	r := &Verification{Problems: opt.doubts, Manifest: m, Partial: !m.Complete || !m.Covers()}
	switch {
	case r.Partial && m.Kind == flash.KindDump:
		r.add(flash.Warning, flash.ManifestName, "the dump is not complete")
	case m.IsPart():
		r.add(flash.Warning, flash.ManifestName, "the folder contains only a part of the dump"+skipped(m))
	}
	r.Problems = append(r.Problems, m.Missing()...)
	told := toldOf(m)
	r.Problems = append(r.Problems, told...)
	r.Damaged = m.Kind != flash.KindDump && len(told) > 0
	if i := slices.IndexFunc(m.Entries, func(e flash.ManifestEntry) bool { return m.State(&e) == flash.StateSealed }); i >= 0 {
		r.add(flash.Note, m.Entries[i].File, "is encrypted, and other files may be: it is proven that they are as they were packed, not that a key opens them")
	}
	r.Problems = append(r.Problems, m.Contradictions()...)
	if err := r.files(ctx, files, opt); err != nil {
		return nil, err
	}
	if err := r.overlaps(ctx, files); err != nil {
		return nil, err
	}
	if !opt.NoSums {
		r.Problems = append(r.Problems, checkSums(m, files)...)
	}
	r.unlisted(files)
	r.OK = flash.Worst(r.Problems) < flash.Error
	return r, nil
}

// Changed is in the text of the problem of a folder whose bytes differ from its manifest. A
// mover that copies them notes it in the manifest of the copy.
const Changed = "has changed since it was written"

// toldOf returns the problems of a manifest that are still valid: for the dump of a phone all
// warnings, for a folder made from a dump only that the dump had changed, as a warning. Damaged
// tables of the dump are no fault of the folder, which has the same bytes.
func toldOf(m *flash.Manifest) (out []flash.Problem) {
	for _, p := range m.Problems {
		switch {
		case m.Kind == flash.KindDump && p.Severity == flash.Warning:
		case m.Kind != flash.KindDump && p.Severity == flash.Error && strings.Contains(p.Text, Changed):
			p.Severity = flash.Warning
		default:
			continue
		}
		out = append(out, p)
	}
	return out
}

// overlaps compares the files of entries that overlap.
func (r *Verification) overlaps(ctx context.Context, files Files) error {
	found, err := CompareOverlaps(ctx, r.Manifest, files)
	r.Problems = append(r.Problems, found...)
	return err
}

func (r *Verification) add(s flash.Severity, place, text string) {
	r.Problems.Add(s, place, "%s", text)
}

// files checks every file that the manifest lists.
func (r *Verification) files(ctx context.Context, files Files, opt VerifyOptions) error {
	var total int64
	costs := make([]int64, len(r.Manifest.Files))
	for i, f := range r.Manifest.Files {
		costs[i] = f.Size
		total += f.Size
	}
	m := newMeter("verify", total, opt.Progress)
	verdicts := make([]flash.Problem, len(costs))
	err := runJobs(ctx, costs, opt.Workers, func(ctx context.Context, j job, buf []byte) error {
		f := r.Manifest.Files[j.index]
		t := m.task(f.Name, f.Size)
		severity, text := verifyFile(ctx, files, f, j.beside, buf, t)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		t.end()
		verdicts[j.index] = flash.NewProblem(severity, f.Name, flash.NoOffset, "%s", text)
		return nil
	})
	if err != nil {
		return fmt.Errorf("split: %w", err)
	}
	r.Files, r.Bytes = len(costs), total
	for i, p := range verdicts {
		switch {
		case p.Text != "":
			r.Problems = append(r.Problems, p)
		case r.Manifest.Files[i].SHA256 == "":
			r.Unproven++
		}
	}
	if r.Unproven > 0 {
		r.add(flash.Warning, flash.ManifestName, fmt.Sprintf("%d of %d files have no hash: only their sizes were compared", r.Unproven, r.Files))
	}
	return nil
}

// verifyFile checks one file; an empty text means that it is right.
func verifyFile(ctx context.Context, files Files, f flash.ManifestFile, aside bool, buf []byte, t *task) (flash.Severity, string) {
	p, err := files.Open(f.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return flash.Error, "is missing"
	}
	if err != nil {
		return flash.Error, err.Error()
	}
	defer p.Close()
	switch {
	case p.Size() < f.Size:
		return flash.Error, fmt.Sprintf("is cut: it has 0x%x of 0x%x bytes", p.Size(), f.Size)
	case p.Size() > f.Size:
		return flash.Error, fmt.Sprintf("has grown: it has 0x%x bytes, it had 0x%x", p.Size(), f.Size)
	case f.SHA256 == "":
		return flash.Note, ""
	}
	m := mover{ctx: ctx, src: p, sum: newSum(t), beside: aside, buf: buf}
	if err := m.read(); err != nil {
		return flash.Error, err.Error()
	}
	got, err := m.sum.hex(ctx)
	switch {
	case err != nil:
		return flash.Error, err.Error()
	case got != f.SHA256:
		return flash.Error, fmt.Sprintf("has changed: its sha-256 is %s, it was %s", got, f.SHA256)
	}
	return flash.Note, ""
}

// Sum returns the SHA-256 of an image, in hex. It does not read holes. Name is used in progress
// events.
func Sum(ctx context.Context, name string, img flash.Image, progress func(flash.Event)) (string, error) {
	t := newMeter("verify", img.Size(), progress).task(name, img.Size())
	m := mover{ctx: ctx, src: img, sum: newSum(t), beside: true, buf: make([]byte, blockSize)}
	if err := m.read(); err != nil {
		return "", fmt.Errorf("split: %s: %w", name, err)
	}
	t.end()
	return m.sum.hex(ctx)
}

// unlisted notes files that are in no list: they are not damage, but nothing proves them.
func (r *Verification) unlisted(files Files) {
	entries, err := files.Names()
	if err != nil {
		r.add(flash.Error, flash.ManifestName, err.Error())
		return
	}
	known := map[string]bool{flash.ManifestName: true, flash.SumsName: true, flash.MarkerName: true,
		flash.DraftName: r.Manifest.Kind == flash.KindArchive}
	for _, f := range r.Manifest.Files {
		first, _, _ := strings.Cut(f.Name, "/")
		known[first] = true
	}
	if r.Manifest.Kind == flash.KindDump { // files made from a dump may be beside it, and the phone's own lists are
		for _, name := range []string{"parts", "blocks.html", "dumchar_info.txt", "partitions.txt"} {
			known[name] = true
		}
	}
	var names []string
	for _, name := range entries {
		if !known[name] {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		slices.Sort(names)
		r.add(flash.Note, names[0], fmt.Sprintf("does not belong to this folder (%d such files: %s)", len(names), strings.Join(names[:min(len(names), 5)], ", ")))
	}
}
