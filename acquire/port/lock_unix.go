//go:build unix

package port

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/mtkkit/mtkkit/disk"
)

// lockPort locks the port for this run before a byte or a setting can disturb another run that has
// it. The serial library sets the kernel's exclusive mode (TIOCEXCL), which does not stop root. An
// advisory lock also works for root and for every name of the port, and it ends with the process.
func lockPort(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.EBUSY) {
		return nil, fmt.Errorf("%w: %w", ErrBusy, err)
	}
	if err != nil {
		return nil, err
	}
	if !disk.TryLock(f) {
		f.Close()
		return nil, ErrBusy
	}
	return f, nil
}
