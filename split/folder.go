package split

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
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

	// GoOn leaves out an output whose image is damaged (flash.ErrDamaged), and writes the others.
	GoOn bool

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
	Damaged   error  // no file was made, because the image cannot be read; only with GoOn
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
