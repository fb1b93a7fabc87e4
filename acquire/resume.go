package acquire

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// ErrNoDump is wrapped by Resume when the folder holds no dump.
var ErrNoDump = errors.New("not a dump folder")

// ErrNotBegun wraps ErrNoDump: a run made the folder and ended before it read anything.
var ErrNotBegun = fmt.Errorf("%w yet: the run that made it ended before anything was read", ErrNoDump)

// Resume continues a dump after it has checked that the phone is the same: by its identities, by
// the sizes of its regions, and by its bytes where the reading stopped. If both runs have no
// identity in common, it compares more bytes. For another phone the error is a *flash.Refusal, and
// nothing is changed. If nothing can prove that the phone is the same, the dump gets the problem
// Unproven and is never called complete. The error wraps ErrNoDump or ErrNotBegun if the folder
// holds no dump.
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
	if st, err := os.Lstat(d.path(regionsDir)); err == nil && !st.IsDir() {
		return refuse(flash.ReasonLink, d.path(regionsDir), "is not a folder")
	}
	key, err := readBook(d.path(keyName))
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
	proved := true
	if d.job.Device != nil {
		known, err := d.samePhone()
		if err != nil {
			return err
		}
		if proved, err = d.sameContent(known); err != nil {
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
	if err := d.openRegions(); err != nil || proved {
		return err
	}
	return d.tellUnproven()
}

// Check returns the reason why a folder cannot be resumed at all: it holds no dump (ErrNoDump), or
// it cannot be read. Otherwise it returns nil.
func Check(dir string) error {
	_, err := readRecord(dir)
	return err
}

// readRecord reads the manifest of a dump folder, finished or not.
func readRecord(dir string) (*flash.Manifest, error) {
	if st, err := os.Stat(dir); err == nil && !st.IsDir() {
		return nil, fmt.Errorf("acquire: %s: a file: %w", dir, ErrNoDump)
	}
	f, err := disk.OpenInFolder(dir, flash.ManifestName+partSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = disk.OpenInFolder(dir, flash.ManifestName)
	}
	if errors.Is(err, fs.ErrNotExist) && isEmpty(dir) {
		return nil, fmt.Errorf("acquire: %s: an empty folder: %w", dir, ErrNoDump)
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
			return nil, fmt.Errorf("acquire: %s: the manifest names the file %[3]q for %[2]s: %[4]w", dir, s.Region, s.Name, ErrNoDump)
		}
	}
	return m, nil
}

func isEmpty(dir string) bool {
	list, err := os.ReadDir(dir)
	return err == nil && len(list) == 0
}

// notBegun reports whether a folder holds only files that Create writes before the first manifest.
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
