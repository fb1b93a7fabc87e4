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
