package adb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mtkkit/mtkkit/acquire/adbtest"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// The commands that go to a phone, run by real shells and real dds on a file: those of
// this computer, and busybox, which many phones have.
func TestRealShell(t *testing.T) {
	file := filepath.Join(t.TempDir(), "node")
	want := pattern{7, 3<<20 + 512}
	b, _ := flash.ReadFull(want, 0, int(want.size))
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ shell, tool string }{{"sh", "dd"}, {"busybox", "busybox dd"}} {
		t.Run(c.shell, func(t *testing.T) {
			if _, err := exec.LookPath(c.shell); err != nil {
				t.Skipf("no %s to be a witness", c.shell)
			}
			s := adbtest.Start(t, &adbtest.Phone{Serial: "x", Run: func(ctx context.Context, command string, out io.Writer) error {
				cmd := exec.CommandContext(ctx, "sh", "-c", command)
				cmd.Stdout, cmd.Stderr = out, out
				return cmd.Run()
			}})
			sh := &shell{server: s.Addr(), serial: "x", service: "exec:", root: func(c string) string { return "sh -c " + quote(c) }, waits: usualWaits}
			img := &image{ctx: t.Context(), shell: sh, tool: c.tool, node: file, size: want.size}
			same(t, "all", img, want)
			odd, err := flash.ReadFull(img, 513, 70_001)
			if err != nil || !bytes.Equal(odd, b[513:513+70_001]) {
				t.Errorf("odd: %v", err)
			}
			long := &image{ctx: t.Context(), shell: sh, tool: c.tool, node: file, size: want.size + 1<<20}
			var place *ReadError
			if n, err := long.ReadAt(make([]byte, 1<<20), 3<<20); !errors.As(err, &place) || n != 512 || place.Offset != want.size {
				t.Errorf("behind the end: %d bytes, %v", n, err)
			}
			none := &image{ctx: t.Context(), shell: sh, tool: c.tool, node: file + "x", size: 4096}
			if n, err := none.ReadAt(make([]byte, 4096), 0); !errors.As(err, &place) || n != 0 || !strings.Contains(place.Text, "No such file") {
				t.Errorf("no node: %d bytes, %v", n, err)
			}
			if out, err := sh.text(t.Context(), "ls -l /nonexistent; echo 'a b'"); err != nil || !strings.HasSuffix(out, "a b\n") {
				t.Errorf("%q, %v", out, err)
			}
		})
	}
}

// adbCommand finds the real adb, and gives it a home of its own.
func adbCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("adb")
	if err != nil {
		t.Skip("no adb to be a witness")
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	home := t.TempDir()
	cmd.Env = append(os.Environ(), "HOME="+home, "ANDROID_SDK_HOME="+home, "TMPDIR="+home, "ADB_MDNS=0")
	return cmd
}

// The real client takes the stand-in for a server, so that our client is tried against
// something that speaks the protocol.
func TestRealClient(t *testing.T) {
	phone := emmc()
	s := adbtest.Start(t, phone)
	_, number, _ := net.SplitHostPort(s.Addr())
	out, err := adbCommand(t, "-P", number, "devices", "-l").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "model:demo_s1") {
		t.Errorf("%v\n%s", err, out)
	}
	cmd := adbCommand(t, "-P", number, "-s", phone.Serial, "exec-out", "su -c 'dd if=/dev/block/mmcblk0boot0 bs=1048576 skip=1 count=1 2>/dev/null'")
	got, err := cmd.Output()
	want, _ := flash.ReadFull(pattern{2, 4 << 20}, 1<<20, 1<<20)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v, %d bytes", err, len(got))
	}
}

// Our client asks the real server, which has no phones here.
func TestRealServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	_, number, _ := net.SplitHostPort(addr)
	cmd := adbCommand(t, "-P", number, "nodaemon", "server")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	end := time.Now().Add(20 * time.Second)
	for {
		_, err = listDevices(t.Context(), addr)
		if !errors.Is(err, ErrNoServer) || time.Now().After(end) {
			break
		}
		time.Sleep(20 * time.Millisecond) // the server is starting
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{Server: addr, Serial: "nobody"}); !errors.Is(err, ErrNoDevice) {
		t.Errorf("%v", err)
	}
	sh := &shell{server: addr, serial: "nobody", service: "exec:", waits: usualWaits}
	if _, err := sh.output(t.Context(), "id", usualWaits.answer); !errors.Is(err, ErrNoDevice) || !errors.Is(err, port.ErrGone) {
		t.Errorf("a phone that is not there: %v", err)
	}
	c, err := dial(t.Context(), addr, usualWaits.answer)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var fail *FailError
	if err := c.request("host:nonsense", usualWaits.answer); !errors.As(err, &fail) {
		t.Errorf("%v", fmt.Sprint(err))
	}
}
