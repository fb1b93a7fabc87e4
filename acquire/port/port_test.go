package port_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/port"
)

// script is a Conn that plays back what happens, a step each Read.
type script struct {
	steps  []step
	rest   []byte
	wait   time.Duration
	closed chan struct{}
	sent   []byte
}

type step struct {
	after time.Duration
	data  string
	err   error
}

func newScript(steps ...step) *script { return &script{steps: steps, closed: make(chan struct{})} }

func (s *script) SetReadTimeout(d time.Duration) error { s.wait = d; return nil }
func (s *script) Write(p []byte) (int, error)          { s.sent = append(s.sent, p...); return len(p), nil }

func (s *script) Close() error {
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
	return nil
}

func (s *script) Read(p []byte) (int, error) {
	if len(s.rest) > 0 {
		n := copy(p, s.rest)
		s.rest = s.rest[n:]
		return n, nil
	}
	after := time.Hour
	if len(s.steps) > 0 {
		after = s.steps[0].after
	}
	wait := time.NewTimer(s.wait)
	defer wait.Stop()
	come := time.NewTimer(after)
	defer come.Stop()
	select {
	case <-s.closed:
		return 0, port.ErrClosed
	case <-come.C:
		st := s.steps[0]
		s.steps = s.steps[1:]
		n := copy(p, st.data)
		s.rest = []byte(st.data[n:])
		return n, st.err
	case <-wait.C:
		if len(s.steps) > 0 {
			s.steps[0].after -= s.wait
		}
		return 0, port.ErrTimeout
	}
}

func TestReadFull(t *testing.T) {
	for _, c := range []struct {
		name  string
		steps []step
		n     int
		want  string
		err   error
	}{
		{"at once", []step{{0, "hello", nil}}, 5, "hello", nil},
		{"in pieces", []step{{0, "he", nil}, {700 * time.Millisecond, "l", nil}, {700 * time.Millisecond, "lo", nil}}, 5, "hello", nil},
		{"more than asked", []step{{0, "hello, world", nil}}, 5, "hello", nil},
		{"silence", nil, 1, "", port.ErrTimeout},
		{"silence in the middle", []step{{0, "he", nil}}, 5, "", port.ErrTimeout},
		{"gone in the middle", []step{{0, "he", nil}, {0, "", port.ErrGone}}, 5, "", port.ErrGone},
		{"a Conn that breaks its promise", []step{{0, "", nil}}, 1, "", port.ErrTimeout},
		{"an error that comes with data", []step{{0, "hello", iotest.ErrTimeout}}, 5, "hello", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := port.NewLine(t.Context(), newScript(c.steps...))
				defer l.Close()
				b := make([]byte, c.n)
				err := l.ReadFull(b, 1500*time.Millisecond)
				if !errors.Is(err, c.err) || err == nil && string(b) != c.want {
					t.Errorf("%q, %v", b, err)
				}
			})
		})
	}
}

// A phone that trickles is as good as silent, however often a byte comes.
func TestTrickle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var steps []step
		for range 60000 {
			steps = append(steps, step{20 * time.Millisecond, "x", nil})
		}
		l := port.NewLine(t.Context(), newScript(steps...))
		defer l.Close()
		start := time.Now()
		if err := l.ReadFull(make([]byte, 64<<10), 5*time.Second); !errors.Is(err, port.ErrTimeout) {
			t.Error(err)
		}
		if d := time.Since(start); d > 22*time.Second {
			t.Errorf("after %v", d)
		}
	})
}

func TestLineMixesLengths(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		data := bytes.Repeat([]byte("0123456789abcdef"), 8<<10)
		l := port.NewLine(t.Context(), newScript(step{0, string(data), nil}))
		defer l.Close()
		var got []byte
		for i := 0; len(got) < len(data); i++ {
			b := make([]byte, min([]int{1, 12, 40000, 2, 5000}[i%5], len(data)-len(got)))
			if err := l.ReadFull(b, time.Second); err != nil {
				t.Fatal(err)
			}
			got = append(got, b...)
		}
		if !bytes.Equal(got, data) {
			t.Error("order lost")
		}
	})
}

func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := port.NewLine(t.Context(), newScript(step{0, "old", nil}, step{5 * time.Millisecond, "er", nil}, step{50 * time.Millisecond, "new", nil}))
		defer l.Close()
		seen, err := l.Drain(20*time.Millisecond, time.Second)
		if string(seen) != "older" || err != nil {
			t.Errorf("%q, %v", seen, err)
		}
		b := make([]byte, 3)
		if err := l.ReadFull(b, time.Second); err != nil || string(b) != "new" {
			t.Errorf("%q, %v", b, err)
		}
	})
}

func TestContextEndsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("the user has had enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		l := port.NewLine(ctx, newScript())
		time.AfterFunc(time.Second, func() { cancel(why) })
		if err := l.ReadFull(make([]byte, 1), time.Hour); !errors.Is(err, why) {
			t.Error(err)
		}
	})
}

// Armed first, plugged second; a port that will not open at first is tried again.
func TestOpenWaits(t *testing.T) {
	for _, c := range []struct {
		name   string
		err    error
		errors int
		want   error
	}{
		{"plain", nil, 0, nil},
		{"busy for a moment", port.ErrBusy, 5, nil},
		{"busy", port.ErrBusy, -1, port.ErrBusy},
		{"forbidden until udev comes", port.ErrPermission, 3, nil},
		{"forbidden", port.ErrPermission, -1, port.ErrPermission},
		{"gone again, and back", port.ErrGone, 30, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &acquiretest.Phone{EnumDelay: 7 * time.Second, Replug: time.Second, OpenError: c.err, OpenErrors: c.errors}
				p.Plug()
				defer p.Unplug()
				l, info, err := port.Open(t.Context(), p, port.Info.IsPhone)
				if !errors.Is(err, c.want) {
					t.Fatalf("%v, want %v", err, c.want)
				}
				if info.Kind() != port.Preloader {
					t.Errorf("%v is a %v", info, info.Kind())
				}
				if err == nil {
					l.Close()
				}
			})
		})
	}
}

func TestWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &acquiretest.Phone{EnumDelay: time.Hour}
		p.Plug()
		defer p.Unplug()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := port.Wait(ctx, p, anyPort); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		vid, pid uint16
		kind     port.Kind
		phone    bool
	}{
		{0x0e8d, 0x0003, port.BootROM, true}, {0x0e8d, 0x2000, port.Preloader, true}, {0x0e8d, 0x2001, port.Preloader, true},
		{0x0e8d, 0x201c, port.Android, false}, {0x1234, 0x5678, port.Unknown, false}, {0, 0, port.Unknown, false},
	} {
		i := port.Info{Name: "x", VID: c.vid, PID: c.pid}
		if i.Kind() != c.kind || i.IsPhone() != c.phone {
			t.Errorf("%v is %v, phone %v", i, i.Kind(), i.IsPhone())
		}
	}
	if s := fmt.Sprint(port.Info{Name: "/dev/ttyACM0", VID: 0x0e8d, PID: 3}); s != "/dev/ttyACM0 (0e8d:0003)" {
		t.Error(s)
	}
}

// anyPort accepts every port.
func anyPort(port.Info) bool { return true }
