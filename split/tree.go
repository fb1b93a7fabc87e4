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

// WriteTree makes a new folder of files, whole or not at all; their names are paths with slashes.
// Until it is whole the folder is called DIR.part. It replaces nothing: a folder that is there is
// a *Refusal.
func WriteTree(dir string, files []flash.Output) error {
	dir = filepath.Clean(dir)
	part := partOf(dir)
	for _, path := range []string{dir, part} {
		if _, err := os.Lstat(path); err == nil {
			return &Refusal{Exists, path, "is there already", "nothing is replaced: move it away, or choose another name"}
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.Mkdir(part, 0o777); err != nil {
		return err
	}
	err := fillTree(part, files)
	if err == nil {
		err = os.Rename(part, dir)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(part))
	}
	return disk.SyncDir(filepath.Dir(dir))
}

func fillTree(dir string, files []flash.Output) error {
	root, err := os.OpenRoot(dir) // no name, whatever it is, leads out of the folder
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
		_, err = io.Copy(w, io.NewSectionReader(f.Image, 0, f.Image.Size()))
		if err := errors.Join(err, w.Close()); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}
