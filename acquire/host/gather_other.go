//go:build !linux && !darwin && !windows

package host

import "errors"

// Gather returns an error on this system.
func Gather() (*Snapshot, error) {
	return nil, errors.New("host: devices are listed on Linux, macOS and Windows only")
}

func target(path string) (*Target, error) { return nil, errors.ErrUnsupported }
