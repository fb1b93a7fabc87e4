package da

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/mtkkit/mtkkit/acquire/port"
)

// XFlash and XML agents send packets:
//
//	u32 0xfeeeeeef   u32 type   u32 length   payload      little-endian
const (
	packetMagic  = 0xfeeeeeef
	headerSize   = 12
	typeProtocol = 1
	typeLog      = 2 // text for the user, possibly between any two packets
)

// Time limits. DRAM set-up and the second stage take some seconds. An agent that retries a bad
// range of the flash with other timings sends nothing meanwhile: an agent for MT6580 was silent for
// more than two minutes.
const (
	answerWait = 5 * time.Second
	dataWait   = 10 * time.Second
	startWait  = 15 * time.Second
	flashWait  = 10 * time.Minute
)

// maxLog is the longest log packet that is accepted, bytes. Log packets are discarded.
const maxLog = 64 << 10

// packets sends and receives packets on a line.
type packets struct {
	l *port.Line
}

// parseHeader checks a header and returns type and length.
func parseHeader(h [headerSize]byte) (kind uint32, length uint32, err error) {
	magic := binary.LittleEndian.Uint32(h[:])
	kind = binary.LittleEndian.Uint32(h[4:])
	length = binary.LittleEndian.Uint32(h[8:])
	switch {
	case magic != packetMagic:
		return 0, 0, protocolError("a packet begins with 0x%08x", magic)
	case kind != typeProtocol && kind&0xffff != typeLog:
		return 0, 0, protocolError("a packet of type 0x%x", kind)
	case kind != typeProtocol && length > maxLog:
		return 0, 0, protocolError("a log packet of %d bytes", length)
	}
	return kind, length, nil
}

// header discards log packets, reads the header of the next other packet, and returns its length: 1
// to limit bytes.
func (p packets) header(limit int64, wait time.Duration) (int, error) {
	for range 10000 { // a phone does not send only logs
		var h [headerSize]byte
		if err := p.l.ReadFull(h[:], wait); err != nil {
			return 0, err
		}
		kind, n, err := parseHeader(h)
		if err != nil {
			return 0, err
		}
		if kind == typeProtocol {
			if n == 0 || int64(n) > limit {
				return 0, protocolError("a packet of %d bytes where 1 to %d are expected", n, limit)
			}
			return int(n), nil
		}
		if err := p.l.ReadFull(make([]byte, n), wait); err != nil {
			return 0, err
		}
	}
	return 0, protocolError("nothing but log packets")
}

// recv reads a packet of at most limit bytes.
func (p packets) recv(limit int, wait time.Duration) ([]byte, error) {
	n, err := p.header(int64(limit), wait)
	if err != nil {
		return nil, err
	}
	b := make([]byte, n)
	return b, p.l.ReadFull(b, answerWait)
}

// send sends one packet in two writes, and each write is one USB transfer. The agents need that: to
// read up to 12 bytes, they take a whole USB packet into a buffer and return bytes from it; to read
// more, they empty the controller's FIFO and discard the buffer. So a payload of more than 12 bytes
// that came with its header is lost, and the agent waits for it forever. Source: the USB driver in
// vendors' agents for MT6739, MT6761, MT6763, MT6765, MT6768 and MT6789 (2017 to 2024), observed
// while it ran; mtkclient and MtkFlash write in the same way.
func (p packets) send(payload []byte) error {
	b := make([]byte, headerSize)
	binary.LittleEndian.PutUint32(b, packetMagic)
	binary.LittleEndian.PutUint32(b[4:], typeProtocol)
	binary.LittleEndian.PutUint32(b[8:], uint32(len(payload)))
	if err := p.l.Write(b); err != nil {
		return err
	}
	return p.l.Write(payload)
}

// send32 sends a packet of 32-bit words.
func (p packets) send32(words ...uint32) error {
	var b []byte
	for _, w := range words {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return p.send(b)
}

// line returns the line; it makes packets a part of an agent.
func (p packets) line() *port.Line { return p.l }

// wrap adds to err the step that failed.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
