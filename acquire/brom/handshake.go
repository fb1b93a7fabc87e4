package brom

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/mtkkit/mtkkit/acquire/port"
)

// start is what opens command mode; every byte is answered by its complement.
var start = [4]byte{0xa0, 0x0a, 0x50, 0x05}

const (
	handshakeLimit = 4 * time.Second       // longer than any preloader stays
	againAfter     = 50 * time.Millisecond // the first A0 was swallowed if 5F is not here by then
	matchWait      = 300 * time.Millisecond
)

var ready = []byte("READY")

// Connect brings the loader on line into command mode. It must be called within the
// preloader's window (one second at worst after the port appears). A loader that another
// tool has left in command mode is taken as it is. The error wraps ErrNoAnswer when whoever
// is there is no loader (ErrSilent when nobody is), ErrEcho, or port.ErrGone when the phone
// left.
func Connect(line *port.Line) (*Session, error) {
	s := &Session{line: line}
	h := &handshake{line: line, end: time.Now().Add(handshakeLimit)}
	for time.Now().Before(h.end) {
		ok, err := h.try()
		if err != nil {
			return nil, s.fail("handshake", err)
		}
		if !ok {
			continue
		}
		// A READY or a second 5F still under way would shift all that follows.
		if _, err := line.Drain(settle, handshakeLimit); err != nil {
			return nil, s.fail("handshake", err)
		}
		return s, nil
	}
	return nil, s.fail("handshake", h.nobody())
}

// handshake remembers what was heard, for the error.
type handshake struct {
	line   *port.Line
	end    time.Time
	heard  []byte
	begun  bool // it is in command mode already
	echoes int  // how often all that was sent came back, and nothing else
}

// try goes through the four bytes once. It returns false when the phone lost its place:
// the matcher answers a wrong byte by byte+1 and begins anew, and so do we.
func (h *handshake) try() (bool, error) {
	heard, err := h.line.Drain(time.Millisecond, matchWait)
	h.hear(heard...)
	if err != nil && !errors.Is(err, port.ErrTimeout) {
		return false, err
	}
	found, err := h.first()
	if err != nil || !found || h.begun {
		return h.begun, err
	}
	for i, b := range start[1:] {
		if err := h.line.Write([]byte{b}); err != nil {
			return false, err
		}
		got, err := h.line.Byte(matchWait)
		if err == nil && got == ^start[i] { // the last answer twice: a byte doubled on the way
			got, err = h.line.Byte(matchWait)
		}
		if errors.Is(err, port.ErrTimeout) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		h.hear(got)
		if got != ^b {
			return false, nil
		}
	}
	return true, nil
}

// first sends A0 until 5F comes, through any READY. The first A0 may be swallowed. One that
// comes back is no answer of a loader that waits for it.
func (h *handshake) first() (bool, error) {
	for range 6 {
		if err := h.line.Write(start[:1]); err != nil {
			return false, err
		}
		again := time.Now().Add(againAfter)
		for time.Now().Before(again) {
			got, err := h.line.Byte(time.Until(again))
			if errors.Is(err, port.ErrTimeout) {
				break
			}
			if err != nil {
				return false, err
			}
			h.hear(got)
			switch got {
			case ^start[0]:
				return true, nil
			case start[0]:
				err := h.ask()
				return h.begun, err
			}
		}
	}
	return false, nil
}

// enoughEchoes is how often a line must echo, and do nothing else, to be called that.
const enoughEchoes = 2

// ask tells who sends A0 back: a loader in command mode, with which another tool has
// shaken hands before it died (mtkclient issues 51, 312, 347), or a line that echoes. The
// first answers GET_HW_CODE with more than the command.
func (h *handshake) ask() error {
	late, err := h.line.Drain(settle, matchWait) // more echoes, and a status that some put behind them
	h.hear(late...)
	if err != nil && !errors.Is(err, port.ErrTimeout) {
		return err
	}
	if err := h.line.Write([]byte{cmdGetHWCode}); err != nil {
		return err
	}
	got, err := h.answer(5)
	switch {
	case err != nil || len(got) == 0 || got[0] != cmdGetHWCode:
		return err
	case len(got) == 5:
		code, status := binary.BigEndian.Uint16(got[1:]), binary.BigEndian.Uint16(got[3:])
		h.begun = code != 0 && status <= statusLastGood
	case len(got) == 1:
		if h.echoes++; h.echoes == enoughEchoes {
			return ErrEcho
		}
	}
	return nil
}

// answer returns up to n bytes, as many as come.
func (h *handshake) answer(n int) (got []byte, err error) {
	for len(got) < n {
		b, err := h.line.Byte(matchWait)
		if errors.Is(err, port.ErrTimeout) {
			break
		}
		if err != nil {
			return got, err
		}
		got = append(got, b)
	}
	h.hear(got...)
	return got, nil
}

// hear keeps the last bytes heard.
func (h *handshake) hear(b ...byte) {
	if len(h.heard) > 1<<10 {
		h.heard = append(h.heard[:0], h.heard[len(h.heard)-64:]...)
	}
	h.heard = append(h.heard, b...)
}

// withoutReady leaves out every READY, and the parts of one that time cut at either end.
func withoutReady(heard []byte) []byte {
	heard = bytes.ReplaceAll(heard, ready, nil)
	for n := len(ready) - 1; n > 0; n-- {
		heard = bytes.TrimSuffix(heard, ready[:n])
		heard = bytes.TrimPrefix(heard, ready[len(ready)-n:])
	}
	return heard
}

// nobody says why there was no handshake, by what was heard instead.
func (h *handshake) nobody() error {
	heard := withoutReady(h.heard)
	heard = heard[max(0, len(heard)-64):]
	switch {
	case len(heard) == 0:
		return ErrSilent
	case otherProgram(heard):
		return fmt.Errorf("%w: %w: it says %q, as a modem or ModemManager would", ErrNoAnswer, ErrIntruder, heard)
	}
	return fmt.Errorf("%w: it says %q", ErrNoAnswer, heard)
}
