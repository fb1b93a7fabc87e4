//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package disk

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// noWait has a named pipe opened at once; for files it means nothing.
const noWait = unix.O_NONBLOCK

// openMovable opens a file, or makes it, that can be renamed while it is open. The last
// part of the path is not followed where it is a link.
func openMovable(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|noWait, 0o666)
}

// TryLock takes an exclusive lock that ends with the process. A file system without
// locks counts as unlocked: the lock only makes a mistake less likely.
func TryLock(f *os.File) bool {
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != unix.EWOULDBLOCK
}

// SyncDir puts the names of a folder on the disk. Some file systems do not do that for
// folders, and a folder that may be written to need not be one that may be read; then there
// is nothing to do.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !notForFolders(err) {
		return err
	}
	return nil
}

// notForFolders knows the errors by which a file system says that it syncs no folders
// (fsync(2)).
func notForFolders(err error) bool {
	for _, e := range []error{unix.EINVAL, unix.ENOTSUP, unix.EOPNOTSUPP, unix.ENOSYS, unix.EBADF, unix.EROFS} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// Allocated returns how many bytes removing the file gives back.
func Allocated(st fs.FileInfo) int64 {
	if s, ok := st.Sys().(*syscall.Stat_t); ok {
		if s.Nlink > 1 {
			return 0
		}
		return int64(s.Blocks) * 512
	}
	return st.Size()
}

// AllowHoles has nothing to do where every file may have holes.
func AllowHoles(*os.File) error { return nil }

// SameDevice reports whether an open file and a path are on one file system.
func SameDevice(f *os.File, path string) bool {
	var a, b unix.Stat_t
	return unix.Fstat(int(f.Fd()), &a) == nil && unix.Stat(path, &b) == nil && a.Dev == b.Dev
}
