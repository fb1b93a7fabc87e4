package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/acquire/host"
	"github.com/mtkkit/mtkkit/acquire/port"
)

// desk is a computer with several phones, each at a port of its own name.
type desk struct {
	names  []string
	phones []*acquiretest.Phone
}

func (d *desk) List() (out []port.Info, err error) {
	for i, p := range d.phones {
		ports, err := p.List()
		if err != nil {
			return nil, err
		}
		for _, info := range ports {
			info.Name = d.names[i]
			out = append(out, info)
		}
	}
	return out, nil
}

func (d *desk) Open(name string) (port.Conn, error) {
	for i, p := range d.phones {
		if ports, _ := p.List(); d.names[i] == name && len(ports) > 0 {
			return p.Open(ports[0].Name)
		}
	}
	return nil, port.ErrGone
}

// onDesk runs a command beside the phones. It returns after how long it ended, too.
func onDesk(t *testing.T, d *desk, ctx func(context.Context) context.Context, args ...string) (code int, said string, took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		for _, p := range d.phones {
			p.Plug()
			defer p.Unplug()
		}
		var out, errs strings.Builder
		start := time.Now()
		code = run(ctx(t.Context()), append([]string{"mtkkit"}, args...), streams{in: strings.NewReader(""), out: &out, err: &errs, bus: d})
		took, said = time.Since(start), out.String()+errs.String()
	})
	return code, said, took
}

func always(ctx context.Context) context.Context { return ctx }

// A phone that is silent is waited out, and told of once.
func TestSilentIsWaitedOut(t *testing.T) {
	agent := families[0].agentFor(t)
	for _, wait := range []time.Duration{2 * time.Second, time.Minute, time.Hour} {
		d := &desk{[]string{"ttyACM0"}, []*acquiretest.Phone{{Charging: true}}}
		code, said, took := onDesk(t, d, always, "info", "--port", "auto", "--da", agent, "--wait", wait.String())
		expect(t, code, exitPhone, said, fmt.Sprintf("no phone came within %v", wait))
		if strings.Count(said, "the phone on ttyACM0 does not answer: it may be charging (0e8d:20ff)") != 1 || strings.Contains(said, "brom") {
			t.Errorf("%v: %s", wait, said)
		}
		if took < wait || took > wait+time.Second {
			t.Errorf("waited %v, not %v", took, wait)
		}
	}
}

// Ctrl-C ends the waiting beside a silent phone, whatever it is doing.
func TestSilentInterrupted(t *testing.T) {
	agent := families[0].agentFor(t)
	for _, after := range []time.Duration{200 * time.Millisecond, 2 * time.Second, 5 * time.Second, 8 * time.Second} {
		d := &desk{[]string{"ttyACM0"}, []*acquiretest.Phone{{Charging: true}}}
		code, said, took := onDesk(t, d, func(ctx context.Context) context.Context {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(after, cancel)
			return ctx
		}, "info", "--port", "auto", "--da", agent)
		if code != exitInterrupted || took > after+time.Second {
			t.Errorf("after %v: exit %d, %v\n%s", after, code, took, said)
		}
	}
}

// A silent port keeps nobody from the phone that is plugged in later, whenever that is,
// however short its time.
func TestSilentDoesNotShadow(t *testing.T) {
	agent, parts := families[0].agentFor(t), faultParts()
	for after := 100 * time.Millisecond; after < 13*time.Second; after += 300 * time.Millisecond {
		for _, silent := range []int{1, 2} {
			d := &desk{[]string{"ttyACM0", "ttyACM1", "ttyACM2"}[:silent+1], []*acquiretest.Phone{{Charging: true}, {Charging: true}}[:silent]}
			d.phones = append(d.phones, &acquiretest.Phone{EnumDelay: after, Window: time.Second, Parts: parts})
			code, said, _ := onDesk(t, d, always, "blocks", "--port", "auto", "--da", agent, "--wait", "1m")
			if code != exitOK || !strings.Contains(said, fmt.Sprintf("MT6765 on ttyACM%d", silent)) {
				t.Errorf("%d silent, the other after %v: exit %d\n%s", silent, after, code, said)
			}
		}
	}
}

// A silent phone that is switched off and plugged in again is spoken to at once, also when
// its port has the name it had.
func TestSilentPluggedInAgain(t *testing.T) {
	agent, parts := families[0].agentFor(t), faultParts()
	for after := 5 * time.Second; after < 13*time.Second; after += 370 * time.Millisecond {
		d := &desk{[]string{"ttyACM0", "ttyACM0"}, []*acquiretest.Phone{
			{Window: after - time.Second, Faults: []fault{{Place: "ready", Do: acquiretest.Drop}, {Place: "start", Do: acquiretest.Drop}}},
			{EnumDelay: after, Window: time.Second, Parts: parts}}}
		code, said, _ := onDesk(t, d, always, "blocks", "--port", "auto", "--da", agent, "--wait", "1m")
		if code != exitOK {
			t.Errorf("after %v: exit %d\n%s", after, code, said)
		}
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
		p := &phonePort{bus: d, seen: port.NewSkipper(d), want: func(port.Info) bool { return true }}
		open, closed := context.WithCancel(t.Context())
		start, line := time.Now(), port.NewLine(t.Context(), &mute{open: open, close: closed})
		if _, err := p.greet(t.Context(), t.Context(), line, port.Info{Name: "ttyACM0"}); !errors.Is(err, errElsewhere) || time.Since(start) > time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

// Who else has the port open is asked where bytes are missing or came unasked for, and
// named instead of a cable.
func TestAccused(t *testing.T) {
	thief := func(port string) []host.Process {
		return map[string][]host.Process{"ttyACM0": {{Name: "picocom", PID: 7}}, "ttyACM1": {{Name: "picocom", PID: 7}, {Name: "ModemManager", PID: 8}}}[port]
	}
	loader := func(err error) error { return fmt.Errorf("x: %w", &brom.Error{Command: "GET_HW_CODE", Err: err}) }
	for _, c := range []struct {
		err error
		yes bool
	}{
		{loader(&brom.EchoError{Sent: []byte{0xfd}, Got: []byte{0}}), true},
		{loader(port.ErrTimeout), true},
		{loader(&brom.StatusError{Status: 0x0766}), true},
		{loader(&brom.StatusError{Status: 0x1d1a}), false},
		{loader(brom.ErrIntruder), true},
		{loader(brom.ErrEcho), true},
		{da.ErrProtocol, true},
		{da.ErrSum, true},
		{port.ErrBusy, true},
		{port.ErrGone, false},
		{da.ErrNoStorage, false},
		{brom.ErrSLA, false},
		{&da.StatusError{Code: 0xc0010004}, false},
	} {
		p := &phonePort{holders: thief}
		got := p.accuse(c.err, port.Info{Name: "ttyACM0"})
		if !errors.Is(got, c.err) || !isPhoneTrouble(got) {
			t.Errorf("%v became %v", c.err, got)
		}
		a := phoneAdvice(got)
		if named := strings.HasPrefix(a, "picocom (pid 7) has the port open too: end it, "); named != c.yes || named && strings.Contains(a, "cable") {
			t.Errorf("%v: advice %q", c.err, a)
		}
		if a := phoneAdvice(p.accuse(c.err, port.Info{Name: "ttyACM1"})); c.yes && !strings.HasPrefix(a, "picocom (pid 7) and ModemManager (pid 8) have the port open too: end them") {
			t.Errorf("%v: advice %q", c.err, a)
		}
		for _, none := range []*phonePort{{holders: thief}, {}} { // nobody there, nobody to ask
			if got := none.accuse(c.err, port.Info{Name: "ttyACM9"}); got != c.err {
				t.Errorf("%v became %v", c.err, got)
			}
		}
	}
}

// A port that is not there is told before an agent that is wrong: it may be mistyped.
func TestMissingPortBeforeAgent(t *testing.T) {
	port := filepath.Join(t.TempDir(), "none")
	for name, args := range map[string][]string{
		"no agent":      {"list", "--port", port},
		"missing agent": {"acquire", "--port", port, "--da", filepath.Join(t.TempDir(), "none.bin")},
	} {
		_, _, errs := program(t, args...)
		first, rest, _ := strings.Cut(errs, "\n")
		if !strings.Contains(first, port+", which is not there yet") || rest == "" {
			t.Errorf("%s: the port is not told first: %s", name, errs)
		}
	}
}
