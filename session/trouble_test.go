package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/mtkkit/mtkkit/acquire/acquiretest"
	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/da"
	"github.com/mtkkit/mtkkit/acquire/host"
	"github.com/mtkkit/mtkkit/acquire/port"
)

// holders are the programs that have some ports open.
func holders(name string) []host.Process {
	return map[string][]host.Process{"ttyACM0": {{Name: "picocom", PID: 7}}, "ttyACM1": {{Name: "picocom", PID: 7}, {Name: "ModemManager", PID: 8}}}[name]
}

// Who else has the port open is asked where bytes are missing or came unasked for.
func TestAccuse(t *testing.T) {
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
		for on, want := range map[string][]host.Process{"ttyACM0": holders("ttyACM0"), "ttyACM1": holders("ttyACM1"), "ttyACM9": nil, "": nil} {
			p := &Phone{Port: port.Info{Name: on}, holders: holders}
			got := p.Accuse(c.err)
			var contested *ContestedError
			if is := errors.As(got, &contested); is != (c.yes && want != nil) || is && !slices.Equal(contested.Others, want) {
				t.Errorf("%v on %q became %+v", c.err, on, got)
			}
			if !errors.Is(got, c.err) || !IsTrouble(got) || got.Error() != c.err.Error() {
				t.Errorf("%v on %q became %v", c.err, on, got)
			}
			p.holders = nil // nobody to ask
			if got := p.Accuse(c.err); got != c.err {
				t.Errorf("%v became %v", c.err, got)
			}
		}
	}
}

// A program that takes the phone's answers is named, also where nobody answers at all.
func TestContestedPort(t *testing.T) {
	d := one(&acquiretest.Phone{Parts: parts(), Faults: []acquiretest.Fault{{Place: "hw code", Do: acquiretest.Drop, N: 1}}})
	var heard []Notice
	try := func(d *desk, o Options) (err error) {
		on(t, d, func(ctx context.Context) {
			o.Bus, o.Tell = d, func(n Notice) { heard = append(heard, n) }
			s := newSearch(o)
			s.holders = holders
			_, err = s.connect(ctx)
		})
		return err
	}
	var contested *ContestedError
	if err := try(d, Options{}); !errors.As(err, &contested) || contested.Others[0].PID != 7 {
		t.Errorf("%v", err)
	}
	heard = nil
	if err := try(one(&acquiretest.Phone{Charging: true}), Options{Wait: 10e9}); !errors.Is(err, ErrNoPhone) {
		t.Errorf("%v", err)
	}
	silent := slices.IndexFunc(heard, func(n Notice) bool { _, is := n.(Silent); return is })
	if silent < 0 || len(heard[silent].(Silent).Others) != 1 {
		t.Errorf("%+v", heard)
	}
}
