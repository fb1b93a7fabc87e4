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
// not see what this process sees. It is false if the client is not on this computer, or not in
// this network namespace.
func otherUser(client, server string) bool {
	c, err := netip.ParseAddrPort(client)
	s, serr := netip.ParseAddrPort(server)
	if err != nil || serr != nil {
		return false
	}
	c, s = unmap(c), unmap(s)
	uid, found := 0, false
	if c.Addr().Is4() && s.Addr().Is4() {
		uid, found = owner("/proc/net/tcp", c, s, as4)
	}
	if !found { // an IPv6 socket can be connected to an IPv4 address
		uid, found = owner("/proc/net/tcp6", c, s, as16)
	}
	return found && !slices.Contains(ourUsers(), uid)
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

// owner looks up the user of a client's socket in a file of proc(5), net/tcp. The kernel forgets
// the user of a closed socket and writes 0.
func owner(file string, client, server netip.AddrPort, form func(netip.Addr) []byte) (uid int, found bool) {
	f, err := os.Open(file)
	if err != nil {
		return 0, false // IPv6 is off, or a sandbox hides the file
	}
	defer f.Close()
	return ownerIn(f, socket(form(client.Addr()), client.Port())+" "+socket(form(server.Addr()), server.Port()))
}

// ownerIn finds the row of a pair of sockets: "  3: LOCAL REMOTE STATE TX:RX TR:TM RETRNSMT UID …".
func ownerIn(table io.Reader, pair string) (uid int, found bool) {
	want := []byte(" " + pair + " ")
	for lines := bufio.NewScanner(table); lines.Scan(); {
		if !bytes.Contains(lines.Bytes(), want) {
			continue
		}
		if fields := strings.Fields(lines.Text()); len(fields) > 7 {
			uid, err := strconv.Atoi(fields[7])
			return uid, err == nil
		}
	}
	return 0, false
}

// socket writes an address as the kernel does: words of 32 bits as this processor reads them, and
// the port as a number.
func socket(addr []byte, port uint16) string {
	var out strings.Builder
	for word := range slices.Chunk(addr, 4) {
		fmt.Fprintf(&out, "%08X", binary.NativeEndian.Uint32(word))
	}
	fmt.Fprintf(&out, ":%04X", port)
	return out.String()
}

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

func as4(a netip.Addr) []byte  { b := a.As4(); return b[:] }
func as16(a netip.Addr) []byte { b := a.As16(); return b[:] } // an IPv4 address in its mapped form
