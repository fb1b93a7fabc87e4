package archive

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/split"
)

// VerifyOptions says how an archive is verified.
type VerifyOptions struct {
	Keys     func() ([]seal.Key, error) // keys for encrypted files; nil for no key
	TryKeys  bool                       // also open and read the encrypted private files
	Progress func(flash.Event)          // nil for none
}

// State is the result of a verification.
type State string

// The values of State.
const (
	Complete  State = "complete"  // every byte is as it was packed, and the archive has all of the dump
	Unchanged State = "unchanged" // of a backup in a store: every byte is as it was pushed, but some cannot be decrypted
	Partial   State = "partial"   // every byte is as it was packed, but the archive does not have all of the dump
	Broken    State = "broken"    // bytes are lost; the problems name them
)

// Verdict is the result of Verify.
type Verdict struct {
	State    State
	Files    int
	Bytes    int64           // of the files, unpacked
	Problems []flash.Problem // losses, and the problems of the dump without its notes
	Locked   LockedFiles
}

// LockedFiles counts the private files of an archive that are encrypted separately.
type LockedFiles struct {
	All    int
	Opened int // opened and read to the end
	Kept   int // no key at hand opens them
}

// Verify reads all of an archive and proves every byte. It writes nothing. The error is that of
// Open or of ctx; damage is in the verdict.
func Verify(ctx context.Context, path string, opt VerifyOptions) (*Verdict, error) {
	a, err := Open(ctx, path, opt.Keys)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	return a.Verify(ctx, opt)
}

// Verify is the function Verify for an opened archive, with the keys that opened it.
func (a *Archive) Verify(ctx context.Context, opt VerifyOptions) (*Verdict, error) {
	r, err := a.Archive.Verify(ctx, backup.VerifyOptions{Progress: opt.Progress})
	if err != nil {
		return nil, err
	}
	v := &Verdict{State: Broken, Files: r.Members, Bytes: r.Bytes, Problems: r.Problems}
	doubts, err := a.doubts(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range doubts {
		if !slices.ContainsFunc(v.Problems, func(q flash.Problem) bool { return q.Text == p.Text }) { // with another name of the archive
			v.Problems = append(v.Problems, p)
		}
	}
	if !r.OK || len(doubts) > 0 {
		return v, nil
	}
	m, err := a.Record()
	if err != nil {
		return nil, err
	}
	if m == nil {
		v.Problems = append(v.Problems, flash.NewProblem(flash.Error, flash.ManifestName, flash.NoOffset, "is not in the archive: nothing says what its files are"))
		return v, nil
	}
	if v.State = Complete; !m.Complete {
		v.State = Partial
	}
	if err := a.proveLocked(ctx, v, m, opt); err != nil {
		return nil, err
	}
	v.Problems = added(v.Problems, added(flash.AtLeast(flash.Warning, m.Problems), dump.TellGuess(m)))
	return v, nil
}

// proveLocked tries the keys on the encrypted files, and reads all files that they open.
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
