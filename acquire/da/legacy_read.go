package da

import (
	"encoding/binary"

	"github.com/mtkkit/mtkkit/flash"
)

// byteSum returns the sum of all bytes. It adds eight at a time in four lanes of 16 bits, because
// packets are long. A lane can take 128 words before it overflows.
func byteSum(b []byte) (sum uint16) {
	const even = 0x00ff00ff00ff00ff
	for len(b) >= 8 {
		var lanes uint64
		for n := min(len(b)/8, 128); n > 0; n-- {
			w := binary.LittleEndian.Uint64(b)
			lanes += w&even + w>>8&even
			b = b[8:]
		}
		sum += uint16(lanes) + uint16(lanes>>16) + uint16(lanes>>32) + uint16(lanes>>48)
	}
	for _, c := range b {
		sum += uint16(c)
	}
	return sum
}

// read sends READ for the window, and again from the first packet with a wrong sum. No way is known
// to stop the agent, so the bytes after such a packet are received and discarded.
func (a *legacy) read(r Region, e flash.Extent, s *sink) error {
	if a.part != r.part {
		if err := a.say(lPart); err != nil {
			return err
		}
		if err := a.say(byte(r.part)); err != nil {
			return err
		}
		a.part = r.part
	}
	for range lTries {
		good, err := a.readOnce(r, e, s)
		if err != nil {
			return err
		}
		if e.Offset, e.Length = e.Offset+good, e.Length-good; e.Length == 0 {
			return nil
		}
	}
	return ErrSum
}

// readOnce reads e once and returns how many bytes at its start are good.
func (a *legacy) readOnce(r Region, e flash.Extent, s *sink) (good int64, err error) {
	b := []byte{lRead, 0x0c, 0x02} // to a Linux host, from eMMC
	b = binary.BigEndian.AppendUint64(b, uint64(e.Offset))
	b = binary.BigEndian.AppendUint64(b, uint64(e.Length))
	if err := a.l.Write(append(b, words(lPacket)...)); err != nil {
		return 0, err
	}
	answer, err := a.l.Byte(flashWait)
	if err != nil {
		return 0, err
	}
	if answer != lAck {
		return 0, a.refused(answer)
	}
	damaged := false
	for left := e.Length; left > 0; {
		n := int(min(left, lPacket))
		buf := s.space(n)
		ok, err := a.packet(buf[:n])
		if err != nil {
			return good, err
		}
		if damaged = damaged || !ok; !damaged {
			s.commit(n)
			good += int64(n)
		}
		left -= int64(n)
	}
	return good, nil
}

// sumPiece is how many bytes of a packet are summed at once, while the next bytes arrive.
const sumPiece = 64 << 10

// packet reads one packet, acknowledges it, and reports whether its sum is right.
func (a *legacy) packet(b []byte) (bool, error) {
	if err := a.l.Wait(flashWait); err != nil { // the phone may try a bad range for minutes
		return false, err
	}
	var have uint16
	for rest := b; len(rest) > 0; {
		piece := rest[:min(len(rest), sumPiece)]
		if err := a.l.ReadFull(piece, dataWait); err != nil {
			return false, err
		}
		have += byteSum(piece)
		rest = rest[len(piece):]
	}
	sum, err := a.take(2, dataWait)
	if err != nil {
		return false, err
	}
	if err := a.l.Write([]byte{lAck}); err != nil { // at once, so that the phone continues to read
		return false, err
	}
	return binary.BigEndian.Uint16(sum) == have, nil
}

// refused asks why a range is not sent. The reason is the only little-endian number in this
// protocol (mtkclient).
func (a *legacy) refused(answer byte) error {
	if answer != lNack {
		return protocolError("0x%02x as the answer to READ", answer)
	}
	if err := a.l.Write([]byte{lNack}); err != nil {
		return err
	}
	b, err := a.take(4, answerWait)
	if err != nil {
		return err
	}
	return &StatusError{Code: binary.LittleEndian.Uint32(b)}
}
