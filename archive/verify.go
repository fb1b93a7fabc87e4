package archive

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/split"
)

// VerifyOptions say how an archive is verified.
type VerifyOptions struct {
	Keys     func() ([]seal.Key, error) // opens what is encrypted; nil for no key
	TryKeys  bool                       // open and read the private files that are encrypted, too
	Progress func(flash.Event)          // nil for none
}

// State is what a verification came to.
type State string

// The states.
const (
	Complete  State = "complete"  // every byte is as it was packed, and all of the dump is in it
	Unchanged State = "unchanged" // of a backup in a store: every byte is as it was pushed, and some cannot be read
	Partial   State = "partial"   // every byte is as it was packed, but not all of the dump is in it
	Broken    State = "broken"    // what the problems name is lost
)

// Verdict is what a verification found.
type Verdict struct {
	State    State
	Files    int
	Bytes    int64           // of the files, unpacked
	Problems []flash.Problem // what is lost; and what was wrong with the dump, but for notes
	Locked   LockedFiles
}

// LockedFiles are the private files of an archive that are encrypted by themselves.
type LockedFiles struct {
	All    int
	Opened int // and read to the end
	Kept   int // no key at hand opens them
}

// Verify reads all of an archive and proves every byte of it; nothing is written. The
// error is that of Open or of ctx; what is damaged is in the verdict.
func Verify(ctx context.Context, path string, opt VerifyOptions) (*Verdict, error) {
	a, err := Open(ctx, path, opt.Keys)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	return a.Verify(ctx, opt)
}

// Verify is Verify for an opened archive, which has its keys.
func (a *Archive) Verify(ctx context.Context, opt VerifyOptions) (*Verdict, error) {
	r, err := a.Archive.Verify(ctx, backup.VerifyOptions{Progress: opt.Progress})
	if err != nil {
		return nil, err
	}
	v := &Verdict{State: Broken, Files: r.Members, Bytes: r.Bytes, Problems: r.Problems}
	if !r.OK {
		return v, nil
	}
	m, err := a.Record()
	if err != nil {
		return nil, err
	}
	if v.State = Complete; m != nil && !m.Complete {
		v.State = Partial
	}
	if m == nil {
		m = &flash.Manifest{}
	}
	if err := a.proveLocked(ctx, v, m, opt); err != nil {
		return nil, err
	}
	v.Problems = append(v.Problems, slices.DeleteFunc(slices.Clone(m.Problems), func(p flash.Problem) bool { return p.Severity == flash.Note })...)
	return v, nil
}

// proveLocked tries the keys on what is locked, and reads all that they open.
func (a *Archive) proveLocked(ctx context.Context, v *Verdict, m *flash.Manifest, opt VerifyOptions) error {
	u := &unlocking{a: a, lost: func(string, flash.Extent, error) {}}
	defer u.close()
	members := a.Members()
	for i := range members {
		f := &members[i]
		if !strings.HasSuffix(f.Name, LockedEnding) {
			continue
		}
		if v.Locked.All++; !opt.TryKeys {
			continue
		}
		keys, err := a.keys()
		if err != nil {
			return err
		}
		plain, err := u.open(ctx, m, f, keys)
		if err == nil {
			_, err = split.Sum(ctx, f.Name, plain, opt.Progress)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			v.Locked.Opened++
		case errors.Is(err, seal.ErrKey):
			v.Locked.Kept++
		default:
			v.Problems = append(v.Problems, flash.NewProblem(flash.Error, f.Name, flash.NoOffset, "is as it was packed, but not all of it can be read: %v", err))
		}
	}
	return nil
}
