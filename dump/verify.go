package dump

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/mtkkit/mtkkit/acquire"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/image/avb"
	"github.com/mtkkit/mtkkit/layout"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/split"
)

// State is what a verification says in one word.
type State string

// The states, the best first.
const (
	Complete State = "complete" // all of it is there, and as it was written
	Changed  State = "changed"  // verified boot does not know all of it
	Damaged  State = "damaged"  // it is as it was written, but what it was made of was not sound; a dump is short, or its tables do not hold
	Partial  State = "partial"  // what is there is as it was written, but not all of the dump is there
	Unproven State = "unproven" // some files have no hash that could prove them
	Broken   State = "broken"   // it is not what was written
)

// Verdict is what a verification of a folder or a dump found.
type Verdict struct {
	Path     string
	State    State
	Problems []flash.Problem

	Proven     bool              // by the hashes of a manifest; else by the dump's own tables alone
	Files      int               // of a folder
	NoHash     int               // files without a hash
	Bytes      int64             // of all files
	Mixed      bool              // the parts may be of two phones
	Unsound    bool              // what a folder was made of was not sound
	Unfinished bool              // a dump that was left before its end
	SizeKnown  bool              // its table states how large the device is
	Missing    []layout.Range    // what is still to be read from the phone
	Boot       *avb.Verification // what verified boot says of the partitions, nil where it was not asked
	BootDiffer bool              // and that contradicts them
}

// Verify judges a parts folder or a dump folder by the hashes of its manifest, and any other
// dump by its own tables. The options are those of Open.
func Verify(ctx context.Context, path string, opt Options) (*Verdict, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	v := &verification{ctx: ctx, opt: opt, Verdict: Verdict{Path: path, State: Complete}}
	if st.IsDir() {
		err = v.folder()
	} else {
		err = v.dump()
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
	if errors.Is(err, split.ErrNoFolder) && isUnfinished(v.Path) {
		return v.dump()
	}
	if err != nil {
		return notBegun(fmt.Errorf("%s: %w", v.Path, err), v.Path)
	}
	if err := v.addUnread(r); err != nil {
		return err
	}
	v.Path, v.Proven, v.Problems = filepath.Clean(v.Path), true, r.Problems
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
	if r.Manifest == nil || r.Manifest.Kind != flash.KindParts && r.Manifest.Kind != flash.KindDump {
		return nil
	}
	d, err := Open(v.ctx, v.Path, v.opt)
	if errors.Is(err, layout.ErrNoTable) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	if err := v.boot(d); err == nil && v.BootDiffer {
		v.State = Changed
	}
	return err
}

// Mixed reports whether nobody knows that a dump is of one phone.
func Mixed(m *flash.Manifest) bool {
	return m != nil && slices.ContainsFunc(m.Problems, func(p flash.Problem) bool { return p.Text == acquire.Unproven })
}

// isUnfinished reports whether a folder is a dump that is still to be read on.
func isUnfinished(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, flash.ManifestName+".part"))
	return err == nil
}

// addUnread names what the dump lacks, by the partitions it has.
func (v *verification) addUnread(r *split.Verification) error {
	if r.Manifest == nil || len(r.Manifest.Missing()) == 0 {
		return nil
	}
	d, err := Open(v.ctx, v.Path, v.opt)
	if errors.Is(err, layout.ErrNoTable) {
		r.Problems = append(r.Problems, Unread(r.Manifest)...)
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	lacking := r.Manifest.Missing()
	r.Problems = slices.DeleteFunc(r.Problems, func(p flash.Problem) bool { return slices.Contains(lacking, p) })
	for _, p := range d.Layout.Problems {
		if p.Severity == flash.Error {
			r.Problems = slices.DeleteFunc(r.Problems, func(q flash.Problem) bool { return q.Text == p.Text }) // as it was said when the folder was made
			r.Problems = append(r.Problems, p)
		}
	}
	return nil
}

// dump judges a dump by its own tables: nothing else can be known of it.
func (v *verification) dump() error {
	d, err := Open(v.ctx, v.Path, v.opt)
	if err != nil {
		return err
	}
	defer d.Close()
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
	if err := v.boot(d); err != nil {
		return err
	}
	if v.BootDiffer && v.State == Complete {
		v.State = Changed
	}
	return d.Check()
}

// boot adds what verified boot says.
func (v *verification) boot(d *Dump) error {
	r, err := d.Boot(v.ctx)
	if err != nil {
		return err
	}
	v.Boot, v.BootDiffer = r, flash.Worst(r.Problems) > flash.Note
	v.Problems = append(v.Problems, r.Problems...)
	return nil
}
