//go:build linux || darwin

package source

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// seekData returns the first stretch of data at or after off. io.EOF means that only
// holes follow. lseek moves the descriptor's offset, which nobody here uses: all
// reading is by pread, so concurrent callers do not disturb each other.
func seekData(f *os.File, off, size int64) (start, end int64, err error) {
	start, err = f.Seek(off, whenceData)
	if errors.Is(err, syscall.ENXIO) {
		return 0, 0, io.EOF
	}
	if err != nil {
		return 0, 0, err
	}
	if end, err = f.Seek(start, whenceHole); err != nil {
		end = size
	}
	return start, end, nil
}
