//go:build !linux

package port

import (
	"errors"
	"fmt"
)

// USB returns an error: only Linux and Android have usbfs.
func USB(fd int) (Bus, error) {
	return nil, fmt.Errorf("port: file descriptor %d of a USB device: %w", fd, errors.ErrUnsupported)
}
