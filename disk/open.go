package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// KindError reports a path that is not a file of the required kind.
type KindError struct {
	Path, Text string
}

func (e *KindError) Error() string { return e.Path + ": " + e.Text }

// OpenPlain opens a regular file for reading. It opens nothing else: a named pipe could wait for
// a writer for ever, and opening some devices changes them.
func OpenPlain(path string) (*os.File, error) {
	return open(path, fs.FileMode.IsRegular,
		func() (fs.FileInfo, error) { return os.Stat(path) },
		func(flags int) (*os.File, error) { return os.OpenFile(path, flags, 0) })
}

// OpenDump opens a regular file or a block device for reading.
func OpenDump(path string) (*os.File, error) {
	return open(path, func(m fs.FileMode) bool { return m.IsRegular() || isBlock(m) },
		func() (fs.FileInfo, error) { return os.Stat(path) },
		func(flags int) (*os.File, error) { return os.OpenFile(path, flags, 0) })
}

// OpenSmall opens a regular file, or a pipe that a shell has opened, as for <(COMMAND): keys
// need not be in files.
func OpenSmall(path string) (*os.File, error) {
	if st, err := os.Stat(path); err == nil && st.Mode()&fs.ModeNamedPipe != 0 && IsDescriptor(path) {
		return os.Open(path)
	}
	return OpenPlain(path)
}

// IsDescriptor reports whether a path is an open file of this process. Other pipes may have no
// process at the other end, and opening one would then wait for ever.
func IsDescriptor(path string) bool {
	return path == "/dev/stdin" || strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/self/fd/")
}

// OpenIn opens a regular file in a folder. A link that leads out of the folder is a *KindError.
func OpenIn(root *os.Root, name string) (*os.File, error) {
	f, err := open(name, fs.FileMode.IsRegular,
		func() (fs.FileInfo, error) { return StatIn(root, name) },
		func(flags int) (*os.File, error) { return root.OpenFile(name, flags, 0) })
	return f, err
}

// OpenFolder opens a folder, beneath which names are looked up. It opens nothing else:
// os.OpenRoot waits for a writer if a named pipe has the folder's name.
func OpenFolder(path string) (*os.Root, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: syscall.ENOTDIR}
	}
	return os.OpenRoot(path + string(filepath.Separator) + ".") // fails at once if a pipe has replaced it
}

// OpenInFolder is OpenIn with the path of a folder.
func OpenInFolder(dir, name string) (*os.File, error) {
	root, err := OpenFolder(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := OpenIn(root, name)
	return f, inFolder(dir, name, err)
}

// StatInFolder is StatIn with the path of a folder.
func StatInFolder(dir, name string) (fs.FileInfo, error) {
	root, err := OpenFolder(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	st, err := StatIn(root, name)
	return st, inFolder(dir, name, err)
}

// inFolder puts the whole path into an error.
func inFolder(dir, name string, err error) error {
	if kind := (*KindError)(nil); errors.As(err, &kind) {
		return &KindError{filepath.Join(dir, name), kind.Text}
	}
	return err
}

// StatIn returns the FileInfo of a name in a folder. It follows links within the folder; one
// that leads out of it is a *KindError.
func StatIn(root *os.Root, name string) (fs.FileInfo, error) {
	st, err := root.Stat(name)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return st, err
	}
	if l, lerr := root.Lstat(name); lerr == nil && l.Mode()&fs.ModeSymlink == 0 {
		return st, err
	}
	return nil, &KindError{name, "is, or is behind, a link that leaves the folder and is not followed"}
}

// open checks the kind of a path before it opens it, and then that it opened the same file.
func open(path string, allow func(fs.FileMode) bool, stat func() (fs.FileInfo, error), open func(flags int) (*os.File, error)) (*os.File, error) {
	st, err := stat()
	if err != nil {
		return nil, err
	}
	if !allow(st.Mode()) {
		return nil, &KindError{path, kindOf(st.Mode())}
	}
	flags := os.O_RDONLY
	if st.Mode().IsRegular() {
		flags |= noWait // in case a pipe has replaced it
	}
	f, err := open(flags)
	if err != nil {
		return nil, err
	}
	if now, err := f.Stat(); err != nil || !os.SameFile(st, now) {
		f.Close()
		return nil, errors.Join(fmt.Errorf("%s: changed while it was opened", path), err)
	}
	return f, nil
}

// isBlock reports whether a mode is that of a block device.
func isBlock(m fs.FileMode) bool { return m&fs.ModeDevice != 0 && m&fs.ModeCharDevice == 0 }

// kindOf describes a path that is not a regular file.
func kindOf(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "is a folder"
	case m&fs.ModeNamedPipe != 0:
		return "is a named pipe, not a file"
	case m&fs.ModeSocket != 0:
		return "is a socket, not a file"
	case m&fs.ModeDevice != 0:
		return "is a device, not a file"
	}
	return "is not a regular file"
}

// OpenOwn opens a file for reading and writing, and creates it if it does not exist. An existing
// one must be a regular file: through a link, its target would be written to.
func OpenOwn(path string) (*os.File, error) {
	if st, err := os.Lstat(path); err == nil && !st.Mode().IsRegular() {
		return nil, notOwn(path, st.Mode())
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := openMovable(path)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = notOwn(path, st.Mode())
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func notOwn(path string, m fs.FileMode) error {
	if m&fs.ModeSymlink != 0 {
		return &KindError{path, "is a link, and nothing is written through links"}
	}
	return &KindError{path, kindOf(m)}
}

// WriteOwn writes b as the content of a file that it opens like OpenOwn.
func WriteOwn(path string, b []byte) error {
	f, err := OpenOwn(path)
	if err != nil {
		return err
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = f.Write(b)
	}
	return errors.Join(err, f.Close())
}

// Inside gives access to the folders and regular files of a folder. Links out of it, and other
// kinds of files, are errors.
type Inside struct{ Root *os.Root }

// Open implements fs.FS.
func (i Inside) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	name = filepath.FromSlash(name)
	st, err := StatIn(i.Root, name)
	if err != nil {
		return nil, err
	}
	if st.IsDir() {
		return i.Root.Open(name)
	}
	f, err := OpenIn(i.Root, name)
	if err != nil {
		return nil, err // not a nil *os.File in the interface
	}
	return f, nil
}
