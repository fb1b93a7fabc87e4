package source

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// isMedium knows the errors with which a disk says that it cannot read a place.
func isMedium(err error) bool {
	for _, e := range []error{windows.ERROR_CRC, windows.ERROR_SECTOR_NOT_FOUND, windows.ERROR_READ_FAULT, windows.ERROR_IO_DEVICE} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func forget(*os.File) {}
