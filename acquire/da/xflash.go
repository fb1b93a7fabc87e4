package da

import (
	"bytes"
	"context"
	"encoding/binary"
	"time"

	"github.com/mtkkit/mtkkit/acquire/brom"
)

// Commands of an XFlash agent that reading needs.
const (
	xSync          = 0x434e5953 // "SYNC"
	xEnvironment   = 0x010100
	xHardware      = 0x010101
	xReadData      = 0x010005
	xShutdown      = 0x010007
	xBootTo        = 0x010008
	xControl       = 0x010009
	xInitRAM       = 0x01000a
	xSwitchUSB     = 0x01000b
	xGetEMMC       = 0x040001
	xGetNAND       = 0x040002
	xGetUFS        = 0x040004
	xPacketLength  = 0x040007
	xGetRandomID   = 0x040008
	xGetConnection = 0x04000a
	xGetUSBSpeed   = 0x04000b
	xGetSLA        = 0x040016
	xSetChecksum   = 0x020003
	xSetResetKey   = 0x020004
)

// xflash is a session with an XFlash (V5) agent.
type xflash struct {
	packets
	boot
	packet int64 // the most data that the agent sends in one packet, bytes
	owed   bool  // a second status did not arrive in time; it may arrive late
	once   bool  // this agent sends a refusal only once, so later waits are short
}

func (x *xflash) start(ctx context.Context, p *Phone) error {
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"start of the first stage", x.hello},
		{"settings", x.settings},
		{"memory set-up", x.dram},
		{"start of the second stage", x.bootTo},
		{"security", x.sla},
		{"speed", func() error { return x.speed(ctx) }},
		{"packet length", x.packetLength},
		{"flash", func() error { return x.storage(p) }},
	} {
		if err := step.do(); err != nil {
			return wrap(step.name, err)
		}
	}
	var err error
	p.RandomID, err = x.optional(xGetRandomID, 64)
	return wrap("random id", err)
}

// hello greets the first stage: C0, SYNC, environment, SYNC.
func (x *xflash) hello() error {
	b, err := x.l.Byte(startWait)
	if err != nil {
		return err
	}
	if b != 0xc0 {
		return protocolError("0x%02x instead of 0xc0", b)
	}
	if err := x.send32(xSync); err != nil {
		return err
	}
	// Log to the UART (1), so that no log comes between the packets; level "error"; this host runs
	// Linux (1); no UFS provisioning.
	if err := x.commandWith(xEnvironment, 4, 1, 1, 0, 0); err != nil {
		return err
	}
	if err := x.commandWith(xHardware, 0); err != nil {
		return err
	}
	v, err := x.word(startWait)
	if err == nil && v != xSync {
		err = protocolError("0x%08x instead of SYNC", v)
	}
	return err
}

// commandWith sends a command and its parameters together; one status answers both.
func (x *xflash) commandWith(c uint32, words ...uint32) error {
	if err := x.send32(c); err != nil {
		return err
	}
	if err := x.send32(words...); err != nil {
		return err
	}
	return x.status(answerWait)
}

// command sends a command that is acknowledged before its parameters.
func (x *xflash) command(c uint32) error {
	if err := x.send32(c); err != nil {
		return err
	}
	return x.status(answerWait)
}

// word reads a packet of one number, 2 or 4 bytes.
func (x *xflash) word(wait time.Duration) (uint32, error) {
	b, err := x.recv(4, wait)
	if err != nil {
		return 0, err
	}
	return number(b)
}

func number(b []byte) (uint32, error) {
	switch len(b) {
	case 2:
		return uint32(binary.LittleEndian.Uint16(b)), nil
	case 4:
		return binary.LittleEndian.Uint32(b), nil
	}
	return 0, protocolError("a status of %d bytes", len(b))
}

// status reads a status. 0 and the magic number mean success.
func (x *xflash) status(wait time.Duration) error {
	v, err := x.word(wait)
	if err == nil && v != 0 && v != packetMagic {
		err = &StatusError{Code: v}
	}
	return err
}

// get asks a question. If the agent does not answer it, the error is a *StatusError: the status
// comes instead of the acknowledgement if the agent does not know the question, and instead of the
// data, with no status after it, if its handler fails.
func (x *xflash) get(c uint32, limit int) ([]byte, error) {
	if err := x.command(xControl); err != nil {
		return nil, err
	}
	if err := x.command(c); err != nil {
		return nil, err
	}
	b, err := x.recv(limit, answerWait)
	if err != nil {
		return nil, err
	}
	if len(b) == 4 && b[3] == errorByte {
		return nil, &StatusError{Code: binary.LittleEndian.Uint32(b)}
	}
	return b, x.status(answerWait)
}

// errorByte is the highest byte of every error status. No valid answer of four bytes has it.
const errorByte = 0xc0

// optional asks a question whose answer is not required. It returns nil if the agent refuses it.
func (x *xflash) optional(c uint32, limit int) ([]byte, error) {
	b, err := x.get(c, limit)
	if refusal(err) {
		return nil, nil
	}
	return b, err
}

// set makes a setting. Reading needs none of them, so a refusal is no error.
func (x *xflash) set(c, value uint32) error {
	err := x.command(xControl)
	if err == nil {
		err = x.command(c)
	}
	if err == nil {
		err = x.send32(value)
	}
	if err == nil {
		err = x.status(answerWait)
	}
	if refusal(err) {
		return nil
	}
	return err
}

// settings makes the settings in the first stage: the second stage does not know the checksum level
// and keeps that of the first.
func (x *xflash) settings() error {
	if err := x.set(xSetResetKey, 0x68); err != nil {
		return err
	}
	return x.set(xSetChecksum, 0) // the packets have no checksum in any case
}

// dram sends the memory settings if the memory is not set up. Only the first stage knows how it was
// started, so it is asked. If it does not answer, the loader's answer decides.
func (x *xflash) dram() error {
	by, err := x.optional(xGetConnection, 32)
	if err != nil {
		return err
	}
	if by == nil && !x.info.BootROM || by != nil && !bytes.HasPrefix(by, []byte("brom")) {
		return nil
	}
	if len(x.options.DRAM) == 0 {
		return ErrNeedDRAM
	}
	if err := x.command(xInitRAM); err != nil {
		return err
	}
	if err := x.send32(uint32(len(x.options.DRAM))); err != nil {
		return err
	}
	if err := x.send(x.options.DRAM); err != nil {
		return err
	}
	return x.status(startWait)
}

// bootTo sends the second stage without its signature and waits until it runs.
func (x *xflash) bootTo() error {
	if err := x.command(xBootTo); err != nil {
		return err
	}
	body := x.plain()
	where := binary.LittleEndian.AppendUint64(nil, uint64(x.stage.Address))
	if err := x.send(binary.LittleEndian.AppendUint64(where, uint64(len(body)))); err != nil {
		return err
	}
	if err := x.send(body); err != nil {
		return err
	}
	if err := x.status(startWait); err != nil {
		return err
	}
	v, err := x.word(startWait)
	if err == nil && v != xSync && v != 0 {
		err = &StatusError{Code: v}
	}
	return err
}

func (x *xflash) sla() error {
	b, err := x.optional(xGetSLA, 16)
	if err != nil {
		return err
	}
	if len(bytes.Trim(b, "\x00")) > 0 {
		return brom.ErrSLA
	}
	return nil
}

// speed switches from the slow connection of a BootROM start to high speed. The phone comes back as
// another USB device, and the agent continues there.
func (x *xflash) speed(ctx context.Context) error {
	if !x.info.BootROM || x.options.Reconnect == nil {
		return nil
	}
	b, err := x.optional(xGetUSBSpeed, 32)
	if err != nil || !bytes.HasPrefix(b, []byte("full-speed")) {
		return err
	}
	err = x.command(xSwitchUSB)
	if err == nil {
		err = x.send32(0x0e8d2001)
	}
	if err == nil {
		err = x.status(answerWait)
	}
	if refusal(err) { // the connection stays at full speed
		return nil
	}
	if err != nil {
		return err
	}
	x.l.Close()
	l, err := x.options.Reconnect(ctx)
	if err != nil {
		return err
	}
	x.l = l
	return nil
}

// maxPacket is the largest packet length that is accepted from the agent, bytes.
const maxPacket = 64 << 20

func (x *xflash) packetLength() error {
	b, err := x.optional(xPacketLength, 64)
	if err != nil {
		return err
	}
	if b == nil {
		x.packet = maxPacket
		return nil
	}
	if len(b) < 8 {
		return protocolError("packet lengths in %d bytes", len(b))
	}
	x.packet = int64(binary.LittleEndian.Uint32(b[4:]))
	if x.packet < 512 || x.packet > maxPacket {
		return protocolError("packets of %d bytes", x.packet)
	}
	return nil
}

// finish ends the session. SHUTDOWN has six words; an agent that gets more answers success and does
// nothing. The words are: restart, watchdog time, asynchronous, what to start (1 Android, 2
// fastboot), download bit, keep the clock. None of them switches the phone off: without a restart
// it waits. A task of the agent that checks the cable every second switches it off (agent for
// MT6765 of 2018, at 0x40032220).
func (x *xflash) finish(end End) error {
	if err := x.command(xShutdown); err != nil {
		return err
	}
	words := []uint32{0, 0, 0, 0, 0, 1}
	if end == Reboot {
		words[0], words[3] = 1, 1
	}
	if err := x.send32(words...); err != nil {
		return err
	}
	return x.status(answerWait)
}
