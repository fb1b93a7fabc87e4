//go:build unix

package source

import (
	"errors"
	"syscall"
)

// isMedium reports whether err means that a disk cannot read some bytes. The page cache returns one
// error for all causes; reads that bypass it return others.
func isMedium(err error) bool {
	for _, e := range []error{syscall.EIO, syscall.ENODATA, syscall.EILSEQ, syscall.ETIMEDOUT} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
