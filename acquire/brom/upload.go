package brom

import (
	"errors"
	"fmt"
	"math"
)

// The commands that have a body.
const (
	cmdSendDA   = 0xd7
	cmdJumpDA   = 0xd5
	cmdSendCert = 0xe0
	cmdSendAuth = 0xe2
)

// uploadChunk is how many bytes of a body are sent in one write, as in SP Flash Tool and mtkclient.
const uploadChunk = 1024

// Checksum returns the checksum that loaders compute of a body: the exclusive or of its
// little-endian 16-bit words. An odd last byte is the low half of a word.
func Checksum(b []byte) uint16 {
	var sum uint16
	for ; len(b) >= 2; b = b[2:] {
		sum ^= uint16(b[0]) | uint16(b[1])<<8
	}
	if len(b) == 1 {
		sum ^= uint16(b[0])
	}
	return sum
}

// SendDA sends a program to the phone's RAM at addr. body includes the signature, which is its last
// sigLen bytes. A phone that requires a signature and refuses this one resets after the answer;
// then the error wraps ErrSignature.
func (s *Session) SendDA(addr uint32, body []byte, sigLen int) error {
	if len(body) == 0 || len(body) > math.MaxInt32 || sigLen < 0 || sigLen > len(body) {
		return s.fail("SEND_DA", fmt.Errorf("a body of %d bytes with a signature of %d", len(body), sigLen))
	}
	err := s.command(cmdSendDA, addr, uint32(len(body)), uint32(sigLen))
	if err == nil {
		err = s.upload(body)
	}
	return s.fail("SEND_DA", err)
}

// JumpDA starts the program that was sent to addr. After that the line uses the protocol of this
// program.
func (s *Session) JumpDA(addr uint32) error {
	err := s.command(cmdJumpDA, addr)
	if err == nil {
		err = s.status(answerWait)
	}
	return s.fail("JUMP_DA", err)
}

// sendAuth sends the maker's authentication file. If the phone answers that it needs none, this is
// no error.
func (s *Session) sendAuth(file []byte) error { return s.sendFile("SEND_AUTH", cmdSendAuth, file) }

// sendCert sends the maker's certificate.
func (s *Session) sendCert(file []byte) error { return s.sendFile("SEND_CERT", cmdSendCert, file) }

func (s *Session) sendFile(name string, c byte, file []byte) error {
	if len(file) == 0 || len(file) > math.MaxInt32 {
		return s.fail(name, fmt.Errorf("a file of %d bytes", len(file)))
	}
	err := s.command(c, uint32(len(file)))
	if err == nil {
		err = s.upload(file)
	}
	if refused, ok := errors.AsType[*StatusError](err); ok {
		switch refused.Status {
		case statusNoAuth:
			return nil
		case statusSLA:
		default:
			err = fmt.Errorf("%w: %w", ErrAuth, err)
		}
	}
	return s.fail(name, err)
}

// upload sends the body after the parameters of a command: it reads the phone's status, sends the
// body, and compares the checksum. Some loaders compute none and answer 0.
func (s *Session) upload(body []byte) error {
	if err := s.status(answerWait); err != nil {
		return err
	}
	for rest := body; len(rest) > 0; {
		n := min(len(rest), uploadChunk)
		if err := s.line.Write(rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	sum, err := s.read16(uploadWait)
	if err != nil {
		return err
	}
	if err := s.status(uploadWait); err != nil {
		return err
	}
	if want := Checksum(body); sum != want && sum != 0 {
		return fmt.Errorf("%w: checksum 0x%04x, want 0x%04x", ErrChecksum, sum, want)
	}
	return nil
}

// Authenticate sends the maker's files if the phone's settings require them. A file that is nil is
// not sent; then SendDA fails if the phone requires it. If the settings are not known, a refusal of
// the files is no error, and the phone decides at SendDA, too. The error wraps ErrSLA or ErrAuth if
// the phone refuses a required file.
func (s *Session) Authenticate(i *Info, auth, cert []byte) error {
	if i.Config == NotTold {
		return s.offer(auth, cert)
	}
	if i.Config&RootCert != 0 && cert != nil {
		if err := s.sendCert(cert); err != nil {
			return err
		}
	}
	if i.Config&(SLA|DAA) != 0 && auth != nil {
		return s.sendAuth(auth)
	}
	return nil
}

// offer sends the maker's files to a phone that may not need them.
func (s *Session) offer(auth, cert []byte) error {
	if cert != nil {
		if _, err := s.optional(s.sendCert(cert)); err != nil {
			return err
		}
	}
	if auth == nil {
		return nil
	}
	_, err := s.optional(s.sendAuth(auth))
	return err
}
