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

// meet waits for a phone and identifies it. If a phone disconnects before, it may be plugged in
// again. A phone that does not answer, for example because it charges, is skipped and tried again
// later. meet stores the port and the loader's facts in p, the port also after an error.
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

// tellWaiting sends Waiting if no phone is connected.
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

// watch reports whether a port is the wanted one. It sends Running for a phone that runs Android.
func (s *search) watch(i port.Info) bool {
	if i.Kind() == port.Android && s.Port == "" {
		s.once(Running{i})
	}
	return s.want(i)
}

// pause is how long a port is skipped.
const pause = 3 * time.Second

// passOver reports whether the wait continues after err, and sends the notice about it.
func (s *search) passOver(err error, on port.Info) bool {
	switch {
	case errors.Is(err, errElsewhere):
		s.seen.Pass(on.Name, pause)
	case errors.Is(err, brom.ErrSilent), errors.Is(err, ErrNoPhone): // ErrNoPhone: the wait ended during the handshake
		s.seen.Pass(on.Name, pause)
		s.once(Silent{on, on.VID == 0 || on.PID == port.ChargingPID, others(s.holders, on)})
	case errors.Is(err, port.ErrGone):
		s.once(Left{on})
	default:
		return false
	}
	return true
}

// greet does the handshake. If nothing answers, it ends early when another phone is plugged in,
// because that may wait for only one second, and when the wait ends.
func (s *search) greet(ctx, life context.Context, line *port.Line, on port.Info) (*brom.Session, error) {
	probe, cancel := context.WithCancelCause(life)
	defer cancel(nil)
	line.Outlive(probe)
	stop := s.lookElsewhere(ctx, probe, on, cancel)
	loader, err := brom.Connect(line)
	stop()
	if probe.Err() != nil { // this program closed the line, whatever error the handshake returned
		err = context.Cause(probe)
	}
	line.Outlive(life)
	return loader, err
}

// handshakeTime is the shortest time for a handshake: enough for three answers of a loader, and
// less than the second that the next phone may wait.
const handshakeTime = 300 * time.Millisecond

// The reasons to end a handshake and the search for other ports.
var (
	errElsewhere = errors.New("another phone came")      // while nothing answered on this port
	errGreeted   = errors.New("the handshake has ended") // no other port is needed
)

// lookElsewhere cancels probe when another port appears or ctx ends, but not before handshakeTime.
// It has ended when stop returns.
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
