package ui

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
)

// otherUser reports whether the client of a connection on this computer belongs to a user who may
// not see what this process sees, or has closed its socket: then nobody knows whose it was, and a
// request whose answer nobody reads can do harm all the same. It is false if the client is not on this
// computer, or not in this network namespace.
func otherUser(client, server string) bool {
	c, err := netip.ParseAddrPort(client)
	s, serr := netip.ParseAddrPort(server)
	if err != nil || serr != nil {
		return false
	}
	c, s = unmapped(c), unmapped(s)
	uid, known := clientOwner(c, s)
	if uid == noOwner { // rows of others that go away while the table is read can hide one
		uid, known = clientOwner(c, s)
	}
	here := c.Addr().IsLoopback() || c.Addr() == s.Addr()
	return known && (uid != noOwner || here) && !slices.Contains(ourUsers(), uid)
}

// noOwner is the user of a socket that is closed.
const noOwner = -1

// clientOwner looks up the user of a client's socket. It is not known if a sandbox hides the tables.
func clientOwner(c, s netip.AddrPort) (uid int, known bool) {
	uid = noOwner
	if c.Addr().Is4() && s.Addr().Is4() {
		uid, known = socketOwner("/proc/net/tcp", c, s, addr4)
	}
	if uid != noOwner {
		return uid, known
	}
	uid, known6 := socketOwner("/proc/net/tcp6", c, s, addr16) // an IPv6 socket can be connected to an IPv4 address
	return uid, known || known6
}

// ourUsers are the users of this process: its own, the one who started it by sudo, and root. Root
// can read the memory of this process anyway, and connections from the Windows around a WSL come
// from it.
func ourUsers() []int {
	users := []int{0, os.Getuid()}
	if by, err := strconv.Atoi(os.Getenv("SUDO_UID")); err == nil && os.Getuid() == 0 {
		users = append(users, by)
	}
	return users
}

// socketOwner looks up the user of a client's socket in a file of proc(5), net/tcp.
func socketOwner(file string, client, server netip.AddrPort, form func(netip.Addr) []byte) (uid int, known bool) {
	f, err := os.Open(file)
	if err != nil {
		return noOwner, false // IPv6 is off, or a sandbox hides the file
	}
	defer f.Close()
	return socketOwnerIn(f, socketText(form(client.Addr()), client.Port())+" "+socketText(form(server.Addr()), server.Port())), true
}

// socketOwnerIn finds the row of a pair of sockets: "  3: LOCAL REMOTE STATE TX:RX TR:TM RETRNSMT UID
// TIMEOUT INODE …". The kernel forgets the user of a closed socket: it writes 0 for UID and for INODE.
func socketOwnerIn(table io.Reader, pair string) int {
	want := []byte(" " + pair + " ")
	for lines := bufio.NewScanner(table); lines.Scan(); {
		if !bytes.Contains(lines.Bytes(), want) {
			continue
		}
		if fields := strings.Fields(lines.Text()); len(fields) > 9 && fields[9] != "0" {
			if uid, err := strconv.Atoi(fields[7]); err == nil {
				return uid
			}
		}
	}
	return noOwner
}

// socketText writes an address as the kernel does: words of 32 bits as this processor reads them, and
// the port as a number.
func socketText(addr []byte, port uint16) string {
	var out strings.Builder
	for word := range slices.Chunk(addr, 4) {
		fmt.Fprintf(&out, "%08X", binary.NativeEndian.Uint32(word))
	}
	fmt.Fprintf(&out, ":%04X", port)
	return out.String()
}

func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

func addr4(a netip.Addr) []byte  { b := a.As4(); return b[:] }
func addr16(a netip.Addr) []byte { b := a.As16(); return b[:] } // an IPv4 address in its mapped form
