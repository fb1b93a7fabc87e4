package split

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mtkkit/mtkkit/flash"
)

// Finish completes the folder after Copy. It fills in the results: m.Files, and for each entry
// of an output its SHA256, or Zero instead of File if the output was omitted. Then it writes
// SHA256SUMS (if every file has a sum) and the manifest, and gives all files their names, which
// replaces those of an earlier run. It removes the marker last.
func (f *Folder) Finish(m *flash.Manifest) error {
	if f.closed {
		return errors.New("split: the folder is already finished or abandoned")
	}
	if f.results == nil && len(f.outputs) > 0 {
		return errors.New("split: nothing was copied yet")
	}
	f.fill(m)
	b, err := m.Encode()
	if err != nil {
		return fmt.Errorf("split: %w", err)
	}
	books := map[string][]byte{flash.ManifestName: b}
	if sums := flash.EncodeSums(m.Files); sums != nil {
		books[flash.SumsName] = sums
	}
	names := slices.Sorted(maps.Keys(books))
	if err := f.owner.create(names...); err != nil {
		return f.failed(err)
	}
	for _, n := range names {
		if err := f.writeWhole(n, books[n]); err != nil {
			return err
		}
	}
	for _, r := range f.results {
		if !r.Omitted && r.Damaged == nil {
			names = append(names, r.Name)
		}
	}
	for _, s := range f.small {
		names = append(names, s.Name)
	}
	return f.failed(f.name(names))
}

// name gives the files of this run their names. From the commit on, a run that was killed is
// completed by the next one.
func (f *Folder) name(names []string) error {
	for _, n := range f.extra { // the empty file of a small file that was never written
		if !slices.Contains(names, n) {
			if err := removeFile(f.path(n) + partSuffix); err != nil {
				return err
			}
		}
	}
	if err := f.owner.ready(f.dir, names); err != nil {
		return err
	}
	if err := f.syncNames(); err != nil { // the parts exist before the record that they are whole
		return err
	}
	if err := f.owner.commit(names); err != nil {
		return err
	}
	if err := f.owner.apply(f.dir, f.syncNames); err != nil {
		if len(f.owner.Old) > 0 {
			err = fmt.Errorf("%w; the files of an earlier run are partly replaced: the next run into %s completes this", err, f.dir)
		}
		return err
	}
	f.closed = true
	return f.owner.done()
}

// failed names this package in an error that is no refusal.
func (f *Folder) failed(err error) error {
	if err == nil || flash.AsRefusal(err) != nil || strings.HasPrefix(err.Error(), "split: ") {
		return err
	}
	return fmt.Errorf("split: %w", err)
}

// syncNames syncs the folder, and the folders above it that this run made.
func (f *Folder) syncNames() error {
	if f.opt.NoSync {
		return nil
	}
	dirs := []string{f.dir}
	for _, made := range f.newDirs {
		dirs = append(dirs, filepath.Dir(made))
	}
	for _, dir := range dirs {
		if err := syncDir(dir); err != nil {
			return fmt.Errorf("split: %w", err)
		}
	}
	return nil
}

// fill adds the results of Copy to the manifest.
func (f *Folder) fill(m *flash.Manifest) {
	written := make([]flash.Written, 0, len(f.results)+len(f.small))
	for _, r := range f.results {
		written = append(written, flash.Written{ManifestFile: flash.ManifestFile{Name: r.Name, Size: r.Size, SHA256: r.SHA256}, Omitted: r.Omitted, Damaged: r.Damaged != nil})
	}
	for _, s := range f.small {
		written = append(written, flash.Written{ManifestFile: s})
	}
	m.Fill(written)
}

// Abandon removes everything that this run wrote, and the folder if this run made it. The files of
// an earlier run are as they were. If Finish failed while it replaced these, everything stays, and
// the next run with Force completes it. After Finish it does nothing, so it can be deferred.
func (f *Folder) Abandon() error {
	if f.closed {
		return nil
	}
	f.closed = true
	if err := f.remove(); err != nil {
		return fmt.Errorf("split: cleaning up: %w", err)
	}
	return nil
}

// remove removes the files and folders of this run.
func (f *Folder) remove() (err error) {
	if f.owner != nil {
		if f.owner.committed() && len(f.owner.Old) > 0 {
			f.owner.close()
			return nil
		}
		if f.owner.committed() {
			err = f.owner.undo()
		}
		if err == nil {
			err = f.owner.clear(f.dir, nil)
		}
		if err != nil {
			f.owner.close()
		} else {
			err = f.owner.done()
		}
	}
	for _, d := range slices.Backward(f.newDirs) {
		// A folder that is not empty contains files of another program.
		if os.Remove(d) != nil {
			break
		}
	}
	return err
}
