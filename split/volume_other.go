//go:build !linux && !darwin && !windows

package split

import "errors"

// volumeOf has no portable answer; what cannot be known forbids nothing.
func volumeOf(string) (volume, error) { return volume{}, errors.ErrUnsupported }
