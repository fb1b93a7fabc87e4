//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package split

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// openMovable opens a file, or makes it, that can be renamed while it is open.
func openMovable(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
}

// tryLock takes an exclusive lock that ends with the process. A file system without
// locks counts as unlocked: the lock only makes a mistake less likely.
func tryLock(f *os.File) bool {
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != unix.EWOULDBLOCK
}

// syncDir puts the names of a folder on the disk; some file systems refuse, and then
// there is nothing to do.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		d.Close()
	}
}

// allocated returns how many bytes removing the file gives back.
func allocated(st fs.FileInfo) int64 {
	if s, ok := st.Sys().(*syscall.Stat_t); ok {
		if s.Nlink > 1 {
			return 0
		}
		return int64(s.Blocks) * 512
	}
	return st.Size()
}

// allowHoles has nothing to do where every file may have holes.
func allowHoles(*os.File) error { return nil }

// sameDevice reports whether an open file and a path are on one file system.
func sameDevice(f *os.File, path string) bool {
	var a, b unix.Stat_t
	return unix.Fstat(int(f.Fd()), &a) == nil && unix.Stat(path, &b) == nil && a.Dev == b.Dev
}
