package session

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// A phone is waited for, named when it answers, and closed.
func TestConnect(t *testing.T) {
	for name, p := range map[string]*acquiretest.Phone{
		"at once": {Parts: parts()}, "later": {Parts: parts(), EnumDelay: time.Minute}, "echoes first": {Parts: parts(), EchoFirst: true},
	} {
		m := meetOn(t, one(p), Options{}, 0)
		if m.err != nil || m.chip != "MT6765" || m.on.Name != "ttyACM0" || m.count(Met{}) != 1 || m.count(Waiting{}) != 1 || len(m.heard) != 2 {
			t.Errorf("%s: %v", name, m)
		}
	}
}

// A port that was named is waited for by its name, and that it is not there is told.
func TestNamedPort(t *testing.T) {
	name := filepath.Join(t.TempDir(), "ttyACM7")
	m := meetOn(t, &desk{[]string{name}, []*acquiretest.Phone{{Parts: parts(), EnumDelay: time.Minute}}}, Options{Port: name}, 0)
	w, _ := m.heard[0].(Waiting)
	if m.err != nil || m.on.Name != name || w.Port != name || w.Absent == nil || w.Absent.Port != name {
		t.Errorf("%v", m)
	}
	m = meetOn(t, one(&acquiretest.Phone{Parts: parts()}), Options{Port: name, Wait: 90 * time.Second}, 0)
	if !errors.Is(m.err, ErrNoPhone) || !IsTrouble(m.err) || m.took < 90*time.Second || m.count(Met{}) != 0 {
		t.Errorf("another port: %v", m)
	}
}

// The files are looked at before a phone is waited for, and a port that is not there is told
// before a file that is wrong.
func TestFilesBeforePhone(t *testing.T) {
	bus := &desk{}
	for name, c := range map[string]struct {
		o    Options
		want func(error) bool
	}{
		"no agents":       {Options{}, func(err error) bool { return errors.Is(err, ErrNoAgents) }},
		"no such file":    {Options{Agents: filepath.Join(t.TempDir(), "none")}, func(err error) bool { return err != nil && !IsTrouble(err) }},
		"no agents in it": {Options{AgentImage: bytes.NewReader(make([]byte, 4096))}, func(err error) bool { var f *FileError; return errors.As(err, &f) && f.Alien && f.Kind == AgentsFile }},
		"cut":             {Options{AgentImage: bytes.NewReader(agents()[:0x60])}, func(err error) bool { var f *FileError; return errors.As(err, &f) && !f.Alien }},
	} {
		var heard []Notice
		c.o.Bus, c.o.Port, c.o.Tell = bus, filepath.Join(t.TempDir(), "none"), func(n Notice) { heard = append(heard, n) }
		_, err := Connect(t.Context(), c.o)
		if !c.want(err) || len(heard) != 1 {
			t.Errorf("%s: %v, %v", name, err, heard)
		} else if a, ok := heard[0].(Absent); !ok || a.Port != c.o.Port {
			t.Errorf("%s: %+v", name, heard[0])
		}
	}
}

// A phone that is silent is waited out, and told of once.
func TestSilentIsWaitedOut(t *testing.T) {
	for _, wait := range []time.Duration{2 * time.Second, time.Minute, time.Hour} {
		m := meetOn(t, one(&acquiretest.Phone{Charging: true}), Options{Wait: wait}, 0)
		if !errors.Is(m.err, ErrNoPhone) || m.count(Silent{}) != 1 || m.took < wait || m.took > wait+time.Second {
			t.Errorf("%v: %v", wait, m)
		}
		for _, n := range m.heard {
			if s, ok := n.(Silent); ok && (!s.Charging || s.Port.PID != port.ChargingPID) {
				t.Errorf("%+v", s)
			}
		}
	}
}

// The end of the context ends the waiting beside a silent phone, whatever it is doing.
func TestSilentInterrupted(t *testing.T) {
	for _, after := range []time.Duration{200 * time.Millisecond, 2 * time.Second, 5 * time.Second, 8 * time.Second} {
		m := meetOn(t, one(&acquiretest.Phone{Charging: true}), Options{}, after)
		if !errors.Is(m.err, context.DeadlineExceeded) || m.took > after+time.Second {
			t.Errorf("after %v: %v", after, m)
		}
	}
}

// A silent port keeps nobody from the phone that is plugged in later, whenever that is,
// however short its time.
func TestSilentDoesNotShadow(t *testing.T) {
	flash := parts()
	for after := 100 * time.Millisecond; after < 13*time.Second; after += 300 * time.Millisecond {
		for _, silent := range []int{1, 2} {
			d := &desk{[]string{"ttyACM0", "ttyACM1", "ttyACM2"}[:silent+1], []*acquiretest.Phone{{Charging: true}, {Charging: true}}[:silent]}
			d.phones = append(d.phones, &acquiretest.Phone{EnumDelay: after, Window: time.Second, Parts: flash})
			if m := meetOn(t, d, Options{Wait: time.Minute}, 0); m.err != nil || m.on.Name != d.names[silent] {
				t.Errorf("%d silent, the other after %v: %v", silent, after, m)
			}
		}
	}
}

// A silent phone that is switched off and plugged in again is spoken to at once, also when
// its port has the name it had.
func TestSilentPluggedInAgain(t *testing.T) {
	flash := parts()
	for after := 5 * time.Second; after < 13*time.Second; after += 370 * time.Millisecond {
		d := &desk{[]string{"ttyACM0", "ttyACM0"}, []*acquiretest.Phone{
			{Window: after - time.Second, Faults: []acquiretest.Fault{{Place: "ready", Do: acquiretest.Drop}, {Place: "start", Do: acquiretest.Drop}}},
			{EnumDelay: after, Window: time.Second, Parts: flash}}}
		if m := meetOn(t, d, Options{Wait: time.Minute}, 0); m.err != nil {
			t.Errorf("after %v: %v", after, m)
		}
	}
}

// A phone that leaves while it is spoken to is told of once, and waited for again.
func TestLeftIsWaitedFor(t *testing.T) {
	p := &acquiretest.Phone{Parts: parts(), Replug: time.Second, Faults: []acquiretest.Fault{
		{Place: "hw code", Nth: 1, Do: acquiretest.Disconnect}, {Place: "hw code", Nth: 2, Do: acquiretest.Disconnect}}}
	m := meetOn(t, one(p), Options{Wait: time.Minute}, 0)
	if m.err != nil || m.count(Left{}) != 1 || m.count(Met{}) != 1 || p.Lives() != 3 {
		t.Errorf("%d lives: %v", p.Lives(), m)
	}
}

// A phone that runs Android is told to be switched off, and waited for.
func TestRunningIsTold(t *testing.T) {
	s := newSearch(Options{Bus: &desk{}})
	var heard []Notice
	s.to = func(n Notice) { heard = append(heard, n) }
	android := port.Info{Name: "ttyACM0", VID: 0x0e8d, PID: 0x201c}
	if android.Kind() != port.Android {
		t.Fatalf("%v is %v", android, android.Kind())
	}
	for range 3 {
		if s.watch(android) {
			t.Error("it is taken for a loader")
		}
	}
	if len(heard) != 1 || heard[0] != (Running{android}) {
		t.Errorf("%+v", heard)
	}
}

// What ends the start of a phone is trouble, and the phone's files are closed.
func TestStartFails(t *testing.T) {
	for name, c := range map[string]struct {
		phone acquiretest.Phone
		want  error
	}{
		"busy":          {acquiretest.Phone{OpenError: port.ErrBusy, OpenErrors: -1}, port.ErrBusy},
		"no right":      {acquiretest.Phone{OpenError: port.ErrPermission, OpenErrors: -1}, port.ErrPermission},
		"SLA":           {acquiretest.Phone{TargetConfig: 7}, brom.ErrSLA},
		"left for good": {acquiretest.Phone{Faults: []acquiretest.Fault{{Place: "xflash.status", Nth: 1, Do: acquiretest.Disconnect}}}, port.ErrGone},
	} {
		p := c.phone
		p.Parts = parts()
		if m := meetOn(t, one(&p), Options{Wait: time.Minute}, 0); !errors.Is(m.err, c.want) || !IsTrouble(m.err) {
			t.Errorf("%s: %v", name, m)
		}
	}
	if IsTrouble(nil) || IsTrouble(flash.ErrNotThis) || IsTrouble(context.Canceled) {
		t.Error("what is no phone's is called trouble")
	}
}

// mute is a port on which nobody speaks, and whose system says strange things of a port
// that was closed.
type mute struct {
	open  context.Context
	close func()
	wait  time.Duration
}

func (m *mute) SetReadTimeout(d time.Duration) error { m.wait = d; return nil }

func (m *mute) Close() error { m.close(); return nil }

func (m *mute) Read([]byte) (int, error) {
	select {
	case <-m.open.Done():
		return 0, port.ErrGone
	case <-time.After(m.wait):
		return 0, port.ErrTimeout
	}
}

func (m *mute) Write(p []byte) (int, error) {
	select {
	case <-m.open.Done():
		return 0, io.EOF
	default:
		return len(p), nil
	}
}

// A handshake that is given up for another phone says so, whatever came of it.
func TestGreetGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{[]string{"ttyACM1"}, []*acquiretest.Phone{{}}}
		d.phones[0].Plug()
		defer d.phones[0].Unplug()
		s := newSearch(Options{Bus: d})
		open, closed := context.WithCancel(t.Context())
		start, line := time.Now(), port.NewLine(t.Context(), &mute{open: open, close: closed})
		if _, err := s.greet(t.Context(), t.Context(), line, port.Info{Name: "ttyACM0"}); !errors.Is(err, errElsewhere) || time.Since(start) > time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}
