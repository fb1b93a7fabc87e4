//go:build linux || darwin || freebsd

package split

import (
	"os"

	"golang.org/x/sys/unix"
)

// seekData returns where the next data at or after off begin and end; size when only
// a hole follows. It moves the file's position, which nobody here uses.
func seekData(f *os.File, off, size int64) (start, end int64) {
	start, err := unix.Seek(int(f.Fd()), off, unix.SEEK_DATA)
	if err == unix.ENXIO {
		return size, size
	}
	if err != nil {
		return off, size
	}
	if end, err = unix.Seek(int(f.Fd()), start, unix.SEEK_HOLE); err != nil || end <= start {
		return start, size
	}
	return start, end
}
