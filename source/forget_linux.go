package source

import (
	"os"

	"golang.org/x/sys/unix"
)

// forget drops clean pages from the cache. It is only advice, so its failure is not an error.
func forget(f *os.File) { _ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED) }
