package archive

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/backup/parity"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/split"
)

// CreateOptions say what is packed, into what, and who may read it. Path and Output are
// enough.
type CreateOptions struct {
	Path   string             // dump, dump folder or parts folder
	Dump   *dump.Dump         // the dump at Path, opened already, which stays open; nil to open it
	Open   dump.Options       // how Path is opened
	Output string             // archive to write
	Tool   string             // name and version of the program, for the record
	Blocks report.TextOptions // hints in the blocks map, whose size is given

	Wishes   plan.Wishes // which partitions
	Identity bool        // only what makes the phone this phone: IMEI, calibration, keys, locks
	Plain    bool        // with Identity: though anybody may read it
	Share    bool        // only what is known to be the same on every phone of the model
	OwnerKey string      // with Share: file with the key by which the owner knows the archive; made if need be

	Encrypt        []seal.Recipient // only they can read it; none: anybody
	EncryptPrivate []seal.Recipient // only they can read what is private in it

	Level   int       // compression, 1 to 19; 0: 1
	Zip     bool      // a zip archive: without holes and index
	Volume  int64     // largest file, bytes; 0: one file
	Parity  int       // percent of the archive's size in a sidecar beside it, 1 to 50; 0: none
	Replace bool      // replace an archive that is there
	Inputs  []string  // files that must never be written to, besides Path and what is opened
	Now     time.Time // date of the archive; zero: now

	Progress func(flash.Event) // nil for none
}

// Created is an archive that was made.
type Created struct {
	Output string          // its name; that of volumes without their numbers
	Files  []string        // what was written: the archive, or its volumes
	Size   int64           // of these, bytes
	Images int             // files in it
	Bytes  int64           // of these, unpacked
	Data   int64           // of Bytes, not in holes
	Record *flash.Manifest // what is in it; its problems are those of the dump

	Identity plan.Identity // what in it carries the phone's identity, or may, for all to read
	LeftOut  []string      // of a shared archive: partitions that are of this phone, or may be
	Locked   int           // private files that are encrypted in it: NAME.zst.age
	Sidecar  int64         // size of the sidecar, bytes; 0 for none
}

// LockedEnding is what the name of a private file in a plain archive ends with: image in
// zstd frames, encrypted by age.
const LockedEnding = ".zst.age"

// Ending is what the name of such an archive ends with.
func (o *CreateOptions) Ending() string {
	e := ".tar.zst"
	if o.Zip {
		e = ".zip"
	}
	if o.Share {
		e = ".share" + e
	}
	if len(o.Encrypt) > 0 {
		e += ".age"
	}
	return e
}

// Check refuses what contradicts itself, or must not be made by accident: Create does so
// first. The error is an *OptionsError or a *flash.Refusal.
func (o *CreateOptions) Check() error {
	switch {
	case o.Output == "":
		return &OptionsError{"an archive needs a name"}
	case o.EncryptPrivate != nil && (o.Encrypt != nil || o.Share):
		return &OptionsError{"an archive that is encrypted, or shared, leaves nothing private in the clear to encrypt"}
	case o.OwnerKey != "" && !o.Share:
		return &OptionsError{"an owner's key is for shared archives: any other says which phone it is of"}
	case o.Identity && o.Share:
		return &OptionsError{"the identity of a phone is what a shared archive leaves out"}
	case o.Parity > 0 && o.Volume > 0:
		return &OptionsError{"parity is for one file, not for volumes"}
	case o.Identity && !o.Plain && len(o.Encrypt)+len(o.EncryptPrivate) == 0:
		return refuse(flash.ReasonInClear, "", "who has this archive can pass for this phone (IMEI, keys), and it would not be encrypted")
	}
	return nil
}

// Create packs a dump, or a finished parts folder as it is, into one archive. Nothing is
// overwritten but an archive, with Replace.
//
// What it refuses is a *flash.Refusal; other errors are those of
// dump.Open and Dump.Plan, *NoIdentityError, *OptionsError. A *SidecarError comes with the
// archive.
func Create(ctx context.Context, opt CreateOptions) (*Created, error) {
	if err := opt.Check(); err != nil {
		return nil, err
	}
	if opt.Now.IsZero() {
		opt.Now = time.Now()
	}
	if err := parity.Clear(opt.Output); err != nil { // what a run that was killed left, whatever this one makes
		return nil, err
	}
	c := &creation{CreateOptions: opt, made: &Created{Output: opt.Output}}
	defer c.close()
	if err := c.gather(ctx); err != nil {
		return nil, err
	}
	if err := c.refuseStale(); err != nil {
		return nil, err
	}
	if err := c.write(ctx); err != nil {
		return nil, err
	}
	return c.made, c.addSidecar(ctx)
}

// creation is one archive in the making: what goes into it, and what is said of it.
type creation struct {
	CreateOptions
	first   []flash.Output // small files that a reader of a cut archive needs
	outputs []flash.Output
	last    []flash.Output
	record  *flash.Manifest
	sums    map[string]string // of the outputs, where they are known beforehand
	total   int64             // bytes of the outputs
	source  *dump.Dump        // what the outputs are made of; nil of a finished folder
	inputs  []string          // what must not be written to
	closers []io.Closer
	made    *Created
}

func (c *creation) close() {
	for _, f := range c.closers {
		f.Close()
	}
}

func (c *creation) tell(e flash.Event) {
	if c.Progress != nil {
		c.Progress(e)
	}
}

// refuseStale refuses to replace an archive and leave the sidecar of the old one.
func (c *creation) refuseStale() error {
	side := c.Output + parity.Suffix
	if _, err := os.Lstat(side); err != nil || c.Replace && c.Parity > 0 {
		return nil
	}
	return refuse(flash.ReasonBeside, side, "is there already, the sidecar of an earlier archive")
}

// write makes the file, or the volumes.
func (c *creation) write(ctx context.Context) error {
	f, err := c.begin()
	if err != nil {
		return refused(err)
	}
	volumes, _ := f.(*split.Volumes)
	if c.EncryptPrivate != nil {
		if err := c.lockPrivate(ctx); err != nil {
			return errors.Join(err, f.Abandon())
		}
	}
	if len(c.Encrypt) > 0 {
		if f, err = newSealedTarget(f, c.Encrypt); err != nil {
			return errors.Join(err, f.Abandon())
		}
	}
	packed, err := c.pack(ctx, f)
	if err != nil {
		return errors.Join(err, f.Abandon())
	}
	if err := f.Finish(); err != nil {
		return err
	}
	c.made.Files = []string{c.Output}
	if volumes != nil {
		c.made.Files = volumes.Names()
	}
	return c.count(packed)
}

// begin begins the file, or the volumes. An archive takes no more than what is packed, and
// a little.
func (c *creation) begin() (target, error) {
	opt := split.FileOptions{Inputs: c.inputs, Force: c.Replace, Ours: isArchive}
	if len(c.Encrypt) > 0 {
		opt.Ours = isSealed
	}
	if c.Volume == 0 {
		return split.CreateFile(c.Output, opt)
	}
	opt.Room = c.total + c.total/256 + 1<<20
	return split.CreateVolumes(c.Output, c.Volume, opt)
}

// refused tells of an archive that Replace would replace.
func refused(err error) error {
	if r := flash.AsRefusal(err); r != nil && r.Reason == flash.ReasonOurs {
		return refuse(r.Reason, r.Path, "%s", r.Text)
	}
	return err
}

// count fills in how much was packed.
func (c *creation) count(packed []backup.Result) error {
	m := c.made
	m.Record = c.record
	for _, f := range m.Files {
		st, err := os.Stat(f)
		if err != nil {
			return err
		}
		m.Size += st.Size()
	}
	for _, r := range packed {
		if !r.Omitted {
			m.Images++
			m.Bytes, m.Data = m.Bytes+r.Size, m.Data+r.DataBytes
		}
	}
	return nil
}

// addSidecar makes the sidecar of a finished archive.
func (c *creation) addSidecar(ctx context.Context) error {
	if c.Parity == 0 {
		return nil
	}
	err := parity.Create(ctx, c.Output, parity.Options{Percent: c.Parity, Force: c.Replace, Progress: c.Progress})
	if err != nil {
		return &SidecarError{c.Output, err}
	}
	st, err := os.Stat(c.Output + parity.Suffix)
	if err != nil {
		return err
	}
	c.made.Sidecar = st.Size()
	return nil
}
