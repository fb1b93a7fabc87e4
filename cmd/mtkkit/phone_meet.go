package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/port"
)

// meet waits for a phone until one says who it is. A phone whose time was up before it
// did may be plugged in again; one that is silent, as those are that charge, is passed
// over, and asked again now and then. The port is in l, also after an error.
func (p *phonePort) meet(ctx, life context.Context, l *livePhone) (*brom.Session, error) {
	if p.wait > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, p.wait, fmt.Errorf("%w within %v", errNoPhone, p.wait))
		defer cancel()
	}
	p.prompt()
	for {
		line, info, err := port.Open(ctx, p.seen, p.watch)
		l.Port = info
		if err != nil {
			return nil, err
		}
		s, err := p.greet(ctx, life, line, info)
		if err == nil {
			l.Loader, err = s.Identify()
		}
		if err == nil {
			return s, nil
		}
		line.Close()
		if !p.passOver(err, info) {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("waiting for a phone: %w", context.Cause(ctx))
		}
	}
}

// passOver reports whether err is no reason to stop waiting, and says what to do meanwhile.
func (p *phonePort) passOver(err error, on port.Info) bool {
	const pause = 3 * time.Second // until it is asked again
	switch {
	case errors.Is(err, errElsewhere):
		p.seen.Pass(on.Name, pause)
	case errors.Is(err, brom.ErrSilent), errors.Is(err, errNoPhone): // the second: the waiting was over before
		p.seen.Pass(on.Name, pause)
		p.tell("%s", p.silence(on))
	case errors.Is(err, port.ErrGone):
		p.tell("the phone on %s left before it could be spoken to: switch it off and plug it in again", on.Name)
	default:
		return false
	}
	return true
}

// silence says what a port may be that opens and on which nobody speaks.
func (p *phonePort) silence(on port.Info) string {
	charging := "it may be charging"
	if on.VID == 0 || on.PID == port.ChargingPID {
		charging = fmt.Sprintf("it may be charging (0e8d:%04x)", port.ChargingPID)
	}
	other := "a second program on the port is the other possibility"
	if who := p.others(on); who != "" {
		other = who
	}
	return fmt.Sprintf("the phone on %s does not answer: %s, or its loader's time was over: switch it off, unplug, plug in again; %s", on.Name, charging, other)
}

// errElsewhere: another port came up while this one was silent.
var errElsewhere = errors.New("another phone came")

// greet shakes hands. Where nobody answers it gives up early for a phone that is plugged in
// meanwhile, whose time may be a second, and when the waiting is over.
func (p *phonePort) greet(ctx, life context.Context, line *port.Line, on port.Info) (*brom.Session, error) {
	probe, cancel := context.WithCancelCause(life)
	defer cancel(nil)
	line.Outlive(probe)
	stop := p.lookElsewhere(ctx, probe, on, cancel)
	s, err := brom.Connect(line)
	stop()
	if probe.Err() != nil { // the line was closed here, whatever the handshake made of it
		err = context.Cause(probe)
	}
	line.Outlive(life)
	return s, err
}

// handshakeTime is how long a port is listened to in any case: a loader has answered three
// times over by then, and the next phone's second is not over.
const handshakeTime = 300 * time.Millisecond

// lookElsewhere gives probe up when another port comes up or ctx ends, but not before a
// loader has had its time. It is over when stop returns.
func (p *phonePort) lookElsewhere(ctx, probe context.Context, on port.Info, giveUp context.CancelCauseFunc) (stop func()) {
	look, end := context.WithCancelCause(probe)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-look.Done():
			return
		case <-time.After(handshakeTime):
		}
		defer context.AfterFunc(ctx, func() { end(context.Cause(ctx)) })()
		_, err := port.Wait(look, p.seen, func(i port.Info) bool {
			return i.Name != on.Name && !p.seen.Passed(i.Name) && p.want(i)
		})
		if err == nil {
			giveUp(errElsewhere)
		} else if cause := context.Cause(look); cause == context.Cause(ctx) {
			giveUp(cause)
		}
	}()
	return func() {
		end(errGreeted)
		<-done
	}
}

// errGreeted: there is nothing more to look for.
var errGreeted = errors.New("the phone has answered, or will not")
