package archive

import (
	"context"
	"errors"
	"fmt"

	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/source"
	"github.com/mtkkit/mtkkit/split"
)

// PullOptions says what is pulled, and where to.
type PullOptions struct {
	From        oci.Ref     // with a tag
	Store       oci.Options // how the store is reached
	Output      string      // folder; with Dump a file, or a folder of regions
	Tool        string      // name and version of the program, for records
	Dump        bool        // write the dump itself, not its parts
	AcceptGuess bool        // without Dump: allow partitions that were guessed from the content
	WithKey     bool        // refuse to pull without the private files

	Force    bool // replace what an earlier run wrote to the folder
	NoHoles  bool // write zeros as zeros
	Progress func(flash.Event)
}

// Pulled describes a backup that was pulled.
type Pulled struct {
	*Restored                 // with Dump; else nil
	Record    *flash.Manifest // of the parts folder; with Dump that of the backup
	Problems  []flash.Problem // of what was written, with and without Dump
	Locked    error           // why the private files were not pulled; nil if all were
}

// Pull writes the parts folder that was pushed, or with Dump the original dump. If the pull of a
// parts folder fails, the same call resumes it: the error is a *ResumableError.
func Pull(ctx context.Context, opt PullOptions) (*Pulled, error) {
	repo, err := oci.Open(opt.From, opt.Store)
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	b, err := repo.Open(ctx, opt.From.Tag)
	if err != nil {
		return nil, err
	}
	if b.Locked != nil && opt.WithKey {
		return nil, refuse(flash.ReasonEncrypted, opt.From.String(), "its private files stay encrypted: %v", b.Locked)
	}
	if opt.Dump {
		return pullDump(ctx, opt, b)
	}
	return pullParts(ctx, opt, b)
}

// pullParts writes the parts folder.
func pullParts(ctx context.Context, opt PullOptions, b *oci.Backup) (*Pulled, error) {
	if !opt.AcceptGuess {
		if err := dump.RefuseGuess(opt.From.String(), b.Manifest); err != nil {
			return nil, err
		}
	}
	b.Manifest.Whole = false // encrypted files are not pulled
	o := split.Options{Force: opt.Force, NoHoles: opt.NoHoles, Resume: true, Progress: opt.Progress}
	if opt.From.Layout != "" {
		o.Inputs = []string{opt.From.Layout}
	}
	folder, err := split.Create(ctx, opt.Output, b.Outputs, nil, o)
	if err != nil {
		return nil, err
	}
	results, err := folder.Copy(ctx)
	if err == nil {
		err = b.Check(filesOf(results))
	}
	if err == nil {
		err = folder.Finish(b.Manifest)
	}
	if err != nil {
		folder.Leave()
		return nil, &ResumableError{err}
	}
	doubts, err := folderDoubts(ctx, opt.Output)
	if err != nil {
		return nil, err
	}
	return &Pulled{Record: b.Manifest, Problems: added(added(recorded(b.Manifest, false), b.Problems), doubts), Locked: b.Locked}, nil
}

// pullDump writes the original files of the dump, as Restore does from an archive.
func pullDump(ctx context.Context, opt PullOptions, b *oci.Backup) (*Pulled, error) {
	switch {
	case b.Locked != nil:
		return nil, fmt.Errorf("%s: the private files of the dump cannot be read: %w", opt.From, b.Locked)
	case b.Manifest.LeavesOut():
		return nil, refuse(flash.ReasonPartial, opt.From.String(), "contains only a part of the dump")
	}
	src, err := source.FromBackup(ctx, opt.From.String(), b)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	r := &restoring{path: opt.From.Layout, record: b.Manifest,
		RestoreOptions: RestoreOptions{Output: opt.Output, Tool: opt.Tool, Force: opt.Force, NoHoles: opt.NoHoles, Progress: opt.Progress}}
	done, err := r.dump(ctx, src)
	if err != nil {
		return nil, err
	}
	return &Pulled{Restored: done, Record: b.Manifest, Problems: done.Problems}, nil
}

// StoreVerdict is the result of VerifyStore.
type StoreVerdict struct {
	Verdict
	Blobs  int   // number of encrypted blobs that are as they were pushed and were not decrypted
	Opened error // why no key opens these; nil if everything was read
	First  error // the first loss; nil for none
}

// VerifyStore reads all of a backup in a store and proves it. Of blobs that no key opens, it proves
// that they are as they were pushed.
func VerifyStore(ctx context.Context, ref oci.Ref, opt oci.Options) (*StoreVerdict, error) {
	repo, err := oci.Open(ref, opt)
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	b, err := repo.Open(ctx, ref.Tag)
	if errors.Is(err, seal.ErrKey) {
		b, err = repo.OpenSealed(ctx, ref.Tag)
	}
	if err != nil {
		return nil, err
	}
	err = b.Verify(ctx, opt.Progress)
	if ctx.Err() != nil {
		return nil, err
	}
	doubts, end := storeDoubts(ctx, ref.String(), b)
	if end != nil {
		return nil, end
	}
	v := &StoreVerdict{Opened: b.Locked}
	v.State, v.Files, v.Problems = Complete, len(b.Outputs), b.Manifest.Problems
	if err != nil || len(doubts) > 0 {
		v.State = Broken
		for _, e := range each(err) {
			v.Problems = append(v.Problems, flash.NewProblem(flash.Error, ref.Tag, flash.NoOffset, "%v", e))
		}
		v.Problems = added(v.Problems, doubts)
		v.First = append(each(err), firstDoubt(doubts))[0]
		return v, nil
	}
	for _, o := range b.Outputs {
		v.Bytes += o.Image.Size()
	}
	if b.Locked != nil {
		v.State, v.Blobs = Unchanged, b.Blobs()
	}
	// Without the key, a backup that is completely encrypted has no record.
	if m := b.Manifest; len(m.Sources) > 0 && !m.Complete && !m.Whole || b.Locked == nil && !m.Complete {
		v.State = Partial
	}
	return v, nil
}

// firstDoubt returns the first problem as an error, nil if there is none.
func firstDoubt(ps []flash.Problem) error {
	if len(ps) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", oci.ErrContradiction, ps[0])
}

// each returns the errors of a joined error.
func each(err error) []error {
	if err == nil {
		return nil
	}
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		return j.Unwrap()
	}
	return []error{err}
}
