package port_test

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mtkkit/mtkkit/acquire/port"
)

// terminal makes a pseudo-terminal and opens its other side as a port.
func terminal(t *testing.T) (phone *os.File, host port.Conn) {
	t.Helper()
	phone, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { phone.Close() })
	n, err := unix.IoctlGetInt(int(phone.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(phone.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	host, err = port.System().Open(fmt.Sprintf("/dev/pts/%d", n))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.Close() })
	return phone, host
}

// Silence, a phone that left and our own Close are three different errors, in the middle
// of a read too.
func TestConnEnds(t *testing.T) {
	b := make([]byte, 10)
	read := func(c port.Conn, wait time.Duration) error {
		if err := c.SetReadTimeout(wait); err != nil {
			return err
		}
		n, err := c.Read(b)
		if n == 0 && err == nil {
			t.Error("nothing was read, and that is no error")
		}
		return err
	}

	phone, host := terminal(t)
	if err := read(host, time.Millisecond); !errors.Is(err, port.ErrTimeout) {
		t.Errorf("silence: %v", err)
	}
	if _, err := phone.Write([]byte("READY\n\x04\x11")); err != nil { // what a terminal in another mode would change
		t.Fatal(err)
	}
	if err := read(host, 10*time.Second); err != nil || string(b[:8]) != "READY\n\x04\x11" {
		t.Errorf("after silence: %q, %v", b, err)
	}
	time.AfterFunc(20*time.Millisecond, func() { phone.Close() })
	if err := read(host, 10*time.Second); !errors.Is(err, port.ErrGone) {
		t.Errorf("a phone that left: %v", err)
	}
	if _, err := host.Write([]byte{0xa0}); !errors.Is(err, port.ErrGone) {
		t.Errorf("a write to a phone that left: %v", err)
	}

	_, host = terminal(t)
	time.AfterFunc(20*time.Millisecond, func() { host.Close() })
	if err := read(host, 10*time.Second); !errors.Is(err, port.ErrClosed) {
		t.Errorf("closed here: %v", err)
	}
	if err := read(host, time.Millisecond); !errors.Is(err, port.ErrClosed) {
		t.Errorf("after it was closed here: %v", err)
	}
	if err := host.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}
