//go:build !windows && !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly

package disk

import (
	"io/fs"
	"os"
)

// noWait does not exist on these systems.
const noWait = 0

// openMovable opens a file, or creates it.
func openMovable(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
}

// The functions for systems without these services.
func TryLock(*os.File) bool            { return true }
func SyncDir(string) error             { return nil }
func Allocated(st fs.FileInfo) int64   { return st.Size() }
func AllowHoles(*os.File) error        { return nil }
func SameDevice(*os.File, string) bool { return false }
