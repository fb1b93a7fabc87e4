package ui

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// OpenToOthersError refuses an address that other computers can reach.
type OpenToOthersError struct {
	Addr string // as it was given
}

func (e *OpenToOthersError) Error() string {
	return e.Addr + ": this address is not one of this computer only, and other computers could open the window"
}

// listen opens the port of the window. addr is an IP address or a host name, with a port or
// without; "" is the IPv4 address of this computer, or its IPv6 address if there is no IPv4.
// Without a port a free one is chosen. An address that other computers can reach is an
// *OpenToOthersError unless others is true.
func listen(addr string, others bool) (net.Listener, error) {
	return listenBy(net.Listen, addr, others)
}

func listenBy(open func(network, addr string) (net.Listener, error), addr string, others bool) (net.Listener, error) {
	host, port, err := splitAddr(addr)
	if err != nil {
		return nil, err
	}
	if host == "localhost" { // no server of names is asked for it (RFC 6761)
		return listenHere(open, port)
	}
	if !others {
		if host, err = loopback(host, addr); err != nil {
			return nil, err
		}
	}
	return open("tcp", net.JoinHostPort(host, port))
}

// splitAddr fills in what addr leaves out.
func splitAddr(addr string) (host, port string, err error) {
	if addr == "" {
		return "localhost", "0", nil
	}
	if ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(addr, "["), "]")); err == nil {
		return ip.String(), "0", nil
	}
	if !strings.Contains(addr, ":") {
		addr += ":0"
	}
	host, port, err = net.SplitHostPort(addr)
	if err == nil && port == "" {
		port = "0"
	}
	return host, port, err
}

// listenHere opens a port of 127.0.0.1, or of ::1 on a computer without IPv4. A port that is in
// use is an error and not a reason to take the other address.
func listenHere(open func(network, addr string) (net.Listener, error), port string) (net.Listener, error) {
	l, err := open("tcp", net.JoinHostPort("127.0.0.1", port))
	if err == nil {
		return l, nil
	}
	if free, bad := open("tcp", "127.0.0.1:0"); bad == nil {
		free.Close()
		return nil, err
	}
	if l, bad := open("tcp", net.JoinHostPort("::1", port)); bad == nil {
		return l, nil
	}
	return nil, err
}

// loopback returns the IP address of a host if all its addresses are of this computer only. The
// caller listens on the IP address: the name could mean something else a moment later.
func loopback(host, addr string) (string, error) {
	if host == "" {
		return "", &OpenToOthersError{addr} // all addresses
	}
	found, err := net.DefaultResolver.LookupNetIP(context.Background(), "ip", host)
	if err != nil {
		return "", fmt.Errorf("%s: the address of this computer was not found: %w", addr, err)
	}
	first := found[0].Unmap()
	for _, ip := range found {
		if ip = ip.Unmap(); !ip.IsLoopback() {
			return "", &OpenToOthersError{addr}
		}
		if ip.Is4() && !first.Is4() {
			first = ip
		}
	}
	return first.String(), nil
}
