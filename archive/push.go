package archive

import (
	"context"
	"errors"
	"time"

	"github.com/mtkkit/mtkkit/backup/oci"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/scatter"
)

// PushOptions says what is pushed where, and who can read it.
type PushOptions struct {
	Path  string       // dump, archive or parts folder
	Dump  *dump.Dump   // the dump at Path if it is already open (it stays open); nil to open it
	Open  dump.Options // how Path is opened
	To    oci.Ref      // with a tag
	Store oci.Options  // how the store is reached

	Encrypt        []seal.Recipient // only they can read the backup; empty: everybody who can read the store
	EncryptPrivate []seal.Recipient // only they can read the private files in it

	AcceptGuess bool // allow partitions that are guessed from the content, because the dump has no table

	Level   int       // of zstd, 1 to 19; 0: oci.DefaultLevel
	Replace bool      // the tag may exist
	Now     time.Time // date of the backup; zero: now
}

// Pushed describes a backup that was pushed.
type Pushed struct {
	oci.Stats
	Record   *flash.Manifest
	Identity plan.Identity // of a dump: files that contain, or may contain, the phone's identity
	Folder   bool          // a parts folder was pushed as it is; it contains the phone's identity
	Locked   int           // number of files in that folder that were already encrypted and stay so
}

// IsParts reports whether path is a folder that split has written, finished or not. Push takes
// it as it is. A manifest that is a link out of the folder counts: the error comes when the
// folder is opened.
func IsParts(path string) bool {
	f, err := disk.OpenInFolder(path, flash.ManifestName)
	if err != nil {
		return errors.As(err, new(*disk.KindError))
	}
	defer f.Close()
	m, err := flash.ReadManifest(f)
	if err != nil { // a damaged manifest is an error when the folder is opened
		return !errors.Is(err, flash.ErrNotThis)
	}
	return m.Kind == flash.KindParts
}

// pushing is one push: the files and their record.
type pushing struct {
	files   []oci.File
	record  *flash.Manifest
	scatter string     // name of the scatter file, "" if it is one of the files
	text    []byte     // of the scatter file
	source  *dump.Dump // the dump of the files; nil for a parts folder
	close   func() error
	made    *Pushed
}

// Push stores a dump, split as Create does, or a parts folder as it is, as a backup in a store.
// Data that the store already has are not sent. A *ResumableError is a failure after which the
// same call resumes the push.
func Push(ctx context.Context, opt PushOptions) (*Pushed, error) {
	if opt.Encrypt != nil && opt.EncryptPrivate != nil {
		return nil, &OptionsError{"an encrypted backup has no unencrypted private files that could be encrypted"}
	}
	if opt.Now.IsZero() {
		opt.Now = time.Now()
	}
	p, err := openPushed(ctx, &opt)
	if err != nil {
		return nil, err
	}
	defer p.close()
	if err := oci.Fits(opt.To, p.files); err != nil { // before a folder is made
		return nil, err
	}
	opt.Store.Write = true
	repo, err := oci.Open(opt.To, opt.Store)
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	up, err := repo.Create(ctx, opt.To.Tag, p.files, oci.PushOptions{
		Level: opt.Level, Replace: opt.Replace, Now: opt.Now,
		Readers: append(opt.Encrypt, opt.EncryptPrivate...), Everything: opt.Encrypt != nil,
	})
	if err != nil {
		return nil, err
	}
	if err := p.send(ctx, up); err != nil {
		return nil, &ResumableError{err}
	}
	return p.made, nil
}

// send sends the files, and their record last.
func (p *pushing) send(ctx context.Context, up *oci.Upload) error {
	written, err := up.Copy(ctx)
	if err == nil {
		err = unchanged(ctx, p.source, p.record, written)
	}
	if err == nil && p.scatter != "" {
		err = up.WriteFile(ctx, p.scatter, p.text)
	}
	if err == nil {
		p.made.Stats, err = up.Finish(ctx, p.record)
	}
	return err
}

// openPushed opens a parts folder as it is, or a dump that is split during the push.
func openPushed(ctx context.Context, opt *PushOptions) (p *pushing, err error) {
	if opt.Dump == nil && IsParts(opt.Path) {
		return openPushedFolder(ctx, opt.Path, opt.AcceptGuess)
	}
	d, done := opt.Dump, func() error { return nil }
	if d == nil {
		if d, err = dump.Open(ctx, opt.Path, opt.Open); err != nil {
			return nil, err
		}
		done = d.Close
	}
	refused := d.RefusePackage(dump.NoBackup)
	if refused == nil && !opt.AcceptGuess {
		refused = d.RefuseGuess()
	}
	if refused != nil {
		return nil, errors.Join(refused, done())
	}
	made, err := d.Plan(plan.Wishes{})
	if err != nil {
		return nil, errors.Join(err, done())
	}
	p = &pushing{record: d.Record(made), source: d, close: done, scatter: made.ScatterName, text: made.Scatter()}
	p.made = &Pushed{Record: p.record, Identity: made.Identity()}
	p.add(made.Outputs(), nil)
	return p, nil
}

func openPushedFolder(ctx context.Context, path string, acceptGuess bool) (*pushing, error) {
	o, err := dump.OpenFolder(ctx, path)
	if err != nil {
		return nil, err
	}
	refused := dump.RefusePackage(path, o.Manifest, dump.NoBackup)
	if refused == nil && !acceptGuess {
		refused = dump.RefuseGuess(path, o.Manifest)
	}
	if refused != nil {
		return nil, errors.Join(refused, o.Close())
	}
	p := &pushing{record: o.Manifest, close: o.Close, made: &Pushed{Record: o.Manifest, Folder: true, Locked: LockedIn(o.Manifest)}}
	p.add(o.Outputs, o.Manifest.Files)
	return p, nil
}

// add adds files. Known are their sums, in the same order, or nil.
func (p *pushing) add(outputs []flash.Output, known []flash.ManifestFile) {
	private := privateFiles(p.record, outputs)
	for i, out := range outputs {
		f := oci.File{Output: out, Coarse: isCoarse(p.record.Entries, out.Name), Private: private(out.Name)}
		if known != nil {
			f.SHA256 = known[i].SHA256
		}
		p.files = append(p.files, f)
	}
}

// isCoarse reports whether a file has the owner's data, which no two phones share.
func isCoarse(entries []flash.ManifestEntry, file string) bool {
	for _, e := range entries {
		if e.File == file && scatter.Canonical(e.Name) == "userdata" {
			return true
		}
	}
	return false
}
