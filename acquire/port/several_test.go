package port_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/mtkkit/mtkkit/acquire/port"
)

// several is a bus of phones, of which other runs read some.
type several struct {
	names, busy []string
	opened      []string
}

func (s *several) List() (out []port.Info, err error) {
	for _, n := range s.names {
		out = append(out, port.Info{Name: n, VID: 0x0e8d, PID: 0x2000})
	}
	return out, nil
}

func (s *several) Open(name string) (port.Conn, error) {
	s.opened = append(s.opened, name)
	if slices.Contains(s.busy, name) {
		return nil, port.ErrBusy
	}
	return newScript(), nil
}

// Of several phones, each run takes one: the first that no other run has.
func TestOpenOfSeveral(t *testing.T) {
	for _, c := range []struct {
		busy []string
		want string
		err  error
	}{
		{nil, "ttyACM0", nil},
		{[]string{"ttyACM0"}, "ttyACM1", nil},
		{[]string{"ttyACM0", "ttyACM1"}, "ttyACM2", nil},
		{[]string{"ttyACM0", "ttyACM1", "ttyACM2"}, "ttyACM0", port.ErrBusy},
	} {
		synctest.Test(t, func(t *testing.T) {
			bus := &several{names: []string{"ttyACM0", "ttyACM1", "ttyACM2"}, busy: c.busy}
			l, info, err := port.Open(t.Context(), bus, port.Info.IsPhone)
			if !errors.Is(err, c.err) || info.Name != c.want {
				t.Errorf("busy %q: %s, %v; tried %q", c.busy, info.Name, err, bus.opened)
			}
			if err == nil {
				l.Close()
			}
		})
	}
}

// leaving is a bus on which our phone, ttyACM1, leaves after a look and comes back two
// looks later beside others, and cannot be opened at first.
type leaving struct {
	several
	looks, busyFor int
	back           string
}

func (l *leaving) List() (out []port.Info, err error) {
	l.looks++
	l.names = []string{"ttyACM0", "ttyACM1", "ttyACM2"}
	switch {
	case l.looks > 3:
		l.names = []string{"ttyACM0", l.back, "ttyACM2"}
	case l.looks > 1:
		l.names = []string{"ttyACM0", "ttyACM2"}
	}
	return l.several.List()
}

func (l *leaving) Open(name string) (port.Conn, error) {
	c, err := l.several.Open(name)
	if l.busyFor--; l.busyFor >= 0 {
		return nil, port.ErrBusy
	}
	return c, err
}

// A phone that left in the middle of the protocol is waited for: no other that is attached
// is spoken to instead, not even while it is busy.
func TestReopenIsTheSamePhone(t *testing.T) {
	for _, back := range []string{"ttyACM1", "ttyACM3"} {
		for busyFor, want := range map[int]error{0: nil, 3: nil, 1000: port.ErrBusy} {
			synctest.Test(t, func(t *testing.T) {
				bus := &leaving{busyFor: busyFor, back: back}
				l, info, err := port.Reopen(t.Context(), bus, port.Info{Name: "ttyACM1"}, port.Info.IsPhone)
				if !errors.Is(err, want) || info.Name != back || slices.ContainsFunc(bus.opened, func(n string) bool { return n != back }) {
					t.Errorf("back as %s, busy %d times: %s, %v; tried %q", back, busyFor, info.Name, err, bus.opened)
				}
				if err == nil {
					l.Close()
				}
			})
		}
	}
}

// One that came back before the first look, as another port, is found all the same; a busy
// one is still not exchanged for its neighbour.
func TestReopenTooLateToSee(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := &several{names: []string{"ttyACM1", "ttyACM2"}, busy: []string{"ttyACM1"}}
		_, _, err := port.Reopen(t.Context(), bus, port.Info{Name: "ttyACM0"}, port.Info.IsPhone)
		if !errors.Is(err, port.ErrBusy) || slices.Contains(bus.opened, "ttyACM2") {
			t.Errorf("%v; tried %q", err, bus.opened)
		}
	})
}
