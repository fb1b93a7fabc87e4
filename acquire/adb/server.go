package adb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// DefaultServer is the default address of the adb server.
const DefaultServer = "127.0.0.1:5037"

// Limits of texts, bytes.
const (
	maxText    = 1 << 20 // a list, or the output of a command
	maxRequest = 0xFFFF  // a length of four hexadecimal digits
)

// device is a phone in the server's list.
type device struct {
	Serial string
	State  string // "device", "recovery", "unauthorized", "offline" …
	Model  string // "" if unknown
}

// ready reports whether commands can be run on the phone.
func (d device) ready() bool { return d.State == "device" || d.State == "recovery" }

// conn is one connection to the server, for one service.
type conn struct {
	net.Conn
	detach func() bool
}

// dial connects to the server; the connection ends with ctx.
func dial(ctx context.Context, server string, wait time.Duration) (*conn, error) {
	d := net.Dialer{Timeout: wait}
	c, err := d.DialContext(ctx, "tcp", server)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, fmt.Errorf("adb: %w at %s: %w", ErrNoServer, server, err)
	}
	return &conn{c, context.AfterFunc(ctx, func() { c.Close() })}, nil
}

func (c *conn) Close() error {
	c.detach()
	return c.Conn.Close()
}

// request sends one request and reads its OKAY. A refusal is a *FailError.
func (c *conn) request(text string, wait time.Duration) error {
	if len(text) > maxRequest {
		return fmt.Errorf("adb: a request of %d bytes is too long for the protocol", len(text))
	}
	if err := c.SetDeadline(time.Now().Add(wait)); err != nil {
		return lost(err)
	}
	if _, err := fmt.Fprintf(c, "%04x%s", len(text), text); err != nil {
		return lost(err)
	}
	var status [4]byte
	if _, err := io.ReadFull(c, status[:]); err != nil {
		return lost(err)
	}
	switch string(status[:]) {
	case "OKAY":
		return nil
	case "FAIL":
		why, err := c.text()
		if err != nil {
			why = "no reason was given"
		}
		verb, _, _ := strings.Cut(text, " ")
		return &FailError{verb, why}
	}
	return fmt.Errorf("%w: it answers %q", ErrProtocol, status[:])
}

// text reads a text with its length before it.
func (c *conn) text() (string, error) {
	var size [4]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return "", lost(err)
	}
	n, err := strconv.ParseUint(string(size[:]), 16, 16)
	if err != nil {
		return "", fmt.Errorf("%w: a length of %q", ErrProtocol, size[:])
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(c, b); err != nil {
		return "", lost(err)
	}
	return string(b), nil
}

// lost replaces network errors with ErrSilent or ErrLost.
func lost(err error) error {
	var t net.Error
	switch {
	case errors.As(err, &t) && t.Timeout():
		return ErrSilent
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return ErrLost
	}
	return fmt.Errorf("%w: %w", ErrLost, err)
}

// listDevices returns the phones in the server's list.
func listDevices(ctx context.Context, server string) ([]device, error) {
	c, err := dial(ctx, server, usualWaits.answer)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if err := c.request("host:devices-l", usualWaits.answer); err != nil {
		return nil, fmt.Errorf("adb: listing phones: %w", err)
	}
	text, err := c.text()
	if err != nil {
		return nil, fmt.Errorf("adb: listing phones: %w", err)
	}
	return parseDevices(text), nil
}

// parseDevices parses the list: serial, state, and words such as model:NAME. A state may have
// several words ("no permissions (…)").
func parseDevices(text string) []device {
	var out []device
	for line := range strings.Lines(text) {
		serial, rest, ok := cutSpace(line)
		if !ok {
			continue
		}
		d := device{Serial: serial}
		var state []string
		for w := range strings.FieldsSeq(rest) {
			key, value, isKey := strings.Cut(w, ":")
			switch {
			case isKey && key == "model":
				d.Model = value
			case isKey || len(out) > maxDevices:
			default:
				state = append(state, w)
			}
		}
		d.State = strings.Join(state, " ")
		if out = append(out, d); len(out) == maxDevices {
			break
		}
	}
	return out
}

// maxDevices is the most phones that are read from the list.
const maxDevices = 256

// cutSpace splits a line at its first run of spaces or tabs.
func cutSpace(s string) (before, after string, ok bool) {
	s = strings.TrimSpace(s)
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return "", "", false
	}
	return s[:i], strings.TrimSpace(s[i:]), true
}

// choose picks the phone to read.
func choose(devices []device, serial string) (device, error) {
	var named, ready []device
	for _, d := range devices {
		if serial == "" || d.Serial == serial {
			named = append(named, d)
			if d.ready() {
				ready = append(ready, d)
			}
		}
	}
	switch {
	case len(ready) == 1:
		return ready[0], nil
	case len(ready) > 1:
		return device{}, fmt.Errorf("adb: %w: %s", ErrSeveral, list(ready))
	case len(named) == 0 && serial != "":
		return device{}, fmt.Errorf("adb: %w: %s (it has %s)", ErrNoDevice, serial, list(devices))
	case len(named) == 0:
		return device{}, fmt.Errorf("adb: %w", ErrNoDevice)
	}
	return device{}, fmt.Errorf("adb: %s: %w", named[0].Serial, stateError(named[0].State))
}

// stateError returns the error for a phone's state.
func stateError(state string) error {
	switch {
	case strings.HasPrefix(state, "unauthorized"), strings.HasPrefix(state, "authorizing"):
		return ErrUnauthorized
	case strings.HasPrefix(state, "offline"), strings.HasPrefix(state, "connecting"):
		return ErrOffline
	}
	return fmt.Errorf("%w in a readable state: the state is %q", ErrNoDevice, state)
}

func list(ds []device) string {
	var names []string
	for _, d := range ds {
		names = append(names, fmt.Sprintf("%s (%s)", d.Serial, strings.TrimSpace(d.State+" "+d.Model)))
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
