//go:build unix

package source

import (
	"errors"
	"syscall"
)

// isMedium knows the errors with which a disk says that it cannot read a place. The
// page cache makes one of all of them; what bypasses it does not.
func isMedium(err error) bool {
	for _, e := range []error{syscall.EIO, syscall.ENODATA, syscall.EILSEQ, syscall.ETIMEDOUT} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
