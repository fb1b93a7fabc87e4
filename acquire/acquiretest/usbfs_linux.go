package acquiretest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mtkkit/mtkkit/acquire/port"
)

// USB is a stand-in for a device file of usbfs: a FUSE file system with one file, which answers the
// requests of ioctl(2) that a program sends to a USB device. Like the kernel, it takes and fills the
// buffers of the program that called; a transfer from the phone ends with a short packet, and what came
// before a time-out is dropped.
//
// Sources: Linux, include/uapi/linux/fuse.h, include/uapi/linux/usbdevice_fs.h, drivers/usb/core/devio.c.
type USB struct {
	Path string // of the device file

	dir   string
	fuse  int
	phone *Phone
	done  chan struct{}

	mu      sync.Mutex
	conn    port.Conn
	claimed map[uint32]bool
	Line    []byte // the setting that the program sent
	pending []byte // from the phone, not taken yet
	reading sync.Mutex
}

// PlugUSB connects the phone and mounts its device file in dir. The error is that of mount(2): only root
// may do that.
func (p *Phone) PlugUSB(dir string) (*USB, error) {
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("acquiretest: /dev/fuse: %w", err)
	}
	if err := unix.Mount("usb", dir, "fuse", unix.MS_NOSUID|unix.MS_NODEV, fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", fd)); err != nil {
		return nil, errors.Join(fmt.Errorf("acquiretest: mount: %w", err), unix.Close(fd))
	}
	u := &USB{Path: filepath.Join(dir, "001"), dir: dir, fuse: fd, phone: p, done: make(chan struct{}), claimed: map[uint32]bool{}}
	p.Plug()
	go u.serve()
	return u, nil
}

// Unplug pulls the cable and removes the device file.
func (u *USB) Unplug() error {
	u.phone.Unplug()
	err := unix.Unmount(u.dir, unix.MNT_DETACH)
	<-u.done
	return errors.Join(err, unix.Close(u.fuse))
}

// Requests of FUSE.
const (
	fuseLookup, fuseForget, fuseGetattr, fuseOpen, fuseRead, fuseRelease = 1, 2, 3, 14, 15, 18
	fuseFlush, fuseInit, fuseIoctl, fuseBatchForget                      = 25, 26, 39, 42

	fuseHeader = 40
)

// serve answers until the file system is unmounted.
func (u *USB) serve() {
	defer close(u.done)
	for {
		b := make([]byte, 1<<20)
		n, err := unix.Read(u.fuse, b)
		if errors.Is(err, unix.EINTR) || errors.Is(err, unix.ENOENT) {
			continue
		}
		if err != nil {
			return
		}
		go u.answer(b[:n])
	}
}

func (u *USB) answer(b []byte) {
	op, id, node, pid := le.Uint32(b[4:]), le.Uint64(b[8:]), le.Uint64(b[16:]), le.Uint32(b[32:])
	body := b[fuseHeader:]
	reply := func(errno unix.Errno, data []byte) {
		if errno != 0 {
			data = nil
		}
		h := le.AppendUint32(nil, uint32(16+len(data)))
		h = le.AppendUint64(le.AppendUint32(h, uint32(-int32(errno))), id)
		_, _ = unix.Write(u.fuse, append(h, data...)) // the caller may be gone
	}
	switch op {
	case fuseForget, fuseBatchForget:
	case fuseInit:
		data := le.AppendUint32(le.AppendUint32(le.AppendUint32(le.AppendUint32(nil, 7), 31), 65536), 0)
		data = le.AppendUint32(le.AppendUint32(data, 12|9<<16), 65536)
		reply(0, append(data, make([]byte, 40)...))
	case fuseLookup:
		reply(0, append(words64(2, 0, 1, 1, 0), attributes(2)...))
	case fuseGetattr:
		reply(0, append(words64(1, 0), attributes(node)...))
	case fuseOpen:
		reply(0, words64(1, 1)) // direct I/O
	case fuseRead:
		at, n := le.Uint64(body[8:]), uint64(le.Uint32(body[16:]))
		d := u.descriptors()
		reply(0, d[min(at, uint64(len(d))):min(at+n, uint64(len(d)))])
	case fuseIoctl:
		result, errno, out := u.ioctl(le.Uint32(body[12:]), le.Uint64(body[16:]), body[32:], int(pid))
		reply(errno, append(le.AppendUint32(nil, uint32(result)), append(make([]byte, 12), out...)...))
	case fuseFlush, fuseRelease:
		reply(0, nil)
	default:
		reply(unix.ENOSYS, nil)
	}
}

func words64(list ...uint64) (b []byte) {
	for _, w := range list {
		b = le.AppendUint64(b, w)
	}
	return b
}

// attributes are those of the folder (node 1) or the file.
func attributes(node uint64) []byte {
	mode := uint32(unix.S_IFREG | 0o666)
	if node == 1 {
		mode = unix.S_IFDIR | 0o755
	}
	b := make([]byte, 88) // struct fuse_attr
	le.PutUint64(b, node)
	le.PutUint64(b[8:], 4096)
	le.PutUint32(b[60:], mode)
	le.PutUint32(b[64:], 1) // links
	return b
}

// descriptors are those of a MediaTek loader: CDC ACM with one interface for settings and one for data.
func (u *USB) descriptors() []byte {
	info := port.Info{VID: 0x0e8d, PID: 0x2000}
	if list, _ := u.phone.List(); len(list) > 0 {
		info = list[0]
	}
	device := []byte{18, 1, 0, 2, 2, 0, 0, 64, 0, 0, 0, 0, 0, 1, 1, 2, 0, 1}
	le.PutUint16(device[8:], info.VID)
	le.PutUint16(device[10:], info.PID)
	return append(device,
		9, 2, 67, 0, 2, 1, 0, 0xC0, 250, // configuration
		9, 4, 0, 0, 1, 2, 2, 1, 0, // interface 0, communication
		5, 0x24, 0, 0x10, 1, 4, 0x24, 2, 2, 5, 0x24, 6, 0, 1, 5, 0x24, 1, 0, 1, // its functional descriptors
		7, 5, 0x82, 3, 16, 0, 10, // interrupt endpoint
		9, 4, 1, 0, 2, 10, 0, 0, 0, // interface 1, data
		7, 5, 0x01, 2, 0, 2, 0, 7, 5, 0x81, 2, 0, 2, 0) // bulk out, bulk in, 512 bytes
}

// packetSize is that of USB 2.0 at high speed.
const packetSize = 512

// ioctl does what usbfs does for one request. FUSE passes the structure of a request that is declared to
// be written; usbfs also reads those that are declared to be read.
func (u *USB) ioctl(request uint32, at uint64, arg []byte, pid int) (int, unix.Errno, []byte) {
	number := request & 0xFF
	if request>>8&0xFF != 'U' || number <= 2 && len(arg) < 24 { // a program of 32 bits has other structures
		return 0, unix.ENOTTY, nil
	}
	switch number {
	case 0: // control
		n := int(le.Uint16(arg[6:]))
		if b := memory(pid, le.Uint64(arg[16:]), n); arg[1] == 0x20 {
			u.mu.Lock()
			u.Line = b
			u.mu.Unlock()
		}
		return n, 0, arg
	case 2: // bulk
		n, errno := u.bulk(le.Uint32(arg), int(le.Uint32(arg[4:])), time.Duration(le.Uint32(arg[8:]))*time.Millisecond, pid, le.Uint64(arg[16:]))
		return n, errno, arg
	case 15, 27: // claim, without and with another driver
		b := memory(pid, at, 4)
		if b == nil {
			return 0, unix.EFAULT, nil
		}
		return 0, u.claim(le.Uint32(b)), make([]byte, request>>16&0x3FFF)
	case 16:
		b := memory(pid, at, 4)
		if b == nil {
			return 0, unix.EFAULT, nil
		}
		u.release(le.Uint32(b))
		return 0, 0, b
	}
	return 0, unix.ENOTTY, nil
}

func (u *USB) claim(number uint32) unix.Errno {
	list, _ := u.phone.List()
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case len(list) == 0:
		return unix.ENODEV
	case number > 1:
		return unix.EINVAL
	}
	u.claimed[number] = true
	if number == 1 && u.conn == nil {
		conn, err := u.phone.Open(list[0].Name)
		if err != nil {
			return unix.ENODEV
		}
		u.conn, u.pending = conn, nil
	}
	return 0
}

func (u *USB) release(number uint32) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.claimed, number)
	if number == 1 && u.conn != nil {
		u.conn.Close()
		u.conn = nil
	}
}

// bulk does one transfer. A limit of 0 is none.
func (u *USB) bulk(endpoint uint32, n int, limit time.Duration, pid int, at uint64) (int, unix.Errno) {
	u.mu.Lock()
	conn := u.conn
	u.mu.Unlock()
	switch {
	case conn == nil:
		return 0, unix.EINVAL // the interface is not claimed
	case endpoint == 1:
		if _, err := conn.Write(memory(pid, at, n)); err != nil {
			return 0, unix.ENODEV
		}
		return n, 0
	case endpoint != 0x81:
		return 0, unix.ENOENT
	}
	u.reading.Lock()
	defer u.reading.Unlock()
	end := time.Now().Add(limit)
	var got []byte
	for len(got) < n {
		packet, errno := u.packet(conn, end, limit == 0)
		if errno != 0 {
			return 0, errno // what came before is dropped
		}
		if len(got)+len(packet) > n {
			return 0, unix.EOVERFLOW
		}
		if got = append(got, packet...); len(packet) < packetSize {
			break
		}
	}
	return len(got), store(pid, at, got)
}

// packet returns the next packet from the phone.
func (u *USB) packet(conn port.Conn, end time.Time, forever bool) ([]byte, unix.Errno) {
	if len(u.pending) == 0 {
		wait := time.Until(end)
		if forever {
			wait = time.Hour
		}
		b := make([]byte, 64<<10)
		_ = conn.SetReadTimeout(wait)
		n, err := conn.Read(b)
		switch {
		case errors.Is(err, port.ErrTimeout):
			return nil, unix.ETIMEDOUT
		case err != nil:
			return nil, unix.ENODEV
		}
		u.pending = b[:n]
	}
	packet := u.pending[:min(len(u.pending), packetSize)]
	u.pending = u.pending[len(packet):]
	return packet, 0
}

// memory reads the buffer of a program.
func memory(pid int, at uint64, n int) []byte {
	f, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil || n == 0 {
		return nil
	}
	defer f.Close()
	b := make([]byte, n)
	if _, err := f.ReadAt(b, int64(at)); err != nil {
		return nil
	}
	return b
}

// store fills the buffer of a program.
func store(pid int, at uint64, b []byte) unix.Errno {
	f, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), os.O_WRONLY, 0)
	if err != nil {
		return unix.EFAULT
	}
	defer f.Close()
	if _, err := f.WriteAt(b, int64(at)); err != nil {
		return unix.EFAULT
	}
	return 0
}
