package port

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A file descriptor of usbfs is how an Android phone without root lets a program use a USB device: an app
// asks its user, and gives the descriptor to the program. There is no driver and no port then; this file
// does what the driver cdc-acm does.
//
// Sources: Linux, include/uapi/linux/usbdevice_fs.h, drivers/usb/core/devio.c, drivers/usb/class/cdc-acm.c;
// USB class definitions for communications devices, PSTN subclass 1.2.

// Requests of ioctl(2): direction, size of the structure, 'U', number.
const (
	ioRead, ioBoth = 2 << 30, 3 << 30

	usbControl    = ioBoth | unsafe.Sizeof(controlTransfer{})<<16 | 'U'<<8 // number 0
	usbBulk       = ioBoth | unsafe.Sizeof(bulkTransfer{})<<16 | 'U'<<8 | 2
	usbRelease    = ioRead | 4<<16 | 'U'<<8 | 16
	usbTake       = ioRead | unsafe.Sizeof(claim{})<<16 | 'U'<<8 | 27 // USBDEVFS_DISCONNECT_CLAIM
	setLineCoding = 0x20
	setLineState  = 0x22
)

type controlTransfer struct {
	requestType, request byte
	value, index, length uint16
	timeout              uint32 // milliseconds, 0 is for ever
	data                 unsafe.Pointer
}

type bulkTransfer struct {
	endpoint, length uint32
	timeout          uint32 // milliseconds, 0 is for ever
	data             unsafe.Pointer
}

type claim struct {
	number, flags uint32
	driver        [256]byte
}

// usbBus is the one device of a descriptor.
type usbBus struct {
	fd   int
	name string
	dev  usbDevice
	gone atomic.Bool
}

// USB returns a bus with the phone of a file descriptor of usbfs. It has one port. A phone that leaves the
// bus cannot come back under the same descriptor.
func USB(fd int) (Bus, error) {
	b := make([]byte, 4096)
	n, err := unix.Pread(fd, b, 0)
	if err != nil {
		return nil, fmt.Errorf("port: file descriptor %d: %w: %w", fd, errNoDevice, err)
	}
	dev, err := readDescriptors(b[:n])
	if err != nil {
		return nil, fmt.Errorf("port: file descriptor %d: %w", fd, err)
	}
	return &usbBus{fd: fd, name: fmt.Sprintf("fd:%d", fd), dev: dev}, nil
}

// List implements Bus.
func (u *usbBus) List() ([]Info, error) {
	if u.gone.Load() {
		return nil, fmt.Errorf("%w: its file descriptor cannot be used again, and a new one is needed", ErrGone)
	}
	return []Info{{Name: u.name, VID: u.dev.vid, PID: u.dev.pid}}, nil
}

// Open implements Bus.
func (u *usbBus) Open(string) (Conn, error) {
	for _, number := range u.interfaces() {
		if _, err := u.do(usbTake, unsafe.Pointer(&claim{number: number})); err != nil {
			return nil, u.opening(err)
		}
	}
	if u.dev.control >= 0 {
		line := binary.LittleEndian.AppendUint32(nil, baud)
		u.set(setLineCoding, 0, append(line, 0, 0, 8)) // 1 stop bit, no parity, 8 bits
		u.set(setLineState, 3, nil)                    // DTR, RTS
	}
	return &usbConn{bus: u, buf: make([]byte, u.dev.packet)}, nil
}

// interfaces returns the interfaces of the line.
func (u *usbBus) interfaces() (out []uint32) {
	if u.dev.control >= 0 && u.dev.control != u.dev.data {
		out = append(out, uint32(u.dev.control))
	}
	return append(out, uint32(u.dev.data))
}

func (u *usbBus) opening(err error) error {
	switch {
	case errors.Is(err, unix.EBUSY):
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case errors.Is(err, unix.ENOTTY):
		return fmt.Errorf("%w: %w", ErrNoPort, err)
	}
	return u.lost(err)
}

// set sends a setting of the line. Loaders may refuse it: the speed has no effect on USB.
func (u *usbBus) set(request byte, value uint16, data []byte) {
	t := controlTransfer{requestType: 0x21, request: request, value: value, index: uint16(u.dev.control), length: uint16(len(data)), timeout: 1000}
	if len(data) > 0 {
		t.data = unsafe.Pointer(&data[0])
	}
	_, _ = u.do(usbControl, unsafe.Pointer(&t))
}

// do calls ioctl(2), again after a signal.
func (u *usbBus) do(request uintptr, arg unsafe.Pointer) (int, error) {
	for {
		n, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(u.fd), request, uintptr(arg))
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// lost notes that the phone left the bus.
func (u *usbBus) lost(err error) error {
	u.gone.Store(true)
	return fmt.Errorf("%w: %w", ErrGone, err)
}

// usbConn is the line of a phone over usbfs.
type usbConn struct {
	bus    *usbBus
	wait   time.Duration
	buf    []byte // of one packet
	left   []byte // of buf, not read yet
	once   sync.Once
	closed atomic.Bool
}

func (c *usbConn) SetReadTimeout(d time.Duration) error {
	c.wait = max(d, 0)
	return nil
}

// closeEvery is how long a transfer waits before it looks whether the line was closed.
const closeEvery = 200 * time.Millisecond

// Read reads one packet. A longer transfer ends with a short packet or its time-out only, and usbfs
// drops what came before a time-out; of one packet nothing can be dropped.
func (c *usbConn) Read(p []byte) (int, error) {
	end := time.Now().Add(c.wait)
	for len(c.left) == 0 {
		if c.closed.Load() {
			return 0, ErrClosed
		}
		wait := min(time.Until(end), closeEvery)
		n, err := c.transfer(c.bus.dev.in, c.buf, wait)
		switch {
		case err == nil:
			c.left = c.buf[:n] // an empty packet ends a transfer, and has nothing
		case !errors.Is(err, unix.ETIMEDOUT):
			return 0, c.failed(err)
		}
		if len(c.left) == 0 && !time.Now().Before(end) {
			return 0, ErrTimeout
		}
	}
	n := copy(p, c.left)
	c.left = c.left[n:]
	return n, nil
}

// maxTransfer is the largest transfer that all kernels take, bytes. It is a whole number of packets.
const maxTransfer = 16 << 10

func (c *usbConn) Write(p []byte) (n int, err error) {
	end := time.Now().Add(writeWait)
	for n < len(p) {
		if c.closed.Load() {
			return n, ErrClosed
		}
		m, err := c.transfer(c.bus.dev.out, p[n:min(len(p), n+maxTransfer)], time.Until(end))
		switch {
		case errors.Is(err, unix.ETIMEDOUT):
			return n, ErrTimeout
		case err != nil:
			return n, c.failed(err)
		}
		n += m
	}
	return n, nil
}

// transfer moves bytes to or from an endpoint within a time limit of at least a millisecond.
func (c *usbConn) transfer(endpoint byte, b []byte, wait time.Duration) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	t := bulkTransfer{uint32(endpoint), uint32(len(b)), uint32(max(wait.Milliseconds(), 1)), unsafe.Pointer(&b[0])}
	return c.bus.do(usbBulk, unsafe.Pointer(&t))
}

func (c *usbConn) failed(err error) error {
	if c.closed.Load() {
		return ErrClosed
	}
	return c.bus.lost(err)
}

// Close implements Conn. The descriptor stays open: the phone can be opened again.
func (c *usbConn) Close() error {
	c.once.Do(func() {
		c.closed.Store(true)
		for _, number := range c.bus.interfaces() {
			_, _ = c.bus.do(usbRelease, unsafe.Pointer(&number)) // of a phone that is gone there is nothing to release
		}
	})
	return nil
}
