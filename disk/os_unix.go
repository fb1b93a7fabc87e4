//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package disk

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// noWait makes opening a named pipe return at once; it has no effect for files.
const noWait = unix.O_NONBLOCK

// openMovable opens or creates a file that can be renamed while it is open. It does not follow a
// link at the end of the path.
func openMovable(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|noWait, 0o666)
}

// TryLock takes an exclusive lock that ends with the process. On a file system without locks it
// returns true: the lock only makes mistakes less likely.
func TryLock(f *os.File) bool {
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != unix.EWOULDBLOCK
}

// SyncDir syncs a folder, so that the names in it are on the disk. Some file systems cannot do
// this, and a folder may be writable but not readable; then SyncDir does nothing.
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

// notForFolders reports whether err means that a file system cannot sync folders (fsync(2)).
func notForFolders(err error) bool {
	for _, e := range []error{unix.EINVAL, unix.ENOTSUP, unix.EOPNOTSUPP, unix.ENOSYS, unix.EBADF, unix.EROFS} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// Allocated returns how many bytes are freed if the file is removed.
func Allocated(st fs.FileInfo) int64 {
	if s, ok := st.Sys().(*syscall.Stat_t); ok {
		if s.Nlink > 1 {
			return 0
		}
		return int64(s.Blocks) * 512
	}
	return st.Size()
}

// AllowHoles does nothing on systems where every file can have holes.
func AllowHoles(*os.File) error { return nil }

// SameDevice reports whether an open file and a path are on one file system.
func SameDevice(f *os.File, path string) bool {
	var a, b unix.Stat_t
	return unix.Fstat(int(f.Fd()), &a) == nil && unix.Stat(path, &b) == nil && a.Dev == b.Dev
}
