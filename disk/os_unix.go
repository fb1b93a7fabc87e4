//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package disk

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// OpenMovable opens a file, or makes it, that can be renamed while it is open.
func OpenMovable(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
}

// TryLock takes an exclusive lock that ends with the process. A file system without
// locks counts as unlocked: the lock only makes a mistake less likely.
func TryLock(f *os.File) bool {
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != unix.EWOULDBLOCK
}

// SyncDir puts the names of a folder on the disk; some file systems refuse, and then
// there is nothing to do.
func SyncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		d.Close()
	}
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
