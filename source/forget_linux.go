package source

import (
	"os"

	"golang.org/x/sys/unix"
)

// forget drops clean pages. That it is advice is why its failure is no error.
func forget(f *os.File) { _ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED) }
