package brom

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/mtkkit/mtkkit/acquire/port"
)

// Times a loader has. The phone's own code answers within a millisecond; what is
// waited for here is USB and a busy computer.
const (
	answerWait   = time.Second
	optionalWait = 300 * time.Millisecond // for commands an old preloader does not know
	uploadWait   = 5 * time.Second        // to check a body of some hundred KiB
	settle       = 10 * time.Millisecond  // a late READY needs to come and be thrown away
)

// Session is a loader in command mode, after Connect. It stays there without a time
// limit; there is no way back but to jump or to unplug.
type Session struct {
	line  *port.Line
	heard []byte // since the last command, without the correct echoes
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

// read fills p, and remembers the bytes: they tell who sent something in place of the phone.
func (s *Session) read(p []byte, wait time.Duration) error {
	err := s.line.ReadFull(p, wait)
	s.heard = append(s.heard, p...) // of an answer that was cut, what came of it
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

// status reads a status word and makes an error of a bad one.
func (s *Session) status(wait time.Duration) error {
	v, err := s.read16(wait)
	if err == nil && v > statusLastGood {
		err = &StatusError{v}
	}
	return err
}

// fail names the command an error happened in, and the other program where one is heard.
func (s *Session) fail(command string, err error) error {
	if err == nil {
		return nil
	}
	if s.intruded(err) {
		err = fmt.Errorf("%w: %w", ErrIntruder, err)
	}
	return &Error{command, err}
}

// intruded reports whether another program's words are among what came where an answer
// should have been, or in what comes behind it.
func (s *Session) intruded(err error) bool {
	var (
		echo   *EchoError
		status *StatusError
	)
	if !errors.As(err, &echo) && !errors.As(err, &status) && !errors.Is(err, port.ErrTimeout) && !errors.Is(err, errNonsense) {
		return false
	}
	rest, _ := s.line.Drain(settle, answerWait) // the session is over: nothing is lost with them
	return otherProgram(append(s.heard, rest...))
}

// otherProgram finds the words that ModemManager and terminal programs greet a modem with,
// however the phone sends them back: a loader in command mode echoes each byte, and may
// put "unknown command" behind it; one that waits for its handshake adds one to each.
func otherProgram(heard []byte) bool {
	heard = bytes.ReplaceAll(heard, []byte{unknownCommand >> 8, unknownCommand & 0xff}, nil)
	return bytes.Contains(heard, []byte("AT")) || bytes.Contains(heard, []byte{'A' + 1, 'T' + 1, '\r' + 1})
}

// optional turns a question that was refused, not answered or answered by nonsense into
// one whose answer is not known: no session ends for it. What comes late is thrown away,
// lest it be taken for the next answer.
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

// errNonsense: an answer that no phone means.
var errNonsense = errors.New("the answer makes no sense")
