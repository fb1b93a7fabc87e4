package acquire

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// ErrNoDump is wrapped by Resume when the folder holds no dump.
var ErrNoDump = errors.New("not a dump folder")

// ErrNotBegun is an ErrNoDump: a run made the folder and ended before it read anything.
var ErrNotBegun = fmt.Errorf("%w yet: the run that made it ended before anything was read", ErrNoDump)

// Resume goes on with a dump, after it has made sure that it is the same phone: by its
// identities, by the sizes of its regions, and by what it holds where the reading
// stopped. Another phone is a *Refusal, and nothing is changed.
func Resume(dir string, job Job) (*Dump, error) {
	d := &Dump{dir: filepath.Clean(dir), job: job, open: openFile}
	if err := d.reopen(); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func (d *Dump) reopen() (err error) {
	if d.record, err = readRecord(d.dir); err != nil {
		return err
	}
	key, err := os.ReadFile(d.path(keyName))
	if err == nil {
		d.key, err = hex.DecodeString(strings.TrimSpace(string(key)))
	}
	if err == nil && len(d.key) != 32 {
		err = fmt.Errorf("%d bytes instead of 32", len(d.key))
	}
	if err != nil {
		return fmt.Errorf("acquire: %s: the key of the phone's identities: %w", d.dir, err)
	}
	if err := d.takeLock(); err != nil {
		return err
	}
	if d.job.Device != nil {
		if err := d.samePhone(); err != nil {
			return err
		}
		if err := d.sameContent(); err != nil {
			return err
		}
		if err := d.refuseRoom(d.dir, d.record); err != nil {
			return err
		}
		d.identify()
	}
	d.problems = d.record.Problems
	for _, p := range d.job.Record.Problems {
		if !slices.Contains(d.problems, p) {
			d.problems = append(d.problems, p)
		}
	}
	d.record.Complete = false
	return d.openRegions()
}

// Check reports why a folder cannot be resumed at all: it holds no dump (ErrNoDump), or
// cannot be read.
func Check(dir string) error {
	_, err := readRecord(dir)
	return err
}

// readRecord reads the manifest of a dump folder, finished or not.
func readRecord(dir string) (*flash.Manifest, error) {
	f, err := os.Open(filepath.Join(dir, flash.ManifestName+partSuffix))
	if errors.Is(err, fs.ErrNotExist) {
		f, err = os.Open(filepath.Join(dir, flash.ManifestName))
	}
	if errors.Is(err, fs.ErrNotExist) && notBegun(dir) {
		return nil, fmt.Errorf("acquire: %s: %w", dir, ErrNotBegun)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("acquire: %s: no %s: %w", dir, flash.ManifestName, ErrNoDump)
	}
	if err != nil {
		return nil, fmt.Errorf("acquire: %w", err)
	}
	defer f.Close()
	m, err := flash.ReadManifest(f)
	if err != nil {
		return nil, fmt.Errorf("acquire: %s: %w", f.Name(), err)
	}
	if m.Kind != flash.KindDump {
		return nil, fmt.Errorf("acquire: %s: its manifest is of kind %q: %w", dir, m.Kind, ErrNoDump)
	}
	for _, s := range m.Sources {
		if s.Name != FileName(s.Region) {
			return nil, fmt.Errorf("acquire: %s: %s is said to be in %q: %w", dir, s.Region, s.Name, ErrNoDump)
		}
	}
	return m, nil
}

// notBegun reports whether a folder holds no more than what Create writes before the first
// manifest.
func notBegun(dir string) bool {
	list, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, e := range list {
		switch e.Name() {
		case keyName, keyName + newSuffix, flash.ManifestName + partSuffix + newSuffix:
		case regionsDir:
			if inside, err := os.ReadDir(filepath.Join(dir, regionsDir)); err != nil || len(inside) > 0 {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// samePhone compares what the phone says of itself.
func (d *Dump) samePhone() error {
	other := func(format string, a ...any) error {
		return &Refusal{d.dir, "is of another phone: " + fmt.Sprintf(format, a...), "connect the phone it was begun with, or read this one into a folder of its own"}
	}
	if d.record.Phone != nil {
		for _, name := range slices.Sorted(maps.Keys(d.job.IDs)) {
			if was := d.record.Phone.IDs[name]; was != "" && len(d.job.IDs[name]) > 0 && was != d.hmac(name, d.job.IDs[name]) {
				return other("its %s differs", name)
			}
		}
	}
	for _, s := range d.record.Sources {
		p := d.job.Device.Part(s.Region)
		if p == nil && d.job.Pieces {
			if err := d.refuseLacking(s); err != nil {
				return err
			}
			continue
		}
		if p == nil {
			return other("this one has no %s", s.Region)
		}
		if p.Image.Size() != s.Size {
			return other("its %s has 0x%x bytes, this one's 0x%x", s.Region, s.Size, p.Image.Size())
		}
	}
	return nil
}

// refuseLacking refuses a source without a region that is still to be read.
func (d *Dump) refuseLacking(s flash.ManifestSource) error {
	j, _, err := loadJournal(d.path(filepath.Join(regionsDir, s.Name)), s.Region, s.Size)
	if err != nil || j != nil && len(j.want) > 0 && len(j.todo()) == 0 {
		return err
	}
	return &Refusal{d.dir, fmt.Sprintf("%s is still to be read, and is not there", s.Region), "name its file too, or go on with the phone: --da FILE"}
}

// sameContent reads the last chunks of each region once more.
func (d *Dump) sameContent() error {
	d.again()
	for _, s := range d.record.Sources {
		if d.job.Device.Part(s.Region) == nil || d.job.Live && s.Region.IsUser() {
			continue
		}
		path := d.path(filepath.Join(regionsDir, s.Name))
		j, _, err := loadJournal(path, s.Region, s.Size)
		if err != nil {
			return err
		}
		if j == nil {
			continue
		}
		if err := d.sameChunk(j, d.job.Device.Image(s.Region)); err != nil {
			return err
		}
	}
	return nil
}

// sameChunk compares the last chunk of a region that can be read; three are tried.
func (d *Dump) sameChunk(j *journal, img flash.Image) error {
	for i, c := range slices.Backward(j.chunks) {
		if i < len(j.chunks)-3 {
			break
		}
		if c.End() > img.Size() || c.Length > chunkSize {
			continue
		}
		b := d.buffer()[:c.Length]
		err := readFull(img, b, c.Offset)
		if err == nil && sumOf(b) != c.sum { // a bit that flipped on the way is no other phone
			d.again()
			err = readFull(img, b, c.Offset)
		}
		switch {
		case err != nil && d.atPlace(err):
			continue
		case err != nil:
			return err
		case sumOf(b) != c.sum:
			return &Refusal{d.dir, fmt.Sprintf("the phone's %s holds something else at 0x%x than when the reading stopped", j.region, c.Offset),
				"is it the same phone, and was it not started in between? if it was, read it into a new folder"}
		}
		return nil
	}
	return nil
}
