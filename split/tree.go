package split

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mtkkit/mtkkit/disk"
	"github.com/mtkkit/mtkkit/flash"
)

// WriteTree makes a new folder of files, completely or not at all. The names are paths with
// slashes. Until it is complete the folder has the name DIR.part. It replaces nothing: an
// existing folder is a *flash.Refusal.
func WriteTree(dir string, files []flash.Output) error {
	dir = filepath.Clean(dir)
	part := partOf(dir)
	for _, path := range []string{dir, part} {
		if _, err := os.Lstat(path); err == nil {
			return flash.Refuse("split", flash.ReasonBeside, path, "already exists")
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.Mkdir(part, 0o777); err != nil {
		return err
	}
	err := fillTree(part, files)
	if err == nil {
		err = disk.Publish(disk.PublishOptions{}, disk.Pending{Part: part, Path: dir})
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(part))
	}
	return nil
}

func fillTree(dir string, files []flash.Output) error {
	root, err := disk.OpenFolder(dir) // no name can lead out of the folder
	if err != nil {
		return err
	}
	defer root.Close()
	for _, f := range files {
		name := filepath.FromSlash(f.Name)
		if parent := filepath.Dir(name); parent != "." {
			if err := root.MkdirAll(parent, 0o777); err != nil {
				return err
			}
		}
		w, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return err
		}
		if _, err = io.Copy(w, io.NewSectionReader(f.Image, 0, f.Image.Size())); err == nil {
			err = w.Sync()
		}
		if err := errors.Join(err, w.Close()); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return disk.SyncDir(path)
	})
}
