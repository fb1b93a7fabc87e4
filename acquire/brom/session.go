package brom

import (
	"bytes"
	"encoding/binary"
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
	line *port.Line
}

// Line returns the line, for the Download Agent's protocol after JumpDA.
func (s *Session) Line() *port.Line { return s.line }

// command sends a command byte and its parameter words, each checked for its echo.
func (s *Session) command(c byte, words ...uint32) error {
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

func (s *Session) echo(b []byte) error {
	if err := s.line.Write(b); err != nil {
		return err
	}
	got := make([]byte, len(b))
	if err := s.line.ReadFull(got, answerWait); err != nil {
		return err
	}
	if !bytes.Equal(got, b) {
		return &EchoError{b, got}
	}
	return nil
}

func (s *Session) read16(wait time.Duration) (uint16, error) {
	var b [2]byte
	err := s.line.ReadFull(b[:], wait)
	return binary.BigEndian.Uint16(b[:]), err
}

func (s *Session) read32(wait time.Duration) (uint32, error) {
	var b [4]byte
	err := s.line.ReadFull(b[:], wait)
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

// fail names the command an error happened in.
func fail(command string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{command, err}
}
