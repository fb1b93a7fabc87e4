package brom

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/mtkkit/mtkkit/acquire/port"
)

// start opens command mode; the loader answers every byte with its complement.
var start = [4]byte{0xa0, 0x0a, 0x50, 0x05}

const (
	handshakeLimit = 4 * time.Second       // longer than any preloader waits
	againAfter     = 50 * time.Millisecond // without 5F until then, the first A0 was ignored
	matchWait      = 300 * time.Millisecond
)

var ready = []byte("READY")

// Connect brings the loader on line into command mode. Call it within the preloader's window: at
// worst one second after the port appears. It also accepts a loader that another tool left in
// command mode. The error wraps ErrNoAnswer if no loader answers (ErrSilent if nothing was
// received), ErrEcho, or port.ErrGone if the phone disconnected.
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
		// A late READY or a second 5F would shift all later answers.
		if _, err := line.Drain(settle, handshakeLimit); err != nil {
			return nil, s.fail("handshake", err)
		}
		return s, nil
	}
	return nil, s.fail("handshake", h.nobody())
}

// handshake collects the received bytes for the error.
type handshake struct {
	line   *port.Line
	end    time.Time
	heard  []byte
	begun  bool // the loader is in command mode already
	echoes int  // how often only the sent bytes came back
}

// try sends the four bytes once. It returns false if the phone lost its position: it answers a
// wrong byte with byte+1 and starts again, so the handshake starts again, too.
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
		if err == nil && got == ^start[i] { // the last answer twice: a byte was doubled
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

// first sends A0 until 5F comes and ignores READY. The loader may ignore the first A0. If A0 comes
// back, it is not the answer of a loader that waits for the handshake.
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

// enoughEchoes is how often a line must only echo before the error is ErrEcho.
const enoughEchoes = 2

// ask finds out what sends A0 back: a loader in command mode, after the handshake of another tool
// that ended (mtkclient issues 51, 312, 347), or a line that echoes. A loader answers GET_HW_CODE
// with more than the command.
func (h *handshake) ask() error {
	late, err := h.line.Drain(settle, matchWait) // more echoes, and a status that some loaders send after them
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

// answer returns up to n bytes, as many as arrive.
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

// hear keeps the last received bytes.
func (h *handshake) hear(b ...byte) {
	if len(h.heard) > 1<<10 {
		h.heard = append(h.heard[:0], h.heard[len(h.heard)-64:]...)
	}
	h.heard = append(h.heard, b...)
}

// withoutReady removes every READY, and incomplete ones at both ends.
func withoutReady(heard []byte) []byte {
	heard = bytes.ReplaceAll(heard, ready, nil)
	for n := len(ready) - 1; n > 0; n-- {
		heard = bytes.TrimSuffix(heard, ready[:n])
		heard = bytes.TrimPrefix(heard, ready[len(ready)-n:])
	}
	return heard
}

// nobody returns the reason why the handshake failed, by the received bytes.
func (h *handshake) nobody() error {
	heard := withoutReady(h.heard)
	heard = heard[max(0, len(heard)-64):]
	switch {
	case len(heard) == 0:
		return ErrSilent
	case otherProgram(heard):
		return fmt.Errorf("%w: %w: it sends %q, like a modem or ModemManager", ErrNoAnswer, ErrIntruder, heard)
	}
	return fmt.Errorf("%w: it sends %q", ErrNoAnswer, heard)
}
