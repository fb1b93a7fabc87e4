package ui

import (
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
		w := guarded{addr: addr}
		answer, body := w.raw(t, os.Getenv("MTKKIT_TEST_REQUEST"))
		t.Log("ANSWER", answer.Status, body)
		return
	}
	if os.Getuid() != 0 {
		t.Skip("only root can start a program of another user")
	}
	t.Setenv("SUDO_UID", "")
	for _, on := range []string{"127.0.0.1:0", "[::1]:0"} {
		w := newGuarded(t, on)
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

// The rows are as a little-endian kernel writes them.
func TestOwnerIn(t *testing.T) {
	const v4 = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 20 4 30 10 -1
   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 4713 1 0 20 4 30 10 -1
   3: 0200007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 4714 1 0 20 4 30 10 -1
   4: 0100007F:C351 0100007F:1F90 01
   5: 0100007F:C352 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     x        0 4714 1 0 20 4 30 10 -1
`
	const v6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:C350 00000000000000000000000001000000:1F90 01 00000000:00000000 00:00000000 00000000  1002        0 4715 1 0 20 4 30 10 -1
   1: 0000000000000000FFFF00000100007F:C353 0000000000000000FFFF00000100007F:1F90 01 00000000:00000000 00:00000000 00000000  1003        0 4716 1 0 20 4 30 10 -1
`
	if socket([]byte{127, 0, 0, 1}, 8080) != "0100007F:1F90" {
		t.Skip("this processor is big-endian")
	}
	for _, c := range []struct {
		client, server string
		table          string
		form           func(netip.Addr) []byte
		uid            int
		found          bool
	}{
		{"127.0.0.1:50000", "127.0.0.1:8080", v4, as4, 1000, true},
		{"127.0.0.2:50000", "127.0.0.1:8080", v4, as4, 1001, true},
		{"127.0.0.1:8080", "127.0.0.1:50000", v4, as4, 0, true},
		{"127.0.0.1:50000", "127.0.0.1:8081", v4, as4, 0, false},
		{"127.0.0.1:50001", "127.0.0.1:8080", v4, as4, 0, false}, // a row that was cut off
		{"127.0.0.1:50002", "127.0.0.1:8080", v4, as4, 0, false},
		{"[::1]:50000", "[::1]:8080", v6, as16, 1002, true},
		{"127.0.0.1:50003", "127.0.0.1:8080", v6, as16, 1003, true},
		{"127.0.0.1:50000", "127.0.0.1:8080", v6, as16, 0, false},
	} {
		client, server := netip.MustParseAddrPort(c.client), netip.MustParseAddrPort(c.server)
		pair := socket(c.form(client.Addr()), client.Port()) + " " + socket(c.form(server.Addr()), server.Port())
		if uid, found := ownerIn(strings.NewReader(c.table), pair); uid != c.uid || found != c.found {
			t.Errorf("%s to %s: %d, %v; want %d, %v", c.client, c.server, uid, found, c.uid, c.found)
		}
	}
}
