package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// KindError is a path that is no file of the kind that was to be opened.
type KindError struct {
	Path, Text string
}

func (e *KindError) Error() string { return e.Path + ": " + e.Text }

// OpenPlain opens a regular file for reading. Nothing else is opened: a named pipe would
// wait for a writer for ever, and to open some devices is to change them.
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

// OpenSmall opens a regular file, or a pipe that a shell has opened already, as it does for
// <(COMMAND): keys need not lie in files.
func OpenSmall(path string) (*os.File, error) {
	if st, err := os.Stat(path); err == nil && st.Mode()&fs.ModeNamedPipe != 0 && IsDescriptor(path) {
		return os.Open(path)
	}
	return OpenPlain(path)
}

// IsDescriptor reports whether a path stands for an open file of this process. Other pipes
// may have nobody at their other end, and to open one then waits for ever.
func IsDescriptor(path string) bool {
	return path == "/dev/stdin" || strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/self/fd/")
}

// OpenIn opens a regular file of a folder. A link that leaves the folder is a *KindError.
func OpenIn(root *os.Root, name string) (*os.File, error) {
	f, err := open(name, fs.FileMode.IsRegular,
		func() (fs.FileInfo, error) { return StatIn(root, name) },
		func(flags int) (*os.File, error) { return root.OpenFile(name, flags, 0) })
	return f, err
}

// OpenInFolder is OpenIn for a folder by its path.
func OpenInFolder(dir, name string) (*os.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := OpenIn(root, name)
	return f, inFolder(dir, name, err)
}

// StatInFolder is StatIn for a folder by its path.
func StatInFolder(dir, name string) (fs.FileInfo, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	st, err := StatIn(root, name)
	return st, inFolder(dir, name, err)
}

// inFolder gives an error the whole path.
func inFolder(dir, name string, err error) error {
	if kind := (*KindError)(nil); errors.As(err, &kind) {
		return &KindError{filepath.Join(dir, name), kind.Text}
	}
	return err
}

// StatIn tells of what stands in a folder under a name; links are followed within it. One
// that leaves the folder is a *KindError.
func StatIn(root *os.Root, name string) (fs.FileInfo, error) {
	st, err := root.Stat(name)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return st, err
	}
	if l, lerr := root.Lstat(name); lerr == nil && l.Mode()&fs.ModeSymlink == 0 {
		return st, err
	}
	return nil, &KindError{name, "is, or lies behind, a link that leaves the folder, and is not followed"}
}

// open asks what a path is before it opens it, and makes sure that it opened just that.
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
		flags |= noWait // should a pipe have taken its place since
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

// kindOf says what something is that is no plain file.
func kindOf(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "is a folder"
	case m&fs.ModeNamedPipe != 0:
		return "is a named pipe, and no file"
	case m&fs.ModeSocket != 0:
		return "is a socket, and no file"
	case m&fs.ModeDevice != 0:
		return "is a device, and no file"
	}
	return "is no plain file"
}

// OpenOwn opens a file to read and write, and makes it where none is. What stands there
// must be a plain file: a link would have us write to what it points at.
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

// WriteOwn makes b the content of a file, as OpenOwn opens it.
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

// Inside gives the folders and regular files of a folder. Links that leave it are errors, as
// is what is no file.
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
