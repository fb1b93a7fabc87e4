package oci

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/mtkkit/mtkkit/disk"
)

// folder is the folder of a layout. It is untrusted: every name is looked up beneath its root,
// so that no link leads out of it, and only regular files are opened, because opening a pipe
// would block.
type folder struct {
	dir  string // for messages, and for calls that need a path
	root *os.Root
}

// openFolder opens an existing folder.
func openFolder(dir string) (folder, error) {
	root, err := disk.OpenFolder(dir)
	return folder{dir, root}, err
}

func (f folder) close() error { return f.root.Close() }

// path returns the path of a name in the folder, for messages.
func (f folder) path(name string) string { return filepath.Join(f.dir, name) }

// open opens a regular file for reading.
func (f folder) open(name string) (*os.File, error) {
	st, err := f.root.Stat(name)
	if err != nil {
		return nil, f.why(name, err)
	}
	if !st.Mode().IsRegular() {
		return nil, notRegular(f.path(name))
	}
	flag := os.O_RDONLY
	if runtime.GOOS != "windows" {
		flag |= syscall.O_NONBLOCK // so that a pipe that replaced the file does not block
	}
	file, err := f.root.OpenFile(name, flag, 0)
	if err != nil {
		return nil, f.why(name, err)
	}
	if st, err = file.Stat(); err == nil && !st.Mode().IsRegular() {
		err = notRegular(f.path(name))
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

func notRegular(path string) error {
	return fmt.Errorf("%s is not a regular file and is not opened", path)
}

// why names the link if a name leads out of the folder.
func (f folder) why(name string, err error) error {
	if err == nil || !strings.Contains(err.Error(), "escapes") { // the error of package os can only be recognised by its text
		return err
	}
	part := ""
	for c := range strings.SplitSeq(filepath.ToSlash(name), "/") {
		part = filepath.Join(part, c)
		if to, lerr := f.root.Readlink(part); lerr == nil {
			return fmt.Errorf("%s is a link out of the folder (to %s) and is not followed", f.path(part), to)
		}
	}
	return err
}

// readSmall reads a file of at most limit bytes.
func (f folder) readSmall(name string, limit int64) ([]byte, error) {
	file, err := f.open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%s is longer than %d bytes", f.path(name), limit)
	}
	return b, err
}

// own returns a name in mtkkit's own folder of the layout.
func own(name string) string { return filepath.Join(ownDir, name) }

// makeOwn makes mtkkit's own folder. It must not be a link to another folder.
func (f folder) makeOwn() error {
	st, err := f.root.Lstat(ownDir)
	if errors.Is(err, fs.ErrNotExist) {
		if err = f.root.Mkdir(ownDir, 0o777); err == nil || errors.Is(err, fs.ErrExist) {
			st, err = f.root.Lstat(ownDir)
		}
	}
	if err == nil && !st.IsDir() {
		err = fmt.Errorf("%s is not a folder, or is a link, so nothing is written there: remove it", f.path(ownDir))
	}
	return err
}

// lockFile returns the path of an existing lock file; with make, it makes the file. It does not
// follow a link, and accepts only a regular file.
func (f folder) lockFile(name string, make bool) (string, error) {
	if make {
		if err := f.makeOwn(); err != nil {
			return "", err
		}
	} else if st, err := f.root.Lstat(ownDir); err == nil && !st.IsDir() {
		return "", fmt.Errorf("%s is not a folder, or is a link", f.path(ownDir))
	}
	st, err := f.root.Lstat(own(name))
	if errors.Is(err, fs.ErrNotExist) && make {
		var file *os.File
		if file, err = f.root.OpenFile(own(name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666); err == nil {
			return f.path(own(name)), file.Close()
		}
		if errors.Is(err, fs.ErrExist) { // another run made it at the same time
			st, err = f.root.Lstat(own(name))
		}
	}
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file, or is a link, so nothing is locked there: remove it", f.path(own(name)))
	}
	return f.path(own(name)), err
}

// spool makes an empty file in mtkkit's own folder.
func (f folder) spool() (*os.File, error) {
	for range 100 {
		file, err := f.root.OpenFile(own(fmt.Sprintf("%d%s", rand.Uint64(), partSuffix)), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) {
			return file, f.why(ownDir, err)
		}
	}
	return nil, fmt.Errorf("%s: no name is free", f.path(ownDir))
}

// spooled returns the name of a file that spool made.
func spooled(file *os.File) string { return own(filepath.Base(file.Name())) }

// parts returns the names of unfinished files, of running and of killed runs.
func (f folder) parts() []string {
	var out []string
	d, err := f.root.Open(ownDir)
	if err != nil {
		return nil
	}
	defer d.Close()
	entries, _ := d.ReadDir(-1)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), partSuffix) {
			out = append(out, own(e.Name()))
		}
	}
	return out
}
