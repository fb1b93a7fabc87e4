package acquiretest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mtkkit/mtkkit/acquire/port"
)

// Serve runs the phone on pseudo-terminals until ctx ends or the phone does not come back. At each
// start it makes link a symbolic link to the terminal ("": no link; only an existing link is
// replaced), and calls published, if not nil, with the terminal's own name. mtkclient needs a link
// /dev/ttyACM<n>.
func (p *Phone) Serve(ctx context.Context, link string, published func(name string)) error {
	p.setDefaults()
	if info, err := os.Lstat(link); err == nil && info.Mode()&os.ModeSymlink == 0 {
		return fmt.Errorf("acquiretest: %s exists and is not a link", link)
	}
	s := &ptySide{link: link, published: published}
	defer context.AfterFunc(ctx, func() {
		close(p.quit)
		s.hangUp()
	})()
	return p.run(s)
}

// ptySide makes ports as pseudo-terminals.
type ptySide struct {
	link      string
	published func(string)
	mu        sync.Mutex
	now       *ptyPort
	over      bool
}

func (s *ptySide) appear(port.Info) (transport, error) {
	t, err := openPTY()
	if err != nil {
		return nil, fmt.Errorf("acquiretest: pseudo-terminal: %w", err)
	}
	t.side = s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now = t; s.over {
		t.master.Close()
	}
	if s.link != "" {
		os.Remove(s.link)
		if err := os.Symlink(t.name, s.link); err != nil {
			t.master.Close()
			return nil, fmt.Errorf("acquiretest: %w", err)
		}
	}
	if s.published != nil {
		s.published(t.name)
	}
	return t, nil
}

// hangUp ends all waits on the terminal.
func (s *ptySide) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over = true; s.now != nil {
		s.now.master.Close()
	}
}

// ptyPort is the master of a pseudo-terminal.
type ptyPort struct {
	side   *ptySide
	master *os.File
	name   string
}

// openPTY makes a terminal and sets it to raw mode before its name is published.
func openPTY() (*ptyPort, error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	t := &ptyPort{master: os.NewFile(uintptr(fd), "/dev/ptmx")} // non-blocking, so deadlines work
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		t.name = fmt.Sprintf("/dev/pts/%d", n)
		err = setRaw(t.name)
	}
	if err != nil {
		t.master.Close()
		return nil, err
	}
	return t, nil
}

// setRaw does the same as cfmakeraw. The setting stays after the terminal is closed. opened needs a
// terminal that was open once.
func setRaw(name string) error {
	fd, err := unix.Open(name, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, unix.TCSETS, t)
}

// opened reports whether the other side is open.
func (t *ptyPort) opened() bool {
	raw, err := t.master.SyscallConn()
	if err != nil {
		return false
	}
	open := false
	raw.Control(func(fd uintptr) {
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
		_, err := unix.Poll(p, 0)
		open = err == nil && p[0].Revents&unix.POLLHUP == 0
	})
	return open
}

// transfers returns false: a terminal joins separate writes.
func (t *ptyPort) transfers() bool { return false }

// Read returns io.EOF after the host has closed its side, port.ErrGone after a hang-up.
func (t *ptyPort) Read(b []byte) (int, error) {
	n, err := t.master.Read(b)
	switch {
	case errors.Is(err, unix.EIO):
		err = io.EOF
	case errors.Is(err, os.ErrClosed):
		err = port.ErrGone
	}
	return n, err
}

func (t *ptyPort) Write(b []byte) (int, error)       { return t.master.Write(b) }
func (t *ptyPort) SetReadDeadline(d time.Time) error { return t.master.SetReadDeadline(d) }

// Close removes the terminal. A hang-up discards bytes that the host has not read, so Close waits a
// moment for the host.
func (t *ptyPort) Close() error {
	if t.opened() {
		t.linger(200 * time.Millisecond)
	}
	t.side.mu.Lock()
	defer t.side.mu.Unlock()
	if t.side.link != "" {
		if to, err := os.Readlink(t.side.link); err == nil && to == t.name {
			os.Remove(t.side.link)
		}
	}
	return t.master.Close()
}

// linger waits until the host has read everything, at most for limit.
func (t *ptyPort) linger(limit time.Duration) {
	fd, err := unix.Open(t.name, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil { // the host has exclusive access, so this cannot be checked
		time.Sleep(limit / 4)
		return
	}
	defer unix.Close(fd)
	for end := time.Now().Add(limit); time.Now().Before(end); {
		time.Sleep(2 * time.Millisecond)
		if n, err := unix.IoctlGetInt(fd, unix.TIOCINQ); err != nil || n == 0 {
			return
		}
	}
}
