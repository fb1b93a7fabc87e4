//go:build !linux && !darwin && !windows

package disk

import "errors"

// VolumeOf is not supported here; callers refuse nothing that is unknown.
func VolumeOf(string) (Volume, error) { return Volume{}, errors.ErrUnsupported }
