package dump

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
)

// State is the result of a verification in one word.
type State string

// The values of State, the best first.
const (
	Complete State = "complete" // all of it is there and as it was written
	Changed  State = "changed"  // some of it contradicts verified boot
	Damaged  State = "damaged"  // it is as it was written, but its source had problems; or a dump is short, or its tables are damaged
	Partial  State = "partial"  // everything there is as it was written, but it is not all of the dump
	Unproven State = "unproven" // some files have no hash that could prove them
	Broken   State = "broken"   // it differs from what was written
)

// Verdict is the result of a verification of a folder or a dump.
type Verdict struct {
	Path     string
	State    State
	Problems []flash.Problem

	Proven     bool              // proven by the hashes of a manifest; otherwise only checked by the dump's own tables
	Files      int               // number of files of a folder
	NoHash     int               // number of files without a hash
	Bytes      int64             // of all files
	Mixed      bool              // the parts may be of two phones
	Unsound    bool              // the source of the folder had problems
	Unfinished bool              // the reading of the dump was not finished
	SizeKnown  bool              // its table states the size of the device
	Images     int               // number of images of a firmware package; 0 for anything else
	Summed     int               // how many of them have the SHA-256 that the package states
	Missing    []layout.Range    // what is still to be read from the phone
	Boot       *avb.Verification // result of verified boot; nil if it was not checked
	BootDiffer bool              // verified boot contradicts the partitions
}

// Verify checks a parts folder, a dump folder, a zip of one, an archive or a backup in a store
// against the hashes of its manifest, and any other dump by its own tables. The options are those
// of Open.
func Verify(ctx context.Context, path string, opt Options) (*Verdict, error) {
	if ref, err := oci.ParseRef(path); err == nil && ref.Layout != "" && ref.Tag == "" {
		return nil, &source.NoTagError{Store: path}
	}
	v := &verification{ctx: ctx, opt: opt, Verdict: Verdict{Path: path, State: Complete}}
	st, err := os.Stat(path)
	switch {
	case err != nil && !oci.IsLayout(path):
		return nil, err
	case err == nil && st.IsDir():
		err = v.folder()
	default:
		err = v.file()
	}
	if err != nil {
		return nil, err
	}
	return &v.Verdict, nil
}

type verification struct {
	Verdict
	ctx context.Context
	opt Options
}

// folder proves a folder by the hashes in its manifest.
func (v *verification) folder() error {
	r, err := split.Verify(v.ctx, v.Path, split.VerifyOptions{Progress: v.opt.Progress})
	if errors.Is(err, split.ErrNoFolder) {
		return v.withoutManifest(fmt.Errorf("%s: %w", v.Path, err))
	}
	if err != nil {
		return notBegun(fmt.Errorf("%s: %w", v.Path, err), v.Path)
	}
	d, err := v.reopen(r)
	if err != nil {
		return err
	}
	if d != nil {
		defer d.Close()
		addOpened(r, d.Source, flash.Error) // warnings are about files beside the dump's own
	}
	v.Path = filepath.Clean(v.Path)
	return v.proven(r, d)
}

// withoutManifest checks a folder without a manifest: an unfinished dump, or the files of another tool.
// None is the error for a folder that is no dump at all.
func (v *verification) withoutManifest(none error) error {
	if isUnfinished(v.Path) {
		return v.dump()
	}
	err := v.file()
	if errors.As(err, new(*source.UnreadableError)) {
		return notBegun(none, v.Path)
	}
	return err
}

// reopen opens a folder that was verified as a dump. It returns nil if it is none, and if its
// files are not as they were: then nothing in them can be trusted.
func (v *verification) reopen(r *split.Verification) (*Dump, error) {
	if m := r.Manifest; m == nil || m.Kind != flash.KindParts && m.Kind != flash.KindDump {
		return nil, nil
	}
	d, err := Open(v.ctx, v.Path, v.opt)
	if errors.Is(err, layout.ErrNoTable) || err != nil && !r.OK {
		return nil, v.ctx.Err()
	}
	return d, err
}

// file proves a packed folder by the hashes in its manifest. A file without a manifest is checked
// by its own tables.
func (v *verification) file() error {
	d, err := Open(v.ctx, v.Path, v.opt)
	if errors.Is(err, layout.ErrNoTable) {
		return v.withoutTable(err)
	}
	if err != nil {
		return err
	}
	defer d.Close()
	if d.Source.Record == nil {
		return v.tables(d)
	}
	r, err := v.record(d.Source)
	if err != nil {
		return err
	}
	return v.proven(r, d)
}

// withoutTable proves a packed folder that has only some partitions, and so no table. Err is the
// error of opening it.
func (v *verification) withoutTable(err error) error {
	src, again := OpenBytes(v.ctx, []string{v.Path}, v.opt)
	if again != nil {
		return err
	}
	defer src.Close()
	if src.Record == nil {
		return err
	}
	r, err := v.record(src)
	if err != nil {
		return err
	}
	return v.proven(r, nil)
}

// record compares the files of a source with the hashes of its manifest.
func (v *verification) record(src *source.Source) (*split.Verification, error) {
	r, err := split.VerifyFiles(v.ctx, src.Record, src.RecordFiles(v.ctx), split.VerifyOptions{Workers: 1, NoSums: src.Proves, Progress: v.opt.Progress})
	if err != nil {
		return nil, err
	}
	addOpened(r, src, flash.Warning)
	return r, nil
}

// addOpened adds the problems of a severity and above that were found when the source was opened, unless a problem that is
// as bad is known of the same place. Partitions that were left out by choice, and encrypted files without
// a key, are not damaged.
func addOpened(r *split.Verification, src *source.Source, from flash.Severity) {
	for _, p := range src.Problems {
		if p.Severity >= from && !withheld(src.Record, &p) &&
			!slices.ContainsFunc(r.Problems, func(q flash.Problem) bool { return q.Place == p.Place && q.Severity >= p.Severity }) {
			r.Problems = append(r.Problems, p)
		}
	}
	r.OK = r.OK && flash.Worst(r.Problems) < flash.Error
}

// withheld reports whether a problem says that the bytes of an entry are not in the files in the clear,
// and the record says so, too.
func withheld(m *flash.Manifest, p *flash.Problem) bool {
	return m != nil && slices.ContainsFunc(m.Entries, func(e flash.ManifestEntry) bool {
		if e.Name != p.Place {
			return false
		}
		switch m.State(&e) {
		case flash.StateSkipped:
			return strings.HasPrefix(p.Text, source.LeftOut)
		case flash.StateSealed:
			return strings.HasSuffix(p.Text, seal.ErrKey.Error())
		}
		return false
	})
}

// proven makes the verdict on a folder whose files were compared with their hashes. D is the folder
// as a dump, nil if it is none.
func (v *verification) proven(r *split.Verification, d *Dump) error {
	addUnread(r, d)
	if d != nil {
		wrong := d.misplaced()
		r.Problems, r.OK = append(r.Problems, wrong...), r.OK && len(wrong) == 0
	}
	v.Proven, v.Problems = true, r.Problems
	v.Files, v.Bytes, v.NoHash, v.Unsound = r.Files, r.Bytes, r.Unproven, r.Damaged
	switch {
	case !r.OK:
		v.State = Broken
		return nil
	case r.Partial:
		v.State, v.Mixed = Partial, Mixed(r.Manifest)
		return nil
	case r.Unproven > 0:
		v.State = Unproven
		return nil
	case r.Damaged:
		v.State = Damaged
	}
	if d == nil {
		return nil
	}
	if shipped := slices.Concat(TellGuess(r.Manifest), d.shipped()); len(shipped) > 0 {
		v.State, v.Unsound, v.Problems = Damaged, true, append(v.Problems, shipped...)
	}
	err := v.boot(d)
	if err == nil && v.BootDiffer {
		v.State = Changed
	}
	return err
}

// Mixed reports whether it is unknown that all of a dump comes from one phone.
func Mixed(m *flash.Manifest) bool {
	return m != nil && slices.ContainsFunc(m.Problems, func(p flash.Problem) bool { return p.Text == acquire.Unproven })
}

// isUnfinished reports whether a folder is a dump that can be resumed.
func isUnfinished(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, flash.ManifestName+".part"))
	return err == nil
}

// addUnread lists the unread bytes of the dump with the names of their partitions.
func addUnread(r *split.Verification, d *Dump) {
	if r.Manifest == nil || len(r.Manifest.Missing()) == 0 {
		return
	}
	if d == nil {
		r.Problems = append(r.Problems, Unread(r.Manifest)...)
		return
	}
	lacking := r.Manifest.Missing()
	r.Problems = slices.DeleteFunc(r.Problems, func(p flash.Problem) bool { return slices.Contains(lacking, p) })
	for _, p := range d.Layout.Problems {
		if p.Severity == flash.Error {
			r.Problems = slices.DeleteFunc(r.Problems, func(q flash.Problem) bool { return q.Text == p.Text }) // a problem that the manifest already has
			r.Problems = append(r.Problems, p)
		}
	}
}

// dump checks a dump by its own tables; there are no hashes.
func (v *verification) dump() error {
	d, err := Open(v.ctx, v.Path, v.opt)
	if err != nil {
		return err
	}
	defer d.Close()
	return v.tables(d)
}

// tables checks an opened dump by its own tables.
func (v *verification) tables(d *Dump) error {
	p, err := d.Plan(plan.Wishes{})
	if err != nil {
		return err
	}
	v.Problems, v.Missing, v.SizeKnown = p.Problems, d.Layout.Missing, d.Layout.DeviceSize > 0
	if flash.Worst(v.Problems) > flash.Note {
		v.State = Damaged
	}
	if v.Unfinished = d.Source.Unfinished; v.Unfinished {
		changed, err := d.Proven(v.ctx)
		if err != nil {
			return err
		}
		if len(changed) > 0 {
			v.State, v.Problems = Broken, append(v.Problems, changed...)
			return nil
		}
	}
	if err := v.images(d); err != nil {
		return err
	}
	if err := v.boot(d); err != nil {
		return err
	}
	if v.BootDiffer && v.State == Complete {
		v.State = Changed
	}
	return d.Check()
}

// boot adds the result of verified boot.
func (v *verification) boot(d *Dump) error {
	r, err := d.Boot(v.ctx)
	if err != nil {
		return err
	}
	v.Boot, v.BootDiffer = r, flash.Worst(r.Problems) > flash.Note
	v.Problems = append(v.Problems, r.Problems...)
	return nil
}
