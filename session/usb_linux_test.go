package session

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// onUSB opens the device file of a phone, as an app on an Android phone does, and gives the name of the port.
func onUSB(t *testing.T, p *acquiretest.Phone) (u *acquiretest.USB, name string) {
	t.Helper()
	u, err := p.PlugUSB(t.TempDir())
	if err != nil {
		t.Skipf("a stand-in for usbfs needs FUSE and its mount: %v", err)
	}
	t.Cleanup(func() {
		if err := u.Unplug(); err != nil {
			t.Error(err)
		}
	})
	if _, err := port.Wait(t.Context(), p, func(port.Info) bool { return true }); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open(u.Path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return u, fmt.Sprintf("fd:%d", fd)
}

// A phone is read through a file descriptor of usbfs: its handshake, the agent that it gets, and its flash.
func TestFileDescriptor(t *testing.T) {
	u, name := onUSB(t, &acquiretest.Phone{Parts: parts(), Window: -1, EnumDelay: time.Nanosecond})
	phone, err := Connect(t.Context(), Options{Port: name, AgentImage: bytes.NewReader(agents()), Wait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		region flash.Region
		flash.Extent
	}{{flash.EMMCBoot1, flash.Extent{Length: 256 << 10}}, {flash.EMMCUser, flash.Extent{Offset: 2 << 20, Length: 64 << 10}}} {
		got, err := flash.ReadFull(phone.Device().Image(c.region), c.Offset, int(c.Length))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range parts() {
			if part.Region != c.region {
				continue
			}
			if want, _ := flash.ReadFull(part.Image, c.Offset, int(c.Length)); !bytes.Equal(got, want) {
				t.Errorf("%s: other bytes", c.region)
			}
		}
	}
	if err := phone.Close(); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(u.Line, []byte{0, 0x10, 0x0E, 0, 0, 0, 8}) { // 921600 baud, 8N1
		t.Errorf("the line was set to % x", u.Line)
	}
}

// What is no USB device is said at once, and a phone that was pulled out cannot come back.
func TestFileDescriptorOdd(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for name, want := range map[string]string{fmt.Sprintf("fd:%d", f.Fd()): "not a USB device", "fd:9999": "not a USB device: bad file descriptor", "fd:x": "not the number of a file descriptor", "fd:-1": "not the number"} {
		_, err := Connect(t.Context(), Options{Port: name, AgentImage: bytes.NewReader(agents()), Wait: time.Minute})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, name := onUSB(t, &acquiretest.Phone{Parts: parts(), Window: -1, EnumDelay: time.Nanosecond,
		Deadly: map[flash.Region][]flash.Extent{flash.EMMCUser: {{Offset: 4 << 20, Length: 512}}}})
	phone, err := Connect(t.Context(), Options{Port: name, AgentImage: bytes.NewReader(agents()), Wait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Close()
	if _, err := flash.ReadFull(phone.Device().Image(flash.EMMCUser), 4<<20, 512); !errors.Is(err, port.ErrGone) {
		t.Errorf("pulled out: %v", err)
	}
}
