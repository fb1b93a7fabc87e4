package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mtkkit/mtkkit/acquire/brom"
	"github.com/mtkkit/mtkkit/acquire/port"
)

// meet waits for a phone until one says who it is. A phone whose time was up before it did may
// be plugged in again; one that is silent, as those are that charge, is passed over, and asked
// again now and then. The port and what the loader tells are in p, the port also after an error.
func (s *search) meet(ctx, life context.Context, p *Phone) (*brom.Session, error) {
	if s.Wait > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, s.Wait, fmt.Errorf("%w within %v", ErrNoPhone, s.Wait))
		defer cancel()
	}
	s.tellWaiting()
	for {
		line, info, err := port.Open(ctx, s.seen, s.watch)
		p.Port = info
		if err != nil {
			return nil, err
		}
		loader, err := s.greet(ctx, life, line, info)
		if err == nil {
			p.Loader, err = loader.Identify()
		}
		if err == nil {
			return loader, nil
		}
		line.Close()
		if !s.passOver(err, info) {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("waiting for a phone: %w", context.Cause(ctx))
		}
	}
}

// tellWaiting says that a phone is waited for, unless one is there.
func (s *search) tellWaiting() {
	ports, err := s.Bus.List()
	if slices.ContainsFunc(ports, s.watch) {
		return
	}
	if err != nil {
		return
	}
	s.tell(Waiting{s.Port, s.absent()})
}

// watch accepts the phone's port and tells of ports that are none.
func (s *search) watch(i port.Info) bool {
	if i.Kind() == port.Android && s.Port == "" {
		s.once(Running{i})
	}
	return s.want(i)
}

// pause is how long a port that was passed over is left alone.
const pause = 3 * time.Second

// passOver reports whether err is no reason to stop waiting, and says what to do meanwhile.
func (s *search) passOver(err error, on port.Info) bool {
	switch {
	case errors.Is(err, errElsewhere):
		s.seen.Pass(on.Name, pause)
	case errors.Is(err, brom.ErrSilent), errors.Is(err, ErrNoPhone): // the second: the waiting was over before
		s.seen.Pass(on.Name, pause)
		s.once(Silent{on, on.VID == 0 || on.PID == port.ChargingPID, others(s.holders, on)})
	case errors.Is(err, port.ErrGone):
		s.once(Left{on})
	default:
		return false
	}
	return true
}

// greet shakes hands. Where nobody answers it gives up early for a phone that is plugged in
// meanwhile, whose time may be a second, and when the waiting is over.
func (s *search) greet(ctx, life context.Context, line *port.Line, on port.Info) (*brom.Session, error) {
	probe, cancel := context.WithCancelCause(life)
	defer cancel(nil)
	line.Outlive(probe)
	stop := s.lookElsewhere(ctx, probe, on, cancel)
	loader, err := brom.Connect(line)
	stop()
	if probe.Err() != nil { // the line was closed here, whatever the handshake made of it
		err = context.Cause(probe)
	}
	line.Outlive(life)
	return loader, err
}

// handshakeTime is how long a port is listened to in any case: a loader has answered three
// times over by then, and the next phone's second is not over.
const handshakeTime = 300 * time.Millisecond

// The reasons to end the look at other ports, and a handshake.
var (
	errElsewhere = errors.New("another phone came")                  // while this port was silent
	errGreeted   = errors.New("the phone has answered, or will not") // there is nothing more to look for
)

// lookElsewhere gives probe up when another port comes up or ctx ends, but not before a loader
// has had its time. It is over when stop returns.
func (s *search) lookElsewhere(ctx, probe context.Context, on port.Info, giveUp context.CancelCauseFunc) (stop func()) {
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
		_, err := port.Wait(look, s.seen, func(i port.Info) bool {
			return i.Name != on.Name && !s.seen.Passed(i.Name) && s.want(i)
		})
		if err == nil {
			giveUp(errElsewhere)
		} else if cause := context.Cause(look); errors.Is(cause, context.Cause(ctx)) {
			giveUp(cause)
		}
	}()
	return func() {
		end(errGreeted)
		<-done
	}
}
