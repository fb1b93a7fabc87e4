//go:build !windows && !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly

package disk

import (
	"io/fs"
	"os"
)

// noWait is not known here.
const noWait = 0

// openMovable opens a file, or makes it.
func openMovable(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
}

// The system's answers where none are known.
func TryLock(*os.File) bool            { return true }
func SyncDir(string) error             { return nil }
func Allocated(st fs.FileInfo) int64   { return st.Size() }
func AllowHoles(*os.File) error        { return nil }
func SameDevice(*os.File, string) bool { return false }
