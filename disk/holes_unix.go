//go:build linux || darwin || freebsd

package disk

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// seekData returns the first range of data at or after off (lseek(2)). io.EOF means that no data
// follow, or that off is behind the end. It moves the file's position, which is not used
// elsewhere: all reads are pread, so concurrent callers do not disturb each other.
func seekData(f *os.File, off, size int64) (start, end int64, err error) {
	start, err = f.Seek(off, unix.SEEK_DATA)
	if errors.Is(err, unix.ENXIO) {
		return 0, 0, io.EOF
	}
	if err != nil {
		return 0, 0, err
	}
	if end, err = f.Seek(start, unix.SEEK_HOLE); err != nil {
		end = size
	}
	return start, end, nil
}
