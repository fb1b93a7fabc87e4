package archive

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/mtkkit/mtkkit/backup"
	"github.com/mtkkit/mtkkit/backup/seal"
	"github.com/mtkkit/mtkkit/dump"
	"github.com/mtkkit/mtkkit/flash"
	"github.com/mtkkit/mtkkit/plan"
	"github.com/mtkkit/mtkkit/report"
	"github.com/mtkkit/mtkkit/split"
)

// CreateOptions says what is packed, where, and who can read it. Only Path and Output are
// required.
type CreateOptions struct {
	Path   string             // dump, dump folder or parts folder
	Dump   *dump.Dump         // the dump at Path if it is already open (it stays open); nil to open it
	Open   dump.Options       // how Path is opened
	Output string             // archive to write
	Tool   string             // name and version of the program, for the record
	Blocks report.TextOptions // hints in the blocks map; its size is fixed

	Wishes      plan.Wishes // which partitions
	Identity    bool        // only partitions that are unique to this phone: IMEI, calibration, keys, locks
	AcceptGuess bool        // allow partitions that are guessed from the content, because the dump has no table
	Plain       bool        // allow an archive with Identity that is not encrypted
	Share       bool        // only data known to be the same on every phone of the model
	OwnerKey    string      // with Share: file with the key by which the owner can recognise the archive; made if it is missing

	Encrypt        []seal.Recipient // only they can read the archive; empty: everybody
	EncryptPrivate []seal.Recipient // only they can read the private files in it

	Level   int       // compression, 1 to 19; 0: 1
	Zip     bool      // a zip archive, without holes and index
	Volume  int64     // size limit of a file, bytes; 0: one file
	Parity  int       // percent of the archive's size in a sidecar beside it, 1 to 50; 0: none
	Replace bool      // replace an existing archive
	Inputs  []string  // files that must never be written to, in addition to Path and the opened files
	Now     time.Time // date of the archive; zero: now

	Progress func(flash.Event) // nil for none
}

// Created describes an archive that was made.
type Created struct {
	Output string          // path of the archive; of volumes, without their numbers
	Files  []string        // the archive, or its volumes
	Size   int64           // of Files, bytes
	Images int             // number of files in the archive
	Bytes  int64           // of the files in the archive, unpacked
	Data   int64           // the part of Bytes that is not in holes
	Record *flash.Manifest // manifest in the archive; its problems are those of the dump

	Identity plan.Identity // files in it that contain, or may contain, the phone's identity and are not encrypted
	LeftOut  []string      // partitions that a shared archive leaves out because they are, or may be, private
	Locked   int           // private files that are encrypted in it: NAME.zst.age
	Sidecar  int64         // size of the sidecar, bytes; 0 for none
}

// LockedEnding is the ending of the name of a private file in a plain archive: an image in zstd
// frames, encrypted by age.
const LockedEnding = ".zst.age"

// Ending returns the ending of the archive's name: .tar.zst, .zip, and so on.
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

// Check refuses options that contradict each other, and archives that must not be made by
// accident. Create calls it first. The error is an *OptionsError or a *flash.Refusal.
func (o *CreateOptions) Check() error {
	switch {
	case o.Output == "":
		return &OptionsError{"an archive needs a name"}
	case o.EncryptPrivate != nil && (o.Encrypt != nil || o.Share):
		return &OptionsError{"an archive that is encrypted or shared has no unencrypted private files that could be encrypted"}
	case o.OwnerKey != "" && !o.Share:
		return &OptionsError{"an owner's key is only for shared archives: every other archive says which phone it is of"}
	case o.Identity && o.Share:
		return &OptionsError{"a shared archive leaves out the identity of the phone"}
	case o.Parity > 0 && o.Volume > 0:
		return &OptionsError{"parity is for one file, not for volumes"}
	case o.Identity && !o.Plain && len(o.Encrypt)+len(o.EncryptPrivate) == 0:
		return refuse(flash.ReasonInClear, "", "this archive would not be encrypted, and everybody who has it can pretend to be this phone (IMEI, keys)")
	}
	return nil
}

// Create packs a dump, or a finished parts folder as it is, into one archive. It overwrites no
// file; with Replace, it replaces an archive.
//
// The errors are a *flash.Refusal, those of dump.Open and Dump.Plan, a *NoIdentityError, an
// *OptionsError, and a *SidecarError, which comes with the finished archive.
func Create(ctx context.Context, opt CreateOptions) (*Created, error) {
	if err := opt.Check(); err != nil {
		return nil, err
	}
	if opt.Now.IsZero() {
		opt.Now = time.Now()
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
	return c.made, c.sidecarErr
}

// creation is the making of one archive: its content and its results.
type creation struct {
	CreateOptions
	first   []flash.Output // small files that go first, so that a cut archive still has them
	outputs []flash.Output
	last    []flash.Output
	record  *flash.Manifest
	sums    map[string]string // of the outputs, if they are known beforehand
	total   int64             // bytes of the outputs
	source  *dump.Dump        // the dump of the outputs; nil for a finished folder
	inputs  []string          // files that must not be written to
	closers []io.Closer
	made    *Created

	sidecarErr error // the archive is complete, but its sidecar is not
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

// write writes the archive's file or volumes.
func (c *creation) write(ctx context.Context) error {
	f, err := c.begin(ctx)
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

// begin opens the output. The size estimate is that of the unpacked data and a little more.
func (c *creation) begin(ctx context.Context) (target, error) {
	opt := split.FileOptions{Inputs: c.inputs, Force: c.Replace, Ours: isArchive}
	if len(c.Encrypt) > 0 {
		opt.Ours = isSealed
	}
	if c.Volume == 0 {
		c.withSidecar(ctx, &opt)
		return split.CreateFile(c.Output, opt)
	}
	opt.Room = c.total + c.total/256 + 1<<20
	return split.CreateVolumes(c.Output, c.Volume, opt)
}

// refused rewords the refusal for an archive that Replace would replace.
func refused(err error) error {
	if r := flash.AsRefusal(err); r != nil && r.Reason == flash.ReasonOurs {
		return refuse(r.Reason, r.Path, "%s", r.Text)
	}
	return err
}

// count sums up the sizes of what was packed.
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
