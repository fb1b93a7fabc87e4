package adbtest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// version is the server's answer to host:version: that of adb 1.0.41.
const version = 41

// Server is an adb server. Its phones may be changed between connections.
type Server struct {
	Phones []*Phone
	// Odd, if not "", is sent instead of the first four bytes of every answer.
	Odd string

	listener net.Listener
	mu       sync.Mutex
	requests []string
	open     map[net.Conn]bool
	wait     sync.WaitGroup
}

// Listen starts a server on a free port of this computer. Stop ends it.
func Listen(phones ...*Phone) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{Phones: phones, listener: l, open: map[net.Conn]bool{}}
	s.wait.Go(s.accept)
	return s, nil
}

// Start is Listen for the duration of a test.
func Start(tb testing.TB, phones ...*Phone) *Server {
	tb.Helper()
	s, err := Listen(phones...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Stop)
	return s
}

// Addr returns the server's address, HOST:PORT.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Stop ends the server and all connections.
func (s *Server) Stop() {
	s.listener.Close()
	s.mu.Lock()
	for c := range s.open {
		c.Close()
	}
	s.mu.Unlock()
	s.wait.Wait()
}

// Requests returns all requests so far.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

func (s *Server) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.open[c] = true
		s.mu.Unlock()
		s.wait.Go(func() {
			defer func() {
				c.Close()
				s.mu.Lock()
				delete(s.open, c)
				s.mu.Unlock()
			}()
			s.serve(c)
		})
	}
}

// serve answers the requests of one connection: host services until a phone is chosen,
// then one service of the phone.
func (s *Server) serve(c net.Conn) {
	in := bufio.NewReader(c)
	var phone *Phone
	for {
		request, ok := readRequest(in)
		if !ok {
			return
		}
		s.mu.Lock()
		s.requests = append(s.requests, request)
		s.mu.Unlock()
		if phone != nil {
			phone.service(c, request)
			return
		}
		next, chosen := s.host(c, request)
		if !next {
			return
		}
		phone = chosen
	}
}

// readRequest reads a request: its length as four hexadecimal digits, and its text.
func readRequest(in io.Reader) (string, bool) {
	var size [4]byte
	if _, err := io.ReadFull(in, size[:]); err != nil {
		return "", false
	}
	n, err := strconv.ParseUint(string(size[:]), 16, 16)
	if err != nil {
		return "", false
	}
	text := make([]byte, n)
	_, err = io.ReadFull(in, text)
	return string(text), err == nil
}

// host answers a request to the server itself; next reports whether another request may follow.
func (s *Server) host(c io.Writer, request string) (next bool, chosen *Phone) {
	okay := "OKAY"
	if s.Odd != "" {
		okay = s.Odd
	}
	say := func(text string) { fmt.Fprintf(c, "%s%04x%s", okay, len(text), text) }
	verb, rest, _ := strings.Cut(strings.TrimPrefix(request, "host:"), ":")
	switch {
	case strings.HasPrefix(request, "host-serial:"): // host-serial:SERIAL:features
		say("cmd,shell_v2")
	case verb == "version":
		say(fmt.Sprintf("%04x", version))
	case verb == "features":
		say("cmd,shell_v2")
	case verb == "devices":
		say(s.devices(false))
	case verb == "devices-l":
		say(s.devices(true))
	case verb == "transport", verb == "transport-any", verb == "tport":
		serial := strings.TrimPrefix(strings.TrimPrefix(rest, "serial:"), "any")
		p, why := s.choose(serial)
		if p == nil {
			fail(c, why)
			return false, nil
		}
		io.WriteString(c, okay)
		if verb == "tport" { // followed by the phone's number
			c.Write(make([]byte, 8))
		}
		return true, p
	default:
		fail(c, "unknown host service")
	}
	return false, nil
}

func fail(c io.Writer, why string) { fmt.Fprintf(c, "FAIL%04x%s", len(why), why) }

func (s *Server) devices(long bool) string {
	var b strings.Builder
	for _, p := range s.Phones {
		switch {
		case !long:
			fmt.Fprintf(&b, "%s\t%s\n", p.Serial, p.state())
		case p.state() == "device":
			fmt.Fprintf(&b, "%-22s %s usb:1-2 product:x model:%s device:x transport_id:1\n", p.Serial, p.state(), p.Model)
		default:
			fmt.Fprintf(&b, "%-22s %s usb:1-2 transport_id:1\n", p.Serial, p.state())
		}
	}
	return b.String()
}

// choose returns the phone with a serial, or the message of adb 1.0.41.
func (s *Server) choose(serial string) (*Phone, string) {
	if serial == "" && len(s.Phones) > 1 {
		return nil, "more than one device/emulator"
	}
	for _, p := range s.Phones {
		if serial != "" && p.Serial != serial {
			continue
		}
		switch p.state() {
		case "unauthorized":
			return nil, "device unauthorized.\nThis adb server's $ADB_VENDOR_KEYS is not set"
		case "offline":
			return nil, "device offline"
		}
		return p, ""
	}
	return nil, fmt.Sprintf("device '%s' not found", serial)
}
