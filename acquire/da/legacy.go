package da

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/mtkkit/mtkkit/acquire/port"
	"github.com/mtkkit/mtkkit/flash"
)

// Bytes of a legacy agent. Numbers are big-endian.
const (
	lAck     = 0x5a
	lNack    = 0xa5
	lSync    = 0xc0
	lPassEnd = 0xc1
	lUSB     = 0x72 // asks for the USB speed
	lUSBHigh = 0x70
	lPart    = 0x60 // selects the region for the next reads
	lRead    = 0xd6
	lFinish  = 0xd9
)

const (
	lStagePacket = 0x1000    // packets of the second stage, bytes
	lPacket      = blockSize // packets of data, bytes; the host chooses
	lTries       = 3         // if the sum of a packet is wrong
)

// legacy is a session with a legacy (V3) agent.
type legacy struct {
	l *port.Line
	boot
	part uint32 // the selected region
}

func (a *legacy) line() *port.Line { return a.l }

func (a *legacy) start(ctx context.Context, p *Phone) error {
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"start of the first stage", a.hello},
		{"settings", a.settings},
		{"memory set-up", a.memory},
		{"second stage", a.sendSecond},
		{"report", func() error { return a.report(p) }},
		{"speed", func() error { return a.speed(ctx) }},
	} {
		if err := step.do(); err != nil {
			return wrap(step.name, err)
		}
	}
	return nil
}

// take reads n bytes. n must not come from the phone without a check.
func (a *legacy) take(n int, wait time.Duration) ([]byte, error) {
	b := make([]byte, n)
	return b, a.l.ReadFull(b, wait)
}

func (a *legacy) take32(wait time.Duration) (uint32, error) {
	b, err := a.take(4, wait)
	return binary.BigEndian.Uint32(b), err
}

// expect reads one byte that must be want.
func (a *legacy) expect(want byte, wait time.Duration) error {
	b, err := a.l.Byte(wait)
	if err == nil && b != want {
		err = protocolError("0x%02x instead of 0x%02x", b, want)
	}
	return err
}

// say sends bytes and reads the ACK that answers them.
func (a *legacy) say(b ...byte) error {
	if err := a.l.Write(b); err != nil {
		return err
	}
	return a.expect(lAck, answerWait)
}

func words(values ...uint32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

// maxIDs is the longest list of flash ids that is accepted.
const maxIDs = 64

// ids skips a list of 16-bit ids with their count.
func (a *legacy) ids() error {
	b, err := a.take(2, answerWait)
	if err != nil {
		return err
	}
	n := int(binary.BigEndian.Uint16(b))
	if n > maxIDs {
		return protocolError("%d flash ids", n)
	}
	_, err = a.take(2*n, answerWait)
	return err
}

// hello reads what the first stage sends first: C0, the flash chips, its version.
func (a *legacy) hello() error {
	if err := a.expect(lSync, startWait); err != nil {
		return err
	}
	if _, err := a.take32(startWait); err != nil { // NAND: state and ids
		return err
	}
	if err := a.ids(); err != nil {
		return err
	}
	if _, err := a.take(20, startWait); err != nil { // eMMC: state and id
		return err
	}
	if err := a.l.Write([]byte{lAck}); err != nil {
		return err
	}
	_, err := a.take(3, answerWait)
	return err
}

// settings sends 18 bytes that only matter for NOR and NAND, and the additional bytes that some
// chips expect (mtkclient dalegacy_lib.py).
func (a *legacy) settings() error {
	b := []byte{a.info.ROMVersion, a.info.LoaderVersion,
		0x00, 0x08, // NOR chip select
		0x00,
		0x70, 0x07, 0xff, 0xff, // NAND timing
		0x01, 0, 0, 0, 0, // bad block table: on, default size
		0x01, // charge by force
		0x01, // reset keys
		0x02, // external clock
		0x00, // channel of the eMMC
	}
	long := make([]byte, 20)
	long[0], long[1], long[16] = 0x46, 0x46, 0xff
	switch a.info.HWCode {
	case 0x6583, 0x6589:
		b[15] = 0
		b = append(b, words(0)...)
	case 0x6582:
		copy(b[9:], []byte{2, 0x01, 0x50, 0, 0})
		b = append(b, words(1)...)
	case 0x6592:
		b = append(b, words(0)...)
	case 0x6580, 0x8163:
		return a.write(append(b, words(1)...), long)
	case 0x8127:
		return a.write(append(b, words(0, 1)...), long)
	}
	return a.l.Write(b)
}

// write sends short fields, and the block after them in a separate write: the agents' USB driver
// loses a block of more than 12 bytes that is not in a transfer of its own (see packets.send).
func (a *legacy) write(fields, block []byte) error {
	if len(fields) > 0 {
		if err := a.l.Write(fields); err != nil {
			return err
		}
	}
	return a.l.Write(block)
}

// sendSecond sends the second stage, with its signature.
func (a *legacy) sendSecond() error {
	b := words(a.stage.Address, uint32(len(a.second)), lStagePacket)
	if err := a.say(b...); err != nil {
		return err
	}
	for rest := a.second; len(rest) > 0; {
		n := min(len(rest), lStagePacket)
		if err := a.say(rest[:n]...); err != nil {
			return err
		}
		rest = rest[n:]
	}
	if err := a.l.Write([]byte{lAck}); err != nil {
		return err
	}
	return a.expect(lAck, startWait)
}

// Lengths of the reports, bytes.
const (
	lNORReport    = 0x1c
	lNANDReport   = 0x11 // with a 64-bit size; 4 bytes less in the other form
	lNANDTail     = 9
	lEMMCReport   = 0x5c
	lSDMMCReport  = 0x1c
	lConfigReport = 0x26
	lPassReport   = 0x0a
)

// report reads the report of the second stage about the phone, which has a fixed order. The mark at
// its end proves that all lengths were right.
func (a *legacy) report(p *Phone) error {
	if _, err := a.take(lNORReport, startWait); err != nil {
		return err
	}
	if err := a.nandReport(); err != nil {
		return err
	}
	emmc, err := a.take(lEMMCReport, startWait)
	if err != nil {
		return err
	}
	if _, err := a.take(lSDMMCReport, answerWait); err != nil {
		return err
	}
	config, err := a.take(lConfigReport, answerWait)
	if err != nil {
		return err
	}
	if a.info.HWCode == 0x8127 || a.info.HWCode == 0x8163 {
		if _, err := a.take32(answerWait); err != nil {
			return err
		}
	}
	pass, err := a.take(lPassReport, startWait)
	if err != nil {
		return err
	}
	if pass[0] != lAck || pass[lPassReport-1] != lPassEnd {
		return protocolError("the report ends in % x", pass)
	}
	p.RandomID = config[22:38]
	if binary.BigEndian.Uint32(emmc) != 0 {
		return ErrNoStorage // the commands for NAND and NOR are not known well enough
	}
	p.Storage, p.Sector, p.CID = flash.EMMC, 512, swapWords(emmc[68:84])
	return p.addEMMC(emmc[4:], binary.BigEndian)
}

// nandReport skips the report about NAND. It has two forms, in which the number of ids has
// different offsets. If the number is zero at the offset of the 64-bit form, it is the form with a
// 32-bit size (mtkclient).
func (a *legacy) nandReport() error {
	b, err := a.take(lNANDReport, startWait)
	if err != nil {
		return err
	}
	n, have := int(binary.BigEndian.Uint16(b[15:])), 0
	if n == 0 {
		n, have = int(binary.BigEndian.Uint16(b[11:])), 4
	}
	if n > maxIDs {
		return protocolError("%d ids of NAND", n)
	}
	_, err = a.take(2*n+lNANDTail-have, answerWait)
	return err
}

// speed asks for the USB speed. At full speed it switches to high speed; then the phone disconnects
// and comes back.
func (a *legacy) speed(ctx context.Context) error {
	fast, err := a.isFast()
	if err != nil || fast || a.options.Reconnect == nil {
		return err
	}
	if err := a.say(lUSBHigh, 0x01); err != nil {
		return err
	}
	a.l.Close()
	l, err := a.options.Reconnect(ctx)
	if err != nil {
		return err
	}
	a.l = l
	_, err = a.isFast()
	return err
}

func (a *legacy) isFast() (bool, error) {
	if err := a.say(lUSB); err != nil {
		return false, err
	}
	b, err := a.l.Byte(answerWait)
	return b != 0, err
}

// finish ends the session. The agent releases the power latch, so the phone is off as soon as the
// cable is pulled out (seen with an MT6580 agent of 2019). It is not known how these agents start
// Android.
func (a *legacy) finish(End) error {
	if err := a.say(lFinish); err != nil {
		return err
	}
	return a.say(words(0)...)
}
