package brom

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/mtkkit/mtkkit/acquire/port"
)

// Time limits for the loader. The phone answers within a millisecond; the limits allow for USB and
// a busy computer.
const (
	answerWait   = time.Second
	optionalWait = 300 * time.Millisecond // for commands an old preloader does not know
	uploadWait   = 5 * time.Second        // for the check of a body of some hundred KiB
	settle       = 10 * time.Millisecond  // until a late READY has arrived and can be discarded
)

// Session is a loader in command mode, after Connect. It stays in this mode without a time limit,
// until JumpDA or until the phone is unplugged.
type Session struct {
	line  *port.Line
	heard []byte // received since the last command, without the correct echoes
}

// Line returns the line, for the Download Agent's protocol after JumpDA.
func (s *Session) Line() *port.Line { return s.line }

// command sends a command byte and its parameter words, each checked for its echo.
func (s *Session) command(c byte, words ...uint32) error {
	s.heard = s.heard[:0]
	if err := s.echo([]byte{c}); err != nil {
		return err
	}
	for _, w := range words {
		if err := s.echo(binary.BigEndian.AppendUint32(nil, w)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) echo(b []byte) error { return s.echoWithin(b, answerWait) }

// echoWithin sends b and waits for it to come back.
func (s *Session) echoWithin(b []byte, wait time.Duration) error {
	if err := s.line.Write(b); err != nil {
		return err
	}
	got := make([]byte, len(b))
	if err := s.read(got, wait); err != nil {
		return err
	}
	if !bytes.Equal(got, b) {
		return &EchoError{b, got}
	}
	s.heard = s.heard[:len(s.heard)-len(got)]
	return nil
}

// read fills p, and keeps the bytes: they may show that another program sent them.
func (s *Session) read(p []byte, wait time.Duration) error {
	err := s.line.ReadFull(p, wait)
	s.heard = append(s.heard, p...) // an incomplete answer, too
	return err
}

func (s *Session) read16(wait time.Duration) (uint16, error) {
	var b [2]byte
	err := s.read(b[:], wait)
	return binary.BigEndian.Uint16(b[:]), err
}

func (s *Session) read32(wait time.Duration) (uint32, error) {
	var b [4]byte
	err := s.read(b[:], wait)
	return binary.BigEndian.Uint32(b[:]), err
}

// status reads a status word and returns a *StatusError if it reports an error.
func (s *Session) status(wait time.Duration) error {
	v, err := s.read16(wait)
	if err == nil && v > statusLastGood {
		err = &StatusError{v}
	}
	return err
}

// fail adds to an error the command, and ErrIntruder if bytes of another program came.
func (s *Session) fail(command string, err error) error {
	if err == nil {
		return nil
	}
	if s.intruded(err) {
		err = fmt.Errorf("%w: %w", ErrIntruder, err)
	}
	return &Error{command, err}
}

// intruded reports whether bytes of another program came instead of an answer or after it.
func (s *Session) intruded(err error) bool {
	var (
		echo   *EchoError
		status *StatusError
	)
	if !errors.As(err, &echo) && !errors.As(err, &status) && !errors.Is(err, port.ErrTimeout) && !errors.Is(err, errNonsense) {
		return false
	}
	rest, _ := s.line.Drain(settle, answerWait) // the session is over, so these bytes are not needed
	return otherProgram(append(s.heard, rest...))
}

// otherProgram finds the AT commands that ModemManager and terminal programs send to a modem, in
// the forms in which the phone sends them back: a loader in command mode echoes each byte, and may
// send "unknown command" after it; one that waits for its handshake adds one to each byte.
func otherProgram(heard []byte) bool {
	heard = bytes.ReplaceAll(heard, []byte{unknownCommand >> 8, unknownCommand & 0xff}, nil)
	return bytes.Contains(heard, []byte("AT")) || bytes.Contains(heard, []byte{'A' + 1, 'T' + 1, '\r' + 1})
}

// optional removes the error of an optional question that was refused, not answered or answered
// with invalid bytes: then told is false, and the session continues. Late bytes are discarded,
// because otherwise they would count as the next answer.
func (s *Session) optional(err error) (told bool, _ error) {
	var status *StatusError
	switch {
	case err == nil:
		return true, nil
	case errors.As(err, &status), errors.Is(err, port.ErrTimeout), errors.Is(err, errNonsense):
		_, err = s.line.Drain(settle, answerWait)
	}
	return false, err
}

// errNonsense is the error of an invalid answer.
var errNonsense = errors.New("the answer is invalid")
