package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// PartSuffix is the ending of a file's name until all of it is on the disk.
const PartSuffix = ".part"

// Pending is a file or folder that is written and does not have its final name yet.
type Pending struct {
	File interface { // nil: already synced and closed, or a folder
		Sync() error
		Close() error
	}
	Part, Path string // the present and the final name, on the same file system
}

// PublishOptions changes the steps of Publish. The zero value is the safe one.
type PublishOptions struct {
	Root     *os.Root // the folder of the names; nil: the names are paths
	NoSync   bool     // do not sync: the system decides when data and names reach the disk
	Later    bool     // the caller syncs the folder, once for many names
	KeepOpen bool     // do not close the files: their locks outlive the rename

	Before  func() error           // is called after the data are on the disk, before the first rename; an error stops Publish
	SyncDir func(dir string) error // nil: SyncDir; tests replace it
}

// Publish gives files their final names: it syncs and closes them all, renames them, the first
// one last, and syncs the folder. Before that no file has its final name. After an error the
// files are closed, and each still has, or has again, the name Part; the caller removes it or
// continues with it. The exception is a file that replaced an older one: it keeps the name,
// because the older one is gone.
func Publish(opt PublishOptions, files ...Pending) error {
	var err error
	for _, f := range files {
		if f.File == nil {
			continue
		}
		if err == nil && !opt.NoSync {
			err = f.File.Sync()
		}
		if opt.KeepOpen {
			continue
		}
		if cerr := f.File.Close(); err == nil {
			err = cerr
		}
	}
	if err == nil && opt.Before != nil {
		err = opt.Before()
	}
	if err != nil {
		return err
	}
	return opt.name(files)
}

// name renames the files and syncs their folders.
func (o PublishOptions) name(files []Pending) error {
	var undo []Pending
	var err error
	for i := len(files) - 1; i >= 0 && err == nil; i-- {
		f := files[i]
		_, old := o.lstat(f.Path)
		if err = o.rename(f.Part, f.Path); err == nil && errors.Is(old, fs.ErrNotExist) {
			undo = append(undo, f)
		}
	}
	if err == nil && !o.NoSync && !o.Later {
		err = o.syncFolders(files)
	}
	if err != nil { // a file that looks finished may be lost, or be only a part of a set
		for _, f := range undo {
			if back := o.rename(f.Path, f.Part); back != nil {
				err = errors.Join(err, back)
			}
		}
	}
	return err
}

func (o PublishOptions) syncFolders(files []Pending) error {
	sync := o.SyncDir
	if sync == nil {
		sync = SyncDir
	}
	done := map[string]bool{}
	for _, f := range files {
		dir := filepath.Dir(f.Path)
		if o.Root != nil {
			dir = filepath.Join(o.Root.Name(), dir)
		}
		if done[dir] {
			continue
		}
		done[dir] = true
		if err := sync(dir); err != nil {
			return err
		}
	}
	return nil
}

func (o PublishOptions) lstat(name string) (fs.FileInfo, error) {
	if o.Root != nil {
		return o.Root.Lstat(name)
	}
	return os.Lstat(name)
}

func (o PublishOptions) rename(from, to string) error {
	if o.Root != nil {
		return o.Root.Rename(from, to)
	}
	return os.Rename(from, to)
}

// Fill writes the content of the open file f, whose path is f.Name(), with fill, and publishes
// it as path. Content that a killed run left in f is removed. After an error no file is left
// under either name, and f is closed (but not with KeepOpen).
func Fill(f *os.File, path string, opt PublishOptions, fill func(*os.File) error) error {
	err := f.Truncate(0)
	if err == nil {
		err = fill(f)
	}
	part := f.Name()
	if err == nil {
		err = Publish(opt, Pending{f, part, path})
	} else if !opt.KeepOpen {
		f.Close()
	}
	if err != nil {
		os.Remove(part)
	}
	return err
}
