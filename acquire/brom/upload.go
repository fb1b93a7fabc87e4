package brom

import (
	"errors"
	"fmt"
	"math"
)

// The commands that take a body.
const (
	cmdSendDA   = 0xd7
	cmdJumpDA   = 0xd5
	cmdSendCert = 0xe0
	cmdSendAuth = 0xe2
)

// uploadChunk is how much of a body goes out in one write, as SP Flash Tool and
// mtkclient do it.
const uploadChunk = 1024

// Checksum is what loaders compute of a body: the exclusive or of its little-endian
// 16-bit words, an odd last byte taken as the low half.
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

// SendDA puts a program into the phone's RAM at addr: body with its signature, which
// are the last sigLen bytes. A phone that wants a signature and does not like this one
// resets after the answer.
func (s *Session) SendDA(addr uint32, body []byte, sigLen int) error {
	if len(body) == 0 || len(body) > math.MaxInt32 || sigLen < 0 || sigLen > len(body) {
		return s.fail("SEND_DA", fmt.Errorf("body of %d bytes with a signature of %d", len(body), sigLen))
	}
	err := s.command(cmdSendDA, addr, uint32(len(body)), uint32(sigLen))
	if err == nil {
		err = s.upload(body)
	}
	return s.fail("SEND_DA", err)
}

// JumpDA starts the program sent to addr. From here on the line speaks its protocol.
func (s *Session) JumpDA(addr uint32) error {
	err := s.command(cmdJumpDA, addr)
	if err == nil {
		err = s.status(answerWait)
	}
	return s.fail("JUMP_DA", err)
}

// sendAuth gives the phone its maker's authentication file. A phone that needs none
// says so, and that is no error.
func (s *Session) sendAuth(file []byte) error { return s.sendFile("SEND_AUTH", cmdSendAuth, file) }

// sendCert gives the phone its maker's certificate.
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

// upload follows the parameters of a command with a body: the phone's leave, the body,
// and its checksum, which is compared. Some loaders compute none and answer 0.
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

// Authenticate sends the maker's files where the phone's settings ask for them. A file
// that is not at hand (nil) is not sent; the phone then decides at SendDA. So it does
// where its settings are not known: what it says to the files is no last word then.
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

// offer sends the maker's files to a phone that may not want them.
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
