//go:build !linux

package split

import (
	"errors"
	"os"
)

// Other systems copy through the package's own buffers: macOS can only clone whole files, and
// ReFS on Windows is rare.
func cloneRange(*os.File, int64, *os.File, int64, int64) error { return errors.ErrUnsupported }

func copyRange(*os.File, int64, *os.File, int64, int) (int, error) {
	return 0, errors.ErrUnsupported
}

func startSync(outFile) {}
