package split

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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

	Beside     string                 // another file that may be written with AddBeside, and gets its name first; "" for none
	OursBeside func(path string) bool // reports whether Force may replace an existing file of that name; nil: never
	Before     func(*File) error      // is called by Finish when all of the file is written; an error stops it. nil for none
}

// File is a single output while it is written: OUT.part, and a locked marker beside it. It must end
// with Finish or Abandon.
type File struct {
	path   string
	opt    FileOptions
	file   *os.File
	owner  *owner
	extra  []disk.Pending // the file beside it
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
	if opt.Beside != "" {
		if err := refuseBeside(filepath.Clean(path), opt); err != nil {
			return err
		}
	}
	return refuseFile(filepath.Clean(path), opt)
}

// refuseBeside refuses if a file exists that would be written beside path. The file of a killed run
// is removed, if its marker proves it.
func refuseBeside(path string, opt FileOptions) error {
	rest, err := readMarker(markerOf(path), checkBase)
	if err != nil {
		return err
	}
	dir, name := filepath.Dir(path), filepath.Base(opt.Beside)
	for _, suffix := range []string{"", partSuffix} {
		found := opt.Beside + suffix
		if _, err := os.Lstat(found); err == nil && !rest.proves(dir, name, suffix) && !(suffix == "" && opt.mayReplaceBeside()) {
			return refuse(flash.ReasonBeside, found, "exists, and would look like a file of %s", path)
		}
	}
	return nil
}

// mayReplaceBeside reports whether an existing file beside the output may be replaced.
func (o *FileOptions) mayReplaceBeside() bool {
	return o.Force && o.OursBeside != nil && o.OursBeside(o.Beside)
}

// refuseFile refuses if the path has a file that must not be replaced.
func refuseFile(path string, opt FileOptions) error {
	rest, err := readMarker(markerOf(path), checkBase)
	if err != nil {
		return err
	}
	if err := clearFinished(path, path, rest); err != nil {
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
	case st.Mode().IsRegular() && rest.proves(filepath.Dir(path), filepath.Base(path), partSuffix):
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
	names := []string{filepath.Base(path)}
	if opt.Beside != "" {
		names = append(names, filepath.Base(opt.Beside))
	}
	o, err := claim(markerOf(path), marker{Files: names}, opt.NoSync, checkBase)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, opt: opt, owner: o}
	if err = o.clear(filepath.Dir(path), nil); err == nil {
		err = o.create(filepath.Base(path))
	}
	if err == nil {
		f.file, err = disk.OpenOwn(partOf(path))
	}
	if err != nil {
		if flash.AsRefusal(err) == nil {
			err = fmt.Errorf("split: %w", err)
		}
		return nil, errors.Join(err, f.Abandon())
	}
	return f, nil
}

// AddBeside writes the file beside this one with fill. Both get their names in Finish, this one
// last. If fill fails, the file beside does not exist, and this one can still be finished.
func (f *File) AddBeside(fill func(out *os.File) error) error {
	path := f.opt.Beside
	if err := f.owner.create(filepath.Base(path)); err != nil {
		return err
	}
	out, err := disk.OpenOwn(partOf(path))
	if err != nil {
		return err
	}
	if err := fill(out); err != nil {
		return errors.Join(err, out.Close(), os.Remove(partOf(path)))
	}
	f.extra = append(f.extra, disk.Pending{File: out, Part: partOf(path), Path: path})
	return nil
}

// ReadAt implements io.ReaderAt: it reads what was written.
func (f *File) ReadAt(b []byte, off int64) (int, error) { return f.file.ReadAt(b, off) }

// Size returns the number of bytes that Write has written.
func (f *File) Size() int64 { return f.written }

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

// Finish gives the file its name after all of it is on the disk. A file that it replaces stays
// until then.
func (f *File) Finish() error {
	if f.closed {
		return errors.New("split: the file is already finished or abandoned")
	}
	if f.opt.Before != nil {
		if err := f.opt.Before(f); err != nil {
			return errors.Join(err, f.Abandon())
		}
	}
	before := func() error { // another program may have made one in between
		for _, e := range f.extra {
			if _, err := os.Lstat(e.Path); err == nil && !f.opt.mayReplaceBeside() {
				return refuse(flash.ReasonBeside, e.Path, "exists, and would look like a file of %s", f.path)
			}
		}
		return refuseName(f.path, f.opt)
	}
	files := append([]disk.Pending{{File: f.file, Part: partOf(f.path), Path: f.path}}, f.extra...)
	err := disk.Publish(disk.PublishOptions{NoSync: f.opt.NoSync, SyncDir: syncDir, Before: before}, files...)
	if err != nil {
		return errors.Join(fmt.Errorf("split: %w", err), f.Abandon())
	}
	f.closed = true
	return f.owner.done()
}

// syncDir is a variable so that tests can replace it.
var syncDir = disk.SyncDir

// clearFinished removes the marker of a run that was killed in its last step: whole is a file that
// it made, has its name and is on the disk.
func clearFinished(path, whole string, rest *marker) error {
	dir, name := filepath.Split(whole)
	if !rest.proves(filepath.Clean(dir), name, "") {
		return nil
	}
	if _, err := os.Lstat(partOf(whole)); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return removeMarker(markerOf(path))
}

// Abandon removes what was written. A file that would have been replaced stays. After Finish it
// does nothing, so it can be deferred.
func (f *File) Abandon() error {
	if f.closed {
		return nil
	}
	f.closed = true
	if f.file != nil {
		f.file.Close()
	}
	for _, e := range f.extra {
		e.File.Close()
	}
	err := f.owner.clear(filepath.Dir(f.path), nil)
	if err == nil {
		err = f.owner.done()
	} else {
		f.owner.close() // the marker stays, because a file is left
	}
	if err != nil {
		return fmt.Errorf("split: cleaning up: %w", err)
	}
	return nil
}
