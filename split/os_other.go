//go:build !windows && !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly

package split

import (
	"io/fs"
	"os"
)

func openMovable(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
}
func tryLock(*os.File) bool            { return true }
func syncDir(string)                   {}
func allocated(st fs.FileInfo) int64   { return st.Size() }
func allowHoles(*os.File) error        { return nil }
func sameDevice(*os.File, string) bool { return false }
