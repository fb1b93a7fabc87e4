package split

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// FileOptions says how a single file is written.
type FileOptions struct {
	Inputs []string               // files and folders that must never be written to
	Room   int64                  // disk space that it needs, bytes
	NoSync bool                   // do not sync: the system decides when the data reach the disk
	Ours   func(path string) bool // reports whether the caller wrote a file earlier; nil: none
	Force  bool                   // replace such a file

	Beside []string                // paths of other files that the writer makes, just before the file gets its name
	Before func(part string) error // is called just before that, when all of the file is on the disk under the name part; an error stops Finish
}

// File is a single output while it is written: OUT.part, and a locked marker beside it. It must end
// with Finish or Abandon.
type File struct {
	path   string
	opt    FileOptions
	file   *os.File
	lock   *os.File
	closed bool

	written, started int64 // bytes; bytes that the system was asked to write to the disk
}

// CreateFile starts a file. It first checks everything that can prevent the file; this is a
// *flash.Refusal. It removes files that a killed run left.
func CreateFile(path string, opt FileOptions) (*File, error) {
	path = filepath.Clean(path)
	if err := RefuseFile(path, opt); err != nil {
		return nil, err
	}
	if v, err := disk.VolumeOf(existing(filepath.Dir(path))); err == nil {
		if err := refuseSpace(path, opt.Room, v); err != nil {
			return nil, err
		}
	}
	return startFile(path, opt)
}

// RefuseFile returns the *flash.Refusal that CreateFile would return, or nil. It is for callers
// that write several files, and none if one is refused.
func RefuseFile(path string, opt FileOptions) error {
	if err := refuseInside(path, opt.Inputs); err != nil {
		return err
	}
	if err := refuseFile(filepath.Clean(path), opt); err != nil {
		return err
	}
	return refuseBeside(filepath.Clean(path), opt.Beside)
}

// refuseBeside refuses if a file exists that the writer will make beside path. Files of a killed
// run are removed: the image does not have its name yet, and the marker lists them.
func refuseBeside(path string, names []string) error {
	rest, err := readMarker(markerOf(path))
	if err != nil {
		return err
	}
	_, err = os.Lstat(partOf(path))
	unfinished := err == nil && rest != nil
	for _, n := range names {
		if unfinished && slices.Contains(rest.Files, filepath.Base(n)) {
			continue
		}
		for _, p := range []string{n, partOf(n)} {
			if _, err := os.Lstat(p); err == nil {
				return refuse(flash.ReasonBeside, p, "exists, and would look like a file of %s", path)
			}
		}
	}
	return nil
}

// refuseFile refuses if the path has a file that must not be replaced.
func refuseFile(path string, opt FileOptions) error {
	rest, err := readMarker(markerOf(path))
	if err != nil {
		return err
	}
	if err := clearFinished(path, partOf(path), path, rest); err != nil {
		return err
	}
	for _, p := range []string{path, partOf(path)} {
		if err := refuseSame(p, opt.Inputs); err != nil {
			return err
		}
	}
	if err := refuseName(path, opt); err != nil {
		return err
	}
	st, err := os.Lstat(partOf(path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("split: %w", err)
	case st.Mode().IsRegular() && rest != nil && slices.Contains(rest.Files, filepath.Base(partOf(path))):
		return nil
	}
	return refuse(flash.ReasonExists, partOf(path), "exists")
}

// refuseName refuses if the name belongs to a file that must not be replaced.
func refuseName(path string, opt FileOptions) error {
	st, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("split: %w", err)
	case !st.Mode().IsRegular() || opt.Ours == nil || !opt.Ours(path):
		return refuse(flash.ReasonExists, path, "exists")
	case !opt.Force:
		return refuse(flash.ReasonOurs, path, "exists")
	}
	return nil
}

func partOf(path string) string { return path + partSuffix }

func markerOf(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".mtkkit-unfinished")
}

// startFile writes the marker and creates the file.
func startFile(path string, opt FileOptions) (*File, error) {
	owned := []string{filepath.Base(partOf(path))}
	for _, n := range opt.Beside {
		owned = append(owned, filepath.Base(n))
	}
	lock, err := writeMarker(markerOf(path), owned)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, opt: opt, lock: lock}
	for _, n := range opt.Beside { // before OUT.part: without it, these files are not known to be of this run
		os.Remove(n)
		os.Remove(partOf(n))
	}
	err = os.Remove(partOf(path))
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		f.file, err = os.OpenFile(partOf(path), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("split: %w", err), f.Abandon())
	}
	return f, nil
}

// Write implements io.Writer. It starts writing to the disk early, so that Finish does not wait
// for all of it.
func (f *File) Write(b []byte) (int, error) {
	n, err := writeSteps(b, f.file.Write)
	if f.written += int64(n); !f.opt.NoSync && f.written-f.started >= earlyStep {
		f.started = f.written
		startSync(f.file)
	}
	return n, err
}

// Finish gives the file its name after all of it is on the disk.
func (f *File) Finish() error {
	if f.closed {
		return errors.New("split: the file is already finished or abandoned")
	}
	before := func() error {
		if f.opt.Before != nil {
			if err := f.opt.Before(partOf(f.path)); err != nil {
				return err
			}
		}
		return refuseName(f.path, f.opt) // another program may have made it in between
	}
	err := disk.Publish(disk.PublishOptions{NoSync: f.opt.NoSync, SyncDir: syncDir, Before: before}, disk.Pending{File: f.file, Part: partOf(f.path), Path: f.path})
	if err != nil {
		return errors.Join(fmt.Errorf("split: %w", err), f.Abandon())
	}
	f.closed = true
	f.lock.Close()
	return removeMarker(f.path)
}

// syncDir is a variable so that tests can replace it.
var syncDir = disk.SyncDir

// removeMarker removes the marker of a complete file. Another run may already have removed it.
func removeMarker(path string) error {
	if err := os.Remove(markerOf(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("split: %w", err)
	}
	return nil
}

// clearFinished removes the marker of a run that was killed in its last step: the file has its
// name and is on the disk.
func clearFinished(path, part, whole string, rest *marker) error {
	if rest == nil || !slices.Contains(rest.Files, filepath.Base(part)) || !isPlain(whole) {
		return nil
	}
	if _, err := os.Lstat(part); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return removeMarker(path)
}

// Abandon removes what was written. After Finish it does nothing, so it can be deferred.
func (f *File) Abandon() error {
	if f.closed {
		return nil
	}
	f.closed = true
	if f.file != nil {
		f.file.Close()
	}
	f.lock.Close() // Windows cannot remove an open file
	err := os.Remove(partOf(f.path))
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = os.Remove(markerOf(f.path)) // otherwise the marker stays, because a file is left
	}
	if err != nil {
		return fmt.Errorf("split: cleaning up: %w", err)
	}
	return nil
}
