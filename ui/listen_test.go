package ui

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// fakeNet opens nothing and remembers what it was asked for.
type fakeNet struct {
	fails []string // starts of addresses that cannot be opened
	asked []string
}

type fakeListener struct{ net.Listener }

func (fakeListener) Close() error { return nil }

func (f *fakeNet) open(_, addr string) (net.Listener, error) {
	f.asked = append(f.asked, addr)
	if slices.ContainsFunc(f.fails, func(start string) bool { return strings.HasPrefix(addr, start) }) {
		return nil, errors.New(addr + " fails")
	}
	return fakeListener{}, nil
}

func TestListen(t *testing.T) {
	for _, c := range []struct {
		addr   string
		others bool
		opened string // "": refused
		fails  []string
	}{
		{"", false, "127.0.0.1:0", nil},
		{"127.0.0.1", false, "127.0.0.1:0", nil},
		{"127.0.0.1:", false, "127.0.0.1:0", nil},
		{"127.0.0.1:8080", false, "127.0.0.1:8080", nil},
		{"127.0.0.2:8080", false, "127.0.0.2:8080", nil},
		{"localhost", false, "127.0.0.1:0", nil},
		{"localhost:8080", false, "127.0.0.1:8080", nil},
		{"::1", false, "[::1]:0", nil},
		{"[::1]", false, "[::1]:0", nil},
		{"[::1]:8080", false, "[::1]:8080", nil},
		{"[::ffff:127.0.0.1]:8080", false, "127.0.0.1:8080", nil},
		{"", true, "127.0.0.1:0", nil},

		{"", false, "[::1]:0", []string{"127.0.0.1:"}},
		{"localhost:8080", false, "[::1]:8080", []string{"127.0.0.1:"}},

		{"0.0.0.0", false, "", nil},
		{"0.0.0.0:8080", false, "", nil},
		{":8080", false, "", nil},
		{"[::]:8080", false, "", nil},
		{"::", false, "", nil},
		{"192.168.1.5", false, "", nil},
		{"192.168.1.5:8080", false, "", nil},
		{"[::ffff:192.168.1.5]:8080", false, "", nil},
		{"169.254.1.1:8080", false, "", nil},

		{":8080", true, ":8080", nil},
		{"0.0.0.0", true, "0.0.0.0:0", nil},
		{"192.168.1.5:8080", true, "192.168.1.5:8080", nil},
		{"phone.lan:8080", true, "phone.lan:8080", nil},
	} {
		f := &fakeNet{fails: c.fails}
		l, err := listenBy(f.open, c.addr, c.others)
		if c.opened == "" {
			var open *OpenToOthersError
			if !errors.As(err, &open) || open.Addr != c.addr || len(f.asked) != 0 {
				t.Errorf("%q: %v, and opened %q; want it refused", c.addr, err, f.asked)
			}
			continue
		}
		if err != nil || l == nil || f.asked[len(f.asked)-1] != c.opened {
			t.Errorf("%q: %v, opened %q, want %q", c.addr, err, f.asked, c.opened)
		}
	}
}

func TestListenErrors(t *testing.T) {
	for _, c := range []struct {
		addr string
		want string // in the error
	}{
		{"127.0.0.1:8080:9", "too many colons"},
		{"no.such.name.invalid:8080", "was not found"},
		{"localhost:8080", "127.0.0.1:8080 fails"}, // in use: the IPv6 address is not tried
	} {
		f := &fakeNet{fails: []string{"127.0.0.1:8080"}}
		l, err := listenBy(f.open, c.addr, false)
		var open *OpenToOthersError
		if l != nil || err == nil || !strings.Contains(err.Error(), c.want) || errors.As(err, &open) {
			t.Errorf("%q: %v, want an error with %q", c.addr, err, c.want)
		}
	}
	f := &fakeNet{fails: []string{"127.0.0.1:", "[::1]:"}}
	if _, err := listenBy(f.open, "", false); err == nil || err.Error() != "127.0.0.1:0 fails" {
		t.Error("no address of this computer:", err)
	}
}

// The system itself opens a free port, and two windows do not collide.
func TestListenHere(t *testing.T) {
	var last string
	for range 2 {
		l, err := listen("", false)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		addr, err := netip.ParseAddrPort(l.Addr().String())
		if err != nil || !addr.Addr().IsLoopback() || addr.Port() == 0 || addr.String() == last {
			t.Error(addr, err)
		}
		last = addr.String()
		if l, err := listen(last, false); err == nil {
			l.Close()
			t.Errorf("%s was opened twice", last)
		}
	}
}
