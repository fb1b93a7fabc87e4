//go:build !linux && !darwin && !windows

package disk

import "errors"

// VolumeOf has no portable answer; what cannot be known forbids nothing.
func VolumeOf(string) (Volume, error) { return Volume{}, errors.ErrUnsupported }
