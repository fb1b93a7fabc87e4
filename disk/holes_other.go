//go:build !(linux || darwin || freebsd)

package disk

import (
	"errors"
	"os"
)

// seekData is not supported here; the caller takes everything for data.
func seekData(*os.File, int64, int64) (int64, int64, error) {
	return 0, 0, errors.ErrUnsupported
}
