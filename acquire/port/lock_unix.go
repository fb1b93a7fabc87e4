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

// lockPort takes the port for this run alone, before a byte or a setting could disturb
// who has it already. The kernel's exclusive mode (TIOCEXCL), which the serial library
// sets, lets root pass; an advisory lock holds for root too, under every name of the
// port, and ends with the process.
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
