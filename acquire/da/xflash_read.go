package da

import (
	"encoding/binary"
	"errors"

	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// read sends READ_DATA. It acknowledges each packet of data as soon as its last byte has arrived,
// so that the phone reads on while the data are stored:
//
//	host               agent
//	READ_DATA, range ──►
//	                 ◄── status: is there such a range?
//	                 ◄── status: could the flash be read?   ┐
//	                 ◄── data                               │ for each packet
//	ack              ──►                                    ┘
//	                 ◄── status of the whole command
//
// If the flash cannot be read, the agent reports it twice: as the status of the packet and of the
// command.
func (x *xflash) read(r Region, e flash.Extent, s *sink) error {
	if err := x.askToRead(); err != nil {
		return err
	}
	b := binary.LittleEndian.AppendUint32(nil, r.storage)
	b = binary.LittleEndian.AppendUint32(b, r.part)
	b = binary.LittleEndian.AppendUint64(b, uint64(e.Offset))
	b = binary.LittleEndian.AppendUint64(b, uint64(e.Length))
	if err := x.send(append(b, make([]byte, 32)...)); err != nil { // no NAND settings
		return err
	}
	if err := x.status(flashWait); err != nil {
		return err
	}
	for left := e.Length; left > 0; {
		err := x.status(flashWait)
		if refusal(err) {
			return x.second(err)
		}
		if err != nil {
			return err
		}
		n, err := x.data(min(left, x.packet), s)
		if err != nil {
			return err
		}
		left -= n
	}
	return x.status(dataWait)
}

// askToRead sends the command. Every agent knows it, so a refusal is not the answer to it. If the
// second status of an earlier read is still missing, the refusal is that status.
func (x *xflash) askToRead() error {
	err := x.command(xReadData)
	if x.owed && refusal(err) {
		err = x.status(answerWait)
	}
	x.owed = false
	if refusal(err) {
		return protocolError("READ_DATA itself is refused: %v", err)
	}
	return err
}

// second reads the status of the command, which follows the error status of a packet. Some agents
// do not send it.
func (x *xflash) second(refused error) error {
	wait := answerWait
	if x.once {
		wait = againWait
	}
	switch err := x.l.Wait(wait); {
	case errors.Is(err, port.ErrTimeout):
		x.owed, x.once = true, true
		return refused
	case err != nil:
		return err
	}
	x.once = false
	if err := x.status(answerWait); err != nil && !refusal(err) {
		return err
	}
	return refused
}

// data reads one packet of data and acknowledges it.
func (x *xflash) data(limit int64, s *sink) (int64, error) {
	n, err := x.header(limit, dataWait)
	if err != nil {
		return 0, err
	}
	for left := n; left > 0; {
		b := s.space(left)
		if err := x.l.ReadFull(b, dataWait); err != nil {
			return 0, err
		}
		s.commit(len(b))
		left -= len(b)
	}
	return int64(n), x.send32(0)
}
