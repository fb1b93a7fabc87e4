package acquire

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// Job says what to read, and from which device.
type Job struct {
	// Device is read. It may be nil for Resume only: then nothing is read, but the bytes that
	// are there can be finished.
	Device *flash.Device
	// DropCache makes the next read come from the flash, not from a cache. Nil: there is no cache.
	DropCache func()
	// IsLocal reports whether a read error concerns only the offset that was read, so that
	// other offsets can still be read. Any other error ends the reading. Nil: only the early end
	// of a source (flash.ErrShort) is local.
	IsLocal func(error) bool
	Sector  int64 // the smallest read, bytes; 0: 512
	Live    bool  // the user area keeps changing: Resume does not require the old content
	Partial bool  // the device may have fewer regions than the phone: a card reader, files

	Holes    map[flash.Region][]flash.Extent // the device has no bytes here; what a read returns means nothing
	Distinct map[flash.Region][]flash.Extent // the bytes here differ between phones of one model

	// Want is what to read of each region. Nil: all of all regions or, to Resume, what
	// was wanted before; otherwise it is added to that.
	Want map[flash.Region][]flash.Extent
	// ReadTwice is read a second time and compared: the tables. Boot regions always are.
	// Tables and boot regions do not tell phones of one model apart.
	ReadTwice map[flash.Region][]flash.Extent
	Reread    int // percent of the other chunks that are read twice, 0 to 100
	// Retry is tried once more, although earlier runs lost the phone there and gave it up.
	Retry map[flash.Region][]flash.Extent

	// Record is what is known of the phone: Tool, Created, Chip, Project, Phone.
	Record flash.Manifest
	// IDs are the phone's identities by name: they go into the manifest as HMACs, and
	// with KeepIDs in clear.
	IDs     map[string][]byte
	KeepIDs bool

	AcceptBad       bool // a region with unreadable ranges may be finished
	IgnoreFreeSpace bool // begin although the disk may be too small: zeros use no space
	Progress        func(flash.Event)
}

// refuse makes a refusal of this package.
func refuse(reason flash.Reason, path, format string, a ...any) *flash.Refusal {
	return flash.Refuse("acquire", reason, path, format, a...)
}

// Dump is a dump folder in the making. End it with Close.
type Dump struct {
	dir     string
	job     Job
	record  *flash.Manifest
	regions []*region
	lock    *os.File
	key     []byte
	open    func(path string) (file, error)

	done, total int64 // bytes
	retries     int
	at          string // what is being read, for the user
	problems    flash.Problems
	buf         []byte
	proved      bool // what earlier runs have read is on the disk as they read it
}

const keyName = "phone.key"

// Create begins a dump in a folder that must not exist, or be empty. What forbids it is a
// *flash.Refusal.
func Create(dir string, job Job) (*Dump, error) {
	d := &Dump{dir: filepath.Clean(dir), job: job, open: openFile}
	if d.job.Want == nil {
		d.job.Want = everything(job.Device)
	}
	if err := d.refuseRoom(filepath.Dir(d.dir), nil); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(d.dir), 0o777); err != nil {
		return nil, fmt.Errorf("acquire: %w", err)
	}
	if err := RefuseFolder(d.dir); err != nil {
		return nil, err
	}
	err := os.Mkdir(d.dir, 0o777)
	made := err == nil
	if made {
		if err = syncDir(filepath.Dir(d.dir)); err != nil {
			os.Remove(d.dir)
		}
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("acquire: %w", err)
	}
	if err := d.begin(); err != nil {
		d.Close()
		if made {
			err = errors.Join(err, os.RemoveAll(d.dir)) // all in it is seconds old and ours
		}
		return nil, err
	}
	return d, nil
}

// RefuseFolder is the *flash.Refusal that Create would give for what is in the way, nil when
// nothing is: an empty folder is taken.
func RefuseFolder(dir string) error {
	st, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("acquire: %w", err)
	case !st.IsDir():
		return refuse(flash.ReasonNotFolder, dir, "is a file")
	case isEmpty(dir):
		return nil
	case notBegun(dir):
		return refuse(flash.ReasonBegun, dir, "was begun by another run that read nothing")
	case Check(dir) == nil:
		return refuse(flash.ReasonHoldsDump, dir, "holds a dump")
	}
	return refuse(flash.ReasonNotEmpty, dir, "is not empty")
}

// begin writes what every dump folder starts with.
func (d *Dump) begin() error {
	// The first thing, as of two runs that begin in one empty folder only one can make it.
	err := os.Mkdir(d.path(regionsDir), 0o777)
	if errors.Is(err, fs.ErrExist) {
		return refuse(flash.ReasonBusy, d.dir, "another run is reading into it")
	}
	if err != nil {
		return fmt.Errorf("acquire: %w", err)
	}
	d.key = make([]byte, 32)
	rand.Read(d.key)
	if err := replaceFile(d.path(keyName), []byte(hex.EncodeToString(d.key)+"\n")); err != nil {
		return err
	}
	if err := os.Chmod(d.path(keyName), 0o600); err != nil {
		return fmt.Errorf("acquire: %w", err)
	}
	if err := d.takeLock(); err != nil {
		return err
	}
	record := d.job.Record
	d.record = &record
	d.record.Schema, d.record.Kind, d.record.Complete = flash.ManifestSchema, flash.KindDump, false
	d.record.Storage = d.job.Device.Storage
	d.problems = d.record.Problems
	d.proved = true
	d.identify()
	return d.openRegions()
}

// identify puts what the phone says of itself into the record, its identities as HMACs.
// What an earlier run was told, and this one was not, stays: there are several ways to
// read a phone, and each knows it by something else.
func (d *Dump) identify() {
	phone, was := flash.ManifestPhone{}, flash.ManifestPhone{}
	if d.job.Record.Phone != nil {
		phone = *d.job.Record.Phone
	}
	if d.record.Phone != nil {
		was = *d.record.Phone
	}
	keep := func(now *string, then string) { *now = cmp.Or(*now, then) }
	keep(&phone.HWCode, was.HWCode)
	keep(&phone.HWSubCode, was.HWSubCode)
	keep(&phone.HWVersion, was.HWVersion)
	keep(&phone.SWVersion, was.SWVersion)
	if now := phone.Protocol; was.Protocol != "" { // all ways that were gone
		if phone.Protocol = was.Protocol; now != "" && !slices.Contains(strings.Split(was.Protocol, "+"), now) {
			phone.Protocol += "+" + now
		}
	}
	keep(&phone.Agent, was.Agent)
	keep(&phone.AgentSHA, was.AgentSHA)
	phone.IDs, phone.PlainIDs = maps.Clone(was.IDs), maps.Clone(was.PlainIDs)
	for name, id := range d.job.IDs {
		if len(id) == 0 {
			continue
		}
		phone.IDs = with(phone.IDs, name, d.hmac(name, id))
		if d.job.KeepIDs {
			phone.PlainIDs = with(phone.PlainIDs, name, hex.EncodeToString(id))
		}
	}
	d.record.Phone = &phone
}

// with adds to a map that may be nil.
func with(m map[string]string, name, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[name] = value
	return m
}

func (d *Dump) hmac(name string, id []byte) string {
	h := hmac.New(sha256.New, d.key)
	h.Write([]byte(name + "\x00"))
	h.Write(id)
	return hex.EncodeToString(h.Sum(nil))
}

// everything wants all of all regions.
func everything(dev *flash.Device) map[flash.Region][]flash.Extent {
	want := map[flash.Region][]flash.Extent{}
	for _, p := range dev.Parts {
		want[p.Region] = []flash.Extent{{Length: p.Image.Size()}}
	}
	return want
}

// openRegions opens the regions of the record and of the wishes, in the order in which they
// are read.
func (d *Dump) openRegions() error {
	d.job.Want = maps.Clone(d.job.Want)
	if d.job.Want == nil {
		d.job.Want = map[flash.Region][]flash.Extent{}
	}
	if d.job.Device != nil {
		for _, p := range d.job.Device.Parts {
			if len(d.job.Want[p.Region]) > 0 && d.record.Source(p.Region) == nil {
				d.addSource(p)
			}
		}
	}
	slices.SortStableFunc(d.record.Sources, func(a, b flash.ManifestSource) int { return int(kindOf(a.Region) - kindOf(b.Region)) })
	d.tellLeftOut()
	if err := d.writeDraft(); err != nil {
		return err
	}
	if err := d.removeBooks(); err != nil {
		return err
	}
	for _, s := range d.record.Sources {
		r, err := resumeRegion(d.path(filepath.Join(regionsDir, s.Name)), s.Region, s.Size, d.open)
		if err != nil {
			return err
		}
		d.regions = append(d.regions, r)
		whole := flash.Extent{Length: s.Size}
		if len(r.want) == 0 { // it begins, or was killed when it did: then the draft knows
			d.job.Want[s.Region] = append(d.job.Want[s.Region], flash.Without([]flash.Extent{whole}, s.Unread)...)
		}
		more := flash.Without(flash.Within(d.job.Want[s.Region], whole), r.want)
		for _, e := range more {
			r.note(record("want", e))
		}
		r.want = flash.Union(append(r.want, more...))
		d.tryAgain(r)
		if err := r.sync(); err != nil {
			return err
		}
	}
	return nil
}

// kind sorts regions by when they are read.
type kind int

const (
	kindBoot  kind = iota // small, and without them no phone starts
	kindOther             // general purpose areas and such: smaller than the user area
	kindUser
	kindUseless // no restore can use them
)

func kindOf(r flash.Region) kind {
	_, none := useless(r)
	switch {
	case r.IsBoot():
		return kindBoot
	case r.IsUser():
		return kindUser
	case none:
		return kindUseless
	}
	return kindOther
}

func (d *Dump) addSource(p flash.Part) {
	name, size := FileName(p.Region), p.Image.Size()
	file := regionsDir + "/" + name
	unread := flash.Without([]flash.Extent{{Length: size}}, d.job.Want[p.Region])
	d.record.Sources = append(d.record.Sources, flash.ManifestSource{Name: name, Region: p.Region, Size: size, Unread: unread, Beyond: p.Beyond})
	d.record.Entries = append(d.record.Entries, flash.ManifestEntry{Kind: flash.KindRegion, Name: name, Region: p.Region,
		Extent: flash.Extent{Length: size}, Present: size, File: file, Witness: flash.WitnessPhone})
	d.record.Files = append(d.record.Files, flash.ManifestFile{Name: file, Size: size})
}

// writeDraft writes the manifest as far as it is known, under the name of one that is
// not finished.
func (d *Dump) writeDraft() error {
	d.record.Problems = d.problems
	b, err := d.record.Encode()
	if err != nil {
		return fmt.Errorf("acquire: %w", err)
	}
	return replaceFile(d.path(flash.ManifestName)+partSuffix, b)
}

// removeBooks takes away what calls a dump finished, before its files change. The draft is
// there already.
func (d *Dump) removeBooks() error {
	for _, name := range []string{flash.ManifestName, flash.SumsName} {
		if err := os.Remove(d.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("acquire: %w", err)
		}
	}
	if err := syncDir(d.dir); err != nil {
		return fmt.Errorf("acquire: %w", err)
	}
	return nil
}

// takeLock keeps other runs out of the folder for as long as this one lives.
func (d *Dump) takeLock() error {
	f, err := disk.OpenOwn(d.path(keyName))
	if err != nil {
		return fmt.Errorf("acquire: %w", err)
	}
	if !disk.TryLock(f) {
		f.Close()
		return refuse(flash.ReasonBusy, d.dir, "another run is reading into it")
	}
	d.lock = f
	return nil
}

func (d *Dump) path(name string) string { return filepath.Join(d.dir, filepath.FromSlash(name)) }

// Dir returns the folder's path.
func (d *Dump) Dir() string { return d.dir }

// Close lets go of the folder. What is not finished can be resumed.
func (d *Dump) Close() {
	for _, r := range d.regions {
		r.close()
	}
	if d.lock != nil {
		d.lock.Close()
		d.lock = nil
	}
}

func (d *Dump) sector() int64 { return max(d.job.Sector, 512) }

func (d *Dump) again() {
	if d.job.DropCache != nil {
		d.job.DropCache()
	}
}

func (d *Dump) isLocal(err error) bool {
	return errors.Is(err, flash.ErrShort) || d.job.IsLocal != nil && d.job.IsLocal(err)
}

// step counts bytes that are done with.
func (d *Dump) step(n int64) {
	d.done += n
	if d.job.Progress == nil {
		return
	}
	e := flash.Event{Op: "read", Done: d.done, Total: d.total, Detail: d.at}
	if d.retries > 0 {
		e.Detail = strings.TrimPrefix(fmt.Sprintf("%s, %d retries", d.at, d.retries), ", ")
	}
	d.job.Progress(e)
}
