package source

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// isMedium reports whether err means that a disk cannot read some bytes.
func isMedium(err error) bool {
	for _, e := range []error{windows.ERROR_CRC, windows.ERROR_SECTOR_NOT_FOUND, windows.ERROR_READ_FAULT, windows.ERROR_IO_DEVICE} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func forget(*os.File) {}
