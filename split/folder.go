package split

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// Options says how outputs are written. The zero value hashes everything, keeps holes and uses all
// processors.
type Options struct {
	// Force replaces the files that an earlier run wrote into the folder: those that its
	// manifest lists and whose hashes it has, never others. They stay until the new ones are whole.
	Force bool

	// Resume continues with the files that a killed run left, for images that can prove them; see
	// Leave.
	Resume bool

	NoHash  bool // no SHA-256 of the outputs, and so no SHA256SUMS
	NoHoles bool // write zeros instead of holes

	// NoSync leaves it to the system when the data reach the disk. Without it, the manifest is
	// written only after all files that it lists are on the disk.
	NoSync bool

	Workers  int      // number of files at a time; 0: the number of processors
	Inputs   []string // files and folders that must never be written to: the dump, the scatter …
	Progress func(flash.Event)
}

// Result describes one output that was written.
type Result struct {
	Name      string
	Size      int64  // bytes
	SHA256    string // lower-case hex; "" with NoHash, or if Omitted
	Zero      bool   // all bytes are zeros; with NoHash, not always checked
	Omitted   bool   // no file was made, because the output is Zero and may be omitted
	DataBytes int64  // bytes written; the rest of Size is holes or shared blocks
	Shared    bool   // the file shares blocks with the source (reflink)
}

// Folder is a parts folder while it is written. It must end with Finish or Abandon.
type Folder struct {
	dir      string
	outputs  []flash.Output
	extra    []string
	opt      Options
	owner    *owner   // nil before the marker is written
	newDirs  []string // folders that this run made, outermost first
	results  []Result
	small    []flash.ManifestFile
	kept     map[string]bool // outputs of which a killed run left files
	closed   bool
	noClone  atomic.Bool // the file system cannot share blocks
	openFile func(path string) (outFile, error)
	volumeOf func(path string) (disk.Volume, error)
}

// outFile has the methods that the mover needs of a file; *os.File implements it.
type outFile interface {
	WriteAt(p []byte, off int64) (int, error)
	Truncate(size int64) error
	Sync() error
	Close() error
}

const partSuffix = disk.PartSuffix

// Create starts a parts folder. It first checks everything that can prevent it; this is a
// *flash.Refusal. With Force that includes a hash of every file that would be replaced. Then it
// makes the folder, a marker that lists the files of this run, and these files, empty: the outputs,
// and extra, the names of small files that WriteFile will write. It removes the files of an
// unfinished run, or completes that run if it was killed in its last step.
func Create(ctx context.Context, dir string, outputs []flash.Output, extra []string, opt Options) (*Folder, error) {
	f := &Folder{dir: filepath.Clean(dir), outputs: outputs, extra: extra, opt: opt, openFile: openOwn, volumeOf: disk.VolumeOf}
	names, err := f.names()
	if err != nil {
		return nil, err
	}
	old, err := f.refuse(ctx, names)
	if err != nil {
		return nil, err
	}
	if f.newDirs, err = makeDirs(f.dir); err == nil {
		err = f.begin(names, old)
	}
	if err != nil {
		return nil, errors.Join(err, f.Abandon())
	}
	return f, nil
}

// begin writes the marker, removes what a killed run left, and makes the files of this run.
func (f *Folder) begin(names []string, old []oldFile) (err error) {
	f.owner, err = claim(f.path(flash.MarkerName), marker{Files: names, Old: old}, f.opt.NoSync, checkName)
	if errors.Is(err, fs.ErrNotExist) { // another run that was abandoned has just removed the folder
		return busy(f.dir)
	}
	if err != nil {
		return err
	}
	if err = f.owner.ready(f.dir, nil); err != nil {
		return err
	}
	if f.kept, err = f.keep(); err != nil {
		return err
	}
	if err = f.owner.clear(f.dir, f.kept); err != nil {
		return fmt.Errorf("split: %w", err)
	}
	if err = f.owner.create(slices.DeleteFunc(names, func(n string) bool { return f.kept[n] })...); err != nil && flash.AsRefusal(err) == nil {
		err = fmt.Errorf("split: %w", err)
	}
	return err
}

// names returns the names that this run will write and the marker must list. It refuses names that
// cannot exist together in one folder.
func (f *Folder) names() ([]string, error) {
	var names []string
	seen := map[string]bool{}
	for _, n := range reservedNames {
		seen[n] = true
	}
	add := func(n string) error {
		if err := flash.CheckFileName(n); err != nil {
			return fmt.Errorf("split: %w", err)
		}
		k := strings.ToLower(n)
		if seen[k] || strings.HasSuffix(k, partSuffix) {
			return fmt.Errorf("split: the name %q is used twice, or reserved", n)
		}
		seen[k] = true
		names = append(names, n)
		return nil
	}
	for _, o := range f.outputs {
		if err := add(o.Name); err != nil {
			return nil, err
		}
	}
	for _, n := range f.extra {
		if err := add(n); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// path returns the path of a file of the folder.
func (f *Folder) path(name string) string { return filepath.Join(f.dir, name) }

// WriteFile writes a small file beside the outputs. Its name must be in extra of Create.
func (f *Folder) WriteFile(name string, b []byte) error {
	if !slices.Contains(f.extra, name) {
		return fmt.Errorf("split: %q was not in the list given to Create", name)
	}
	if err := f.writeWhole(name, b); err != nil {
		return err
	}
	f.small = slices.DeleteFunc(f.small, func(m flash.ManifestFile) bool { return m.Name == name })
	f.small = append(f.small, flash.ManifestFile{Name: name, Size: int64(len(b)), SHA256: sumOf(b)})
	return nil
}

// writeWhole writes and syncs one small file.
func (f *Folder) writeWhole(name string, b []byte) error {
	out, err := f.openFile(f.path(name) + partSuffix)
	if err != nil {
		return fmt.Errorf("split: %w", err)
	}
	if err = out.Truncate(0); err == nil {
		err = writeFull(out, b, 0)
	}
	if err == nil {
		err = f.complete(out)
	} else {
		out.Close()
	}
	if err != nil {
		return fmt.Errorf("split: writing %s: %w", name, err)
	}
	return nil
}

// complete syncs and closes a file. Finish gives it its name.
func (f *Folder) complete(out outFile) error {
	var err error
	if !f.opt.NoSync {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

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
		if !r.Omitted {
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
		written = append(written, flash.Written{ManifestFile: flash.ManifestFile{Name: r.Name, Size: r.Size, SHA256: r.SHA256}, Omitted: r.Omitted})
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

// makeDirs makes dir and the missing folders above it, and returns those it made, outermost first.
func makeDirs(dir string) (made []string, err error) {
	if _, err := os.Stat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if up := filepath.Dir(dir); up != dir {
		if made, err = makeDirs(up); err != nil {
			return made, err
		}
	}
	switch err := os.Mkdir(dir, 0o777); {
	case errors.Is(err, fs.ErrExist): // another run made it in between; the marker decides which run owns it
		return made, nil
	case err != nil:
		return made, fmt.Errorf("split: %w", err)
	}
	return append(made, dir), nil
}

// createFile opens a new file for writing. It never opens an existing file.
func createFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
}

// openOwn opens a file that this run made, for writing.
func openOwn(path string) (outFile, error) { return disk.OpenOwn(path) }

// writeStep is the size of one write, bytes. For longer writes Linux uses larger pages, and
// needs two to four times as long to find and clear them.
const writeStep = 64 << 10

// writeFull writes b at off.
func writeFull(w outFile, b []byte, off int64) error {
	n, err := writeSteps(b, func(p []byte) (int, error) {
		n, err := w.WriteAt(p, off)
		off += int64(n)
		return n, err
	})
	if err != nil && n > 0 {
		err = fmt.Errorf("%d of %d bytes written: %w", n, len(b), err)
	}
	return err
}

// writeSteps writes b in steps, and treats a short write without an error as an error.
func writeSteps(b []byte, write func([]byte) (int, error)) (n int, err error) {
	for err == nil && n < len(b) {
		step := min(len(b)-n, writeStep)
		m, werr := write(b[n : n+step])
		if n, err = n+m, werr; err == nil && m < step {
			err = io.ErrShortWrite
		}
	}
	return n, err
}
