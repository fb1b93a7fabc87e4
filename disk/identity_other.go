//go:build !windows && !linux && !darwin && !freebsd

package disk

import (
	"errors"
	"time"
)

// identify is not supported here.
func identify(string) (number uint64, born time.Time, err error) {
	return 0, time.Time{}, errors.ErrUnsupported
}
