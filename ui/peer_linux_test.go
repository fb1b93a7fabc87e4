package ui

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// A program of another user has a link, and a cookie, and gets nothing.
func TestOtherUser(t *testing.T) {
	if addr := os.Getenv("MTKKIT_TEST_WINDOW"); addr != "" {
		w := guardedWindow{addr: addr}
		answer, body := w.raw(t, os.Getenv("MTKKIT_TEST_REQUEST"))
		t.Log("ANSWER", answer.Status, body)
		return
	}
	if os.Getuid() != 0 {
		t.Skip("only root can start a program of another user")
	}
	t.Setenv("SUDO_UID", "")
	for _, on := range []string{"127.0.0.1:0", "[::1]:0"} {
		w := newGuardedWindow(t, on)
		for _, c := range []struct {
			name    string
			uid     uint32
			request string
			want    string
		}{
			{"ours, cookie", 0, "GET / HTTP/1.1\r\nHost: " + w.addr + "\r\n" + w.cookieLine() + "\r\n", "ANSWER 200 OK inside"},
			{"another's, cookie", 65534, "GET / HTTP/1.1\r\nHost: " + w.addr + "\r\n" + w.cookieLine() + "\r\n", "ANSWER 403 "},
			{"another's, link", 65534, "GET /open?token=" + w.token(t) + " HTTP/1.1\r\nHost: " + w.addr + "\r\n\r\n", "ANSWER 403 "},
		} {
			t.Run(on+" "+c.name, func(t *testing.T) {
				cmd := exec.Command("/proc/self/exe", "-test.run=^TestOtherUser$", "-test.v") // the folder of the test is closed to others
				cmd.Dir = "/"
				cmd.Env = append(os.Environ(), "MTKKIT_TEST_WINDOW="+w.addr, "MTKKIT_TEST_REQUEST="+c.request)
				cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: c.uid, Gid: c.uid}}
				out, err := cmd.CombinedOutput()
				if err != nil || !strings.Contains(string(out), c.want) {
					t.Errorf("%v\n%s\nwant %q", err, out, c.want)
				}
				if c.uid != 0 && !strings.Contains(string(out), "another user of this computer") {
					t.Errorf("the reason is not the user:\n%s", out)
				}
			})
		}
	}
}

// A program of another user that has the cookie could send a form and close its socket at once: it needs
// no answer.
func TestClosedSocket(t *testing.T) {
	for _, c := range []struct {
		name  string
		close func(*net.TCPConn) error
		want  bool
	}{
		{"open", func(*net.TCPConn) error { return nil }, false},
		{"end of what is sent", (*net.TCPConn).CloseWrite, false},
		{"closed", (*net.TCPConn).Close, true},
		{"reset", func(c *net.TCPConn) error { return errors.Join(c.SetLinger(0), c.Close()) }, true},
	} {
		for _, on := range []string{"127.0.0.1:0", "[::1]:0"} {
			l, err := net.Listen("tcp", on)
			if err != nil {
				continue // no IPv6 here
			}
			defer l.Close()
			client, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			server, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			if err := c.close(client.(*net.TCPConn)); err != nil {
				t.Fatal(err)
			}
			if got := otherUser(client.LocalAddr().String(), server.LocalAddr().String()); got != c.want {
				t.Errorf("%s on %s: %v, want %v", c.name, on, got, c.want)
			}
		}
	}
}

// The rows are as a little-endian kernel writes them.
func TestSocketOwner(t *testing.T) {
	const v4 = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 20 4 30 10 -1
   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 4713 1 0 20 4 30 10 -1
   3: 0200007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 4714 1 0 20 4 30 10 -1
   4: 0100007F:C351 0100007F:1F90 01
   5: 0100007F:C352 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     x        0 4714 1 0 20 4 30 10 -1
   6: 0100007F:C354 0100007F:1F90 05 00000000:00000000 00:00000000 00000000     0        0 0 1 0 20 4 30 10 -1
`
	const v6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:C350 00000000000000000000000001000000:1F90 01 00000000:00000000 00:00000000 00000000  1002        0 4715 1 0 20 4 30 10 -1
   1: 0000000000000000FFFF00000100007F:C353 0000000000000000FFFF00000100007F:1F90 01 00000000:00000000 00:00000000 00000000  1003        0 4716 1 0 20 4 30 10 -1
`
	if socketText([]byte{127, 0, 0, 1}, 8080) != "0100007F:1F90" {
		t.Skip("this processor is big-endian")
	}
	for _, c := range []struct {
		client, server string
		table          string
		form           func(netip.Addr) []byte
		uid            int
	}{
		{"127.0.0.1:50000", "127.0.0.1:8080", v4, addr4, 1000},
		{"127.0.0.2:50000", "127.0.0.1:8080", v4, addr4, 1001},
		{"127.0.0.1:8080", "127.0.0.1:50000", v4, addr4, 0},
		{"127.0.0.1:50000", "127.0.0.1:8081", v4, addr4, noOwner},
		{"127.0.0.1:50001", "127.0.0.1:8080", v4, addr4, noOwner}, // a row that was cut off
		{"127.0.0.1:50002", "127.0.0.1:8080", v4, addr4, noOwner},
		{"127.0.0.1:50004", "127.0.0.1:8080", v4, addr4, noOwner}, // closed
		{"[::1]:50000", "[::1]:8080", v6, addr16, 1002},
		{"127.0.0.1:50003", "127.0.0.1:8080", v6, addr16, 1003},
		{"127.0.0.1:50000", "127.0.0.1:8080", v6, addr16, noOwner},
	} {
		client, server := netip.MustParseAddrPort(c.client), netip.MustParseAddrPort(c.server)
		pair := socketText(c.form(client.Addr()), client.Port()) + " " + socketText(c.form(server.Addr()), server.Port())
		if uid := socketOwnerIn(strings.NewReader(c.table), pair); uid != c.uid {
			t.Errorf("%s to %s: %d, want %d", c.client, c.server, uid, c.uid)
		}
	}
}
