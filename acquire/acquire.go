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
	// Device is what is read. It may be nil for Resume only: then nothing is read, but Finish can
	// finish the bytes that were read before.
	Device *flash.Device
	// DropCache makes sure that the next read comes from the flash, not from a cache. Nil: there is
	// no cache.
	DropCache func()
	// IsLocal reports whether a read error concerns only the offset that was read, so that other
	// offsets can still be read. Any other error ends the reading. Nil: only flash.ErrShort (the
	// source ends early) is local.
	IsLocal func(error) bool
	Sector  int64 // the smallest read, bytes; 0: 512
	Live    bool  // the user area keeps changing: Resume does not require the old content
	Partial bool  // the device may have fewer regions than the phone: a card reader, files

	Holes    map[flash.Region][]flash.Extent // the device has no bytes here; bytes that a read returns are meaningless
	Distinct map[flash.Region][]flash.Extent // the bytes here differ between phones of one model

	// Want is what to read of each region. Nil: all regions completely or, in Resume, what was
	// wanted before. Resume adds a Want that is not nil to what was wanted before.
	Want map[flash.Region][]flash.Extent
	// ReadTwice lists the ranges that are read a second time and compared: the tables. Boot regions
	// are always read twice. Tables and boot regions are equal on phones of one model, so they do
	// not identify a phone.
	ReadTwice map[flash.Region][]flash.Extent
	Reread    int // percent of the other chunks that are read twice, 0 to 100
	// Retry lists ranges to try once more although earlier runs lost the phone there and gave them
	// up.
	Retry map[flash.Region][]flash.Extent

	// Record is what is known of the phone: Tool, Created, Chip, Project, Phone.
	Record flash.Manifest
	// IDs are the phone's identities by name. The manifest gets their HMACs and, with KeepIDs, also
	// the plain values.
	IDs     map[string][]byte
	KeepIDs bool

	AcceptBad       bool // finish regions that have unreadable ranges
	IgnoreFreeSpace bool // begin although the disk may be too small; zeros use no space
	Progress        func(flash.Event)
}

// refuse makes a refusal of this package.
func refuse(reason flash.Reason, path, format string, a ...any) *flash.Refusal {
	return flash.Refuse("acquire", reason, path, format, a...)
}

// Dump is an open dump folder that is being read. End it with Close.
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
	at          string // what is being read, for progress
	problems    flash.Problems
	buf         []byte
	proved      bool // the data of earlier runs were compared with their hashes
}

const keyName = "phone.key"

// Create begins a dump in a folder that does not exist or is empty. If it may not begin, the error
// is a *flash.Refusal.
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
			err = errors.Join(err, os.RemoveAll(d.dir)) // this call made everything in it
		}
		return nil, err
	}
	return d, nil
}

// RefuseFolder returns the *flash.Refusal that Create would return for this path, or nil if Create
// could use it. An empty folder can be used.
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

// begin writes the first files of a dump folder.
func (d *Dump) begin() error {
	// This comes first: if two runs begin in one empty folder, only one of them can make it.
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

// identify adds the facts of the phone to the record, its identities as HMACs. Facts that only an
// earlier run learned stay: there are several ways to read a phone, and each gives other facts.
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
	if now := phone.Protocol; was.Protocol != "" { // all the ways that runs used
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

// everything returns the wish for all regions completely.
func everything(dev *flash.Device) map[flash.Region][]flash.Extent {
	want := map[flash.Region][]flash.Extent{}
	for _, p := range dev.Parts {
		want[p.Region] = []flash.Extent{{Length: p.Image.Size()}}
	}
	return want
}

// openRegions opens the regions of the record and of the wishes in reading order.
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
		if len(r.want) == 0 { // a new region, or a run that was killed at its start: the draft has the wish
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

// kind is the class of a region; the classes are read in this order.
type kind int

const (
	kindBoot  kind = iota // small, and no phone starts without them
	kindOther             // for example general purpose areas: smaller than the user area
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

// writeDraft writes the manifest as it is known now, under the name of an unfinished one.
func (d *Dump) writeDraft() error {
	d.record.Problems = d.problems
	b, err := d.record.Encode()
	if err != nil {
		return fmt.Errorf("acquire: %w", err)
	}
	return replaceFile(d.path(flash.ManifestName)+partSuffix, b)
}

// removeBooks removes the manifest and the sums before the files of a dump change, so that the dump
// no longer counts as finished. The draft is written before.
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

// takeLock locks the folder against other runs until Close.
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

// Close closes the files and unlocks the folder. An unfinished dump can be resumed.
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

// step counts n more bytes as done and reports the progress.
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
